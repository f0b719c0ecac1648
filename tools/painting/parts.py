"""The components of a card as boxes that know their height and can draw themselves."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from PIL import Image

from tools.painting.ink import (
    BLUE_BUTTON,
    BOX,
    EDGE,
    FAINT,
    GREEN_BUTTON,
    GREY_BUTTON,
    INK,
    MENU,
    RED_BUTTON,
    WHITE,
    Canvas,
    Colour,
)
from tools.painting.text import Word, draw_lines, draw_word, height_of, lines_of

Files = Mapping[str, bytes]

_ROW, _BUTTON, _SELECT, _SECTION, _TEXT = 1, 2, 3, 9, 10
_THUMBNAIL, _GALLERY, _SEPARATOR, _CONTAINER = 11, 12, 14, 17
_GAP, _PADDING, _BAR = 8.0, 16.0, 4.0
_BUTTON_HEIGHT, _MENU_HEIGHT, _THUMB = 34.0, 42.0, 72.0
_LABEL = 14.0
_STYLES: dict[int, Colour] = {1: BLUE_BUTTON, 3: GREEN_BUTTON, 4: RED_BUTTON}


class Box(Protocol):
    """A part of a card."""

    def height(self, width: float) -> float:
        """Return how high it is where it has so much room."""

    def draw(self, canvas: Canvas, left: float, top: float, width: float) -> None:
        """Draw it."""


def box_of(part: Mapping[str, Any], files: Files) -> Box:
    """Return the box of a component as it goes over the wire."""
    kind = part["type"]
    if kind in _SHOWING_FILES:
        return _SHOWING_FILES[kind](part, files)
    return _PLAIN[kind](part)


class Text:
    """A text display."""

    def __init__(self, part: Mapping[str, Any]) -> None:
        self._content = part["content"]

    def height(self, width: float) -> float:
        """Of all its lines."""
        return height_of(lines_of(self._content, width))

    def draw(self, canvas: Canvas, left: float, top: float, width: float) -> None:
        """Write it."""
        draw_lines(canvas, lines_of(self._content, width), left, top)


class Container:
    """A box with a coloured edge."""

    def __init__(self, part: Mapping[str, Any], files: Files) -> None:
        self._colour = _colour(part.get("accent_color"))
        self._inside = [box_of(each, files) for each in part["components"]]

    def height(self, width: float) -> float:
        """Of all that is inside."""
        inner = width - 2 * _PADDING
        heights = sum(box.height(inner) for box in self._inside)
        return heights + _GAP * (len(self._inside) - 1) + 2 * _PADDING

    def draw(self, canvas: Canvas, left: float, top: float, width: float) -> None:
        """Draw the box and what is inside."""
        place = (left, top, width, self.height(width))
        if self._colour:
            canvas.box(place, 8, self._colour)
            canvas.box((left + _BAR, top, width - _BAR, place[3]), 7, EDGE)
            canvas.box((left + _BAR, top + 1, width - _BAR - 1, place[3] - 2), 6, BOX)
        else:
            canvas.box(place, 8, BOX, EDGE)
        top += _PADDING
        for box in self._inside:
            box.draw(canvas, left + _PADDING, top, width - 2 * _PADDING)
            top += box.height(width - 2 * _PADDING) + _GAP


class Section:
    """Texts with a picture or a button beside them."""

    def __init__(self, part: Mapping[str, Any], files: Files) -> None:
        self._texts = [Text(each) for each in part["components"]]
        self._beside = box_of(part["accessory"], files)
        self._is_button = part["accessory"]["type"] == _BUTTON

    def height(self, width: float) -> float:
        """Of the higher side."""
        return max(self._text_height(width), self._beside.height(width))

    def draw(self, canvas: Canvas, left: float, top: float, width: float) -> None:
        """Draw both sides."""
        beside = self._beside_width()
        lower = (self._beside.height(width) - self._text_height(width)) / 2
        text_top = top + (max(0.0, lower) if self._is_button else 0.0)
        for text in self._texts:
            text.draw(canvas, left, text_top, width - beside - _GAP)
            text_top += text.height(width - beside - _GAP)
        self._beside.draw(canvas, left + width - beside, top, beside)

    def _beside_width(self) -> float:
        return self._beside.width if isinstance(self._beside, Button) else _THUMB

    def _text_height(self, width: float) -> float:
        inner = width - self._beside_width() - _GAP
        return sum(text.height(inner) for text in self._texts)


class Thumbnail:
    """A small square picture."""

    def __init__(self, part: Mapping[str, Any], files: Files) -> None:
        self._image = _image(part["media"]["url"], files)

    def height(self, _width: float) -> float:
        """As wide as high."""
        return _THUMB

    def draw(self, canvas: Canvas, left: float, top: float, _width: float) -> None:
        """Draw it."""
        canvas.picture(self._image, (left, top, _THUMB, _THUMB), 8)


class Gallery:
    """A picture over the whole width."""

    def __init__(self, part: Mapping[str, Any], files: Files) -> None:
        self._image = _image(part["items"][0]["media"]["url"], files)

    def height(self, width: float) -> float:
        """As the picture's shape has it."""
        return width * self._image.height / self._image.width

    def draw(self, canvas: Canvas, left: float, top: float, width: float) -> None:
        """Draw it."""
        canvas.picture(self._image, (left, top, width, self.height(width)), 8)


