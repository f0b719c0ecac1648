"""A card as the picture of a message: the bot's face and name, and below it what it sent."""

from __future__ import annotations

import io

from bot.card import Card
from tools.painting.ink import BLUE_BUTTON, CHAT, FAINT, WHITE, Canvas, font_for, width_of
from tools.painting.parts import box_of

_WIDTH, _CARD = 700.0, 600.0
_MARGIN, _INDENT, _NAME_HEIGHT = 18.0, 74.0, 28.0
_FACE, _GAP = 40.0, 8.0
_NAME, _SMALL = 16.0, 12.0


def paint(card: Card, *, private: bool = False, when: str = "Today at 20:15") -> bytes:
    """Draw a card.

    Parameters
    ----------
    card : Card
        Its files are read, and wound back.
    private : bool
        Whether it is seen by one person only, which Discord says below it.
    when : str
        The time beside the bot's name.

    Returns
    -------
    bytes
        A PNG.
    """
    files = {}
    for file in card.files:
        files[file.filename] = file.fp.read()
        file.reset()
    boxes = [box_of(part, files) for part in card.view.to_components()]  # type: ignore[no-untyped-call]
    heights = [box.height(_CARD) for box in boxes]
    between, below = _GAP * (len(boxes) - 1), 26.0 if private else 0.0
    canvas = Canvas(_WIDTH, 2 * _MARGIN + _NAME_HEIGHT + sum(heights) + between + below)
    _draw_name(canvas, when)
    top = _MARGIN + _NAME_HEIGHT
    for box, height in zip(boxes, heights, strict=True):
        box.draw(canvas, _INDENT, top, _CARD)
        top += height + _GAP
    if private:
        text = "Only you can see this"
        canvas.text((_INDENT, top - _GAP + 20), text, font_for(text, _SMALL, bold=False), FAINT)
    held = io.BytesIO()
    canvas.finished().save(held, "PNG", optimize=True)
    return held.getvalue()


def _draw_name(canvas: Canvas, when: str) -> None:
    _draw_face(canvas, _MARGIN, _MARGIN)
    baseline, x = _MARGIN + 15, _INDENT
    name = font_for("Soundalike", _NAME, bold=True)
    canvas.text((x, baseline), "Soundalike", name, WHITE, bold=True)
    x += width_of("Soundalike", name, bold=True) + 8
    small = font_for("APP", 10.5, bold=True)
    canvas.box((x, baseline - 12.5, width_of("APP", small, bold=True) + 10, 16), 4, BLUE_BUTTON)
    canvas.text((x + 5, baseline - 0.8), "APP", small, WHITE, bold=True)
    x += width_of("APP", small, bold=True) + 19
    canvas.text((x, baseline), when, font_for(when, _SMALL, bold=False), FAINT)


def _draw_face(canvas: Canvas, left: float, top: float) -> None:
    """Draw the bot's face: bars of sound in front of a rose disc."""
    middle = (left + _FACE / 2, top + _FACE / 2)
    canvas.ring(middle, _FACE / 2, (198, 54, 125), _FACE)
    for number, height in enumerate((9, 18, 25, 15, 8)):
        x = left + 8.2 + number * 5.2
        canvas.box((x, middle[1] - height / 2, 3, height), 1.5, (255, 236, 204))
    canvas.ring(middle, _FACE / 2 + 1, CHAT, 1)
