"""Colours, fonts and a canvas that is drawn larger than life, so that every edge is smooth."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SCALE = 4  # drawn pixels for one of Discord's
SHOWN = 2  # pixels of the finished picture for one of Discord's, as on a sharp screen

_EDGE, _AIR = 0.026, 0.028  # of a letter's size

Colour = tuple[int, int, int]
Font = ImageFont.FreeTypeFont

CHAT: Colour = (26, 26, 30)
BOX: Colour = (36, 36, 41)
EDGE: Colour = (52, 52, 59)
INK: Colour = (228, 229, 233)
FAINT: Colour = (154, 156, 166)
LINK: Colour = (112, 168, 255)
WHITE: Colour = (255, 255, 255)
GREY_BUTTON: Colour = (62, 62, 70)
BLUE_BUTTON: Colour = (88, 101, 242)
GREEN_BUTTON: Colour = (36, 128, 70)
RED_BUTTON: Colour = (208, 46, 50)
MENU: Colour = (29, 29, 33)


class Canvas:
    """A picture measured in Discord's pixels."""

    def __init__(self, width: float, height: float) -> None:
        size = (round(width * SCALE), round(height * SCALE))
        self.image = Image.new("RGB", size, CHAT)
        self._draw = ImageDraw.Draw(self.image)

    def box(
        self, place: tuple[float, float, float, float], radius: float, fill: Colour | None,
        edge: Colour | None = None,
    ) -> None:  # fmt: skip
        """Draw a rounded box; `place` is left, top, width and height."""
        left, top, width, height = (number * SCALE for number in place)
        corners = (left, top, left + width - 1, top + height - 1)
        self._draw.rounded_rectangle(corners, radius * SCALE, fill, edge, SCALE if edge else 0)

    def shape(self, points: list[tuple[float, float]], fill: Colour) -> None:
        """Draw a polygon."""
        self._draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill)

    def ring(self, middle: tuple[float, float], radius: float, fill: Colour, width: float) -> None:
        """Draw a circle's line; one as wide as the radius fills it."""
        x, y = middle
        box = (
            (x - radius) * SCALE,
            (y - radius) * SCALE,
            (x + radius) * SCALE,
            (y + radius) * SCALE,
        )
        if width >= radius:
            self._draw.ellipse(box, fill)
        else:
            self._draw.ellipse(box, None, fill, round(width * SCALE))

    def arc(
        self, middle: tuple[float, float], radius: float, angles: tuple[float, float],
        fill: Colour, width: float,
    ) -> None:  # fmt: skip
        """Draw part of a circle's line, from one angle to the other clockwise from the right."""
        x, y = middle
        box = (
            (x - radius) * SCALE,
            (y - radius) * SCALE,
            (x + radius) * SCALE,
            (y + radius) * SCALE,
        )
        self._draw.arc(box, *angles, fill, round(width * SCALE))

    def line(self, points: list[tuple[float, float]], fill: Colour, width: float) -> None:
        """Draw a line with round corners."""
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self._draw.line(scaled, fill, round(width * SCALE), joint="curve")

    def text(
        self, place: tuple[float, float], text: str, font: Font, fill: Colour, *, bold: bool = False
    ) -> None:
        """Write text whose baseline begins at a place."""
        x, y = place[0] * SCALE, place[1] * SCALE
        if not bold or _is_cut_bold(font):
            self._draw.text((x, y), text, fill, font, "ls")
            return
        # The font that Pillow brings has no bold cut: a thin edge makes one, and needs some air.
        for letter in text:
            self._draw.text((x, y), letter, fill, font, "ls", stroke_width=font.size * _EDGE)
            x += font.getlength(letter) + font.size * _AIR

    def picture(
        self, image: Image.Image, place: tuple[float, float, float, float], radius: float
    ) -> None:
        """Put a picture in a rounded box."""
        left, top, width, height = (round(number * SCALE) for number in place)
        sized = image.convert("RGBA").resize((width, height), Image.Resampling.LANCZOS)
        mask = Image.new("L", (width, height))
        shape = ImageDraw.Draw(mask)
        shape.rounded_rectangle((0, 0, width - 1, height - 1), radius * SCALE, 255)
        seen = Image.new("L", (width, height))
        seen.paste(sized.getchannel("A"), mask=mask)
        self.image.paste(sized, (left, top), seen)

    def finished(self) -> Image.Image:
        """Return the picture at the size it is shown."""
        width, height = self.image.size
        size = (width * SHOWN // SCALE, height * SHOWN // SCALE)
        return self.image.resize(size, Image.Resampling.LANCZOS)


def font_for(word: str, size: float, *, bold: bool) -> Font:
    """Return a font that can write a word: Pillow's own for plain letters, else DejaVu."""
    if word.isascii():
        return _plain(size)
    return _dejavu(size, bold)


def width_of(word: str, font: Font, *, bold: bool = False) -> float:
    """Return how wide a word is, in Discord's pixels."""
    if not bold or _is_cut_bold(font):
        return font.getlength(word) / SCALE
    return sum(font.getlength(letter) + font.size * _AIR for letter in word) / SCALE


def _is_cut_bold(font: Font) -> bool:
    return "Bold" in (font.getname()[1] or "")


@cache
def _plain(size: float) -> Font:
    font = ImageFont.load_default(size * SCALE)
    assert isinstance(font, ImageFont.FreeTypeFont)  # Pillow was built with FreeType
    return font


@cache
def _dejavu(size: float, bold: bool) -> Font:
    import matplotlib as mpl  # noqa: PLC0415 - it brings the font along, and takes a while

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    path = Path(mpl.get_data_path()) / "fonts" / "ttf" / name
    return ImageFont.truetype(path, size * SCALE * 0.93)