class Separator:
    """A thin line."""

    def __init__(self, _part: Mapping[str, Any]) -> None:
        pass

    def height(self, _width: float) -> float:
        """With the air around it."""
        return 9.0

    def draw(self, canvas: Canvas, left: float, top: float, width: float) -> None:
        """Draw it."""
        canvas.box((left, top + 4, width, 1), 0, EDGE)


class Button:
    """A button; its width is its label's."""

    def __init__(self, part: Mapping[str, Any]) -> None:
        ink = FAINT if part.get("disabled") else WHITE
        emoji = ((part.get("emoji") or {}).get("name") or "").replace("\ufe0f", "")
        label = part.get("label") or ""
        self._words = [Word(emoji, _LABEL, ink, space=bool(label))] if emoji else []
        self._words += [Word(each, _LABEL, ink, space=True) for each in label.split()]
        self._fill = _STYLES.get(part.get("style", 2), GREY_BUTTON)

    @property
    def width(self) -> float:
        """Of the label, with the air around it."""
        words = sum(word.advance for word in self._words[:-1]) + self._words[-1].width
        return words + 2 * (12 if len(self._words) > 1 else 14)

    def height(self, _width: float) -> float:
        """All are of one height."""
        return _BUTTON_HEIGHT

    def draw(self, canvas: Canvas, left: float, top: float, _width: float) -> None:
        """Draw it."""
        canvas.box((left, top, self.width, _BUTTON_HEIGHT), 8, self._fill)
        x = left + (12 if len(self._words) > 1 else 14)
        for word in self._words:
            draw_word(canvas, word, x, top + _BUTTON_HEIGHT / 2 + _LABEL * 0.36)
            x += word.advance


class Row:
    """Buttons beside each other, or one menu."""

    def __init__(self, part: Mapping[str, Any]) -> None:
        inside = part["components"]
        self._menu = inside[0] if inside[0]["type"] == _SELECT else None
        self._buttons = [] if self._menu else [Button(each) for each in inside]

    def height(self, width: float) -> float:
        """Of one line, or as many as the buttons need."""
        if self._menu:
            return _MENU_HEIGHT
        return len(self._lines(width)) * (_BUTTON_HEIGHT + _GAP) - _GAP

    def draw(self, canvas: Canvas, left: float, top: float, width: float) -> None:
        """Draw the menu or the buttons."""
        if self._menu:
            self._draw_menu(canvas, left, top, width)
        for line in self._lines(width):
            x = left
            for button in line:
                button.draw(canvas, x, top, button.width)
                x += button.width + _GAP
            top += _BUTTON_HEIGHT + _GAP

    def _lines(self, width: float) -> list[list[Button]]:
        lines: list[list[Button]] = [[]]
        for button in self._buttons:
            taken = sum(each.width + _GAP for each in lines[-1])
            if lines[-1] and taken + button.width > width:
                lines.append([])
            lines[-1].append(button)
        return lines

    def _draw_menu(self, canvas: Canvas, left: float, top: float, width: float) -> None:
        assert self._menu is not None
        canvas.box((left, top, width, _MENU_HEIGHT), 8, MENU, EDGE)
        label = f"-# {self._menu.get('placeholder', '')}"
        lines = lines_of(label, width - 60)
        draw_lines(canvas, lines, left + 12, top + (_MENU_HEIGHT - height_of(lines)) / 2 + 1)
        x, y = left + width - 24, top + _MENU_HEIGHT / 2
        canvas.line([(x - 5, y - 2.5), (x, y + 2.5), (x + 5, y - 2.5)], INK, 2)


def _image(address: str, files: Files) -> Image.Image:
    data = files.get(address.removeprefix("attachment://"))
    if data is None:
        return Image.new("RGB", (16, 9), EDGE)
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def _colour(number: int | None) -> Colour | None:
    if number is None:
        return None
    return number >> 16 & 255, number >> 8 & 255, number & 255


_SHOWING_FILES: dict[int, Callable[[Mapping[str, Any], Files], Box]] = {
    _CONTAINER: Container,
    _SECTION: Section,
    _GALLERY: Gallery,
    _THUMBNAIL: Thumbnail,
}
_PLAIN: dict[int, Callable[[Mapping[str, Any]], Box]] = {
    _ROW: Row,
    _BUTTON: Button,
    _TEXT: Text,
    _SEPARATOR: Separator,
}
