"""The few emoji of the cards, drawn from circles and lines: no font that may be shared has them."""

from __future__ import annotations

from collections.abc import Callable

from tools.painting.ink import WHITE, Canvas, Colour

_ROSE: Colour = (226, 82, 140)
_BLUE: Colour = (88, 150, 235)
_SKIN: Colour = (255, 203, 76)
_DARK: Colour = (58, 60, 70)
_STEEL: Colour = (172, 182, 196)
_RED: Colour = (221, 58, 68)
_WOOD: Colour = (196, 140, 84)


def is_emoji(text: str) -> bool:
    """Whether this is one of the emoji that are drawn."""
    return text in _EMOJI


def draw_emoji(canvas: Canvas, emoji: str, left: float, top: float, size: float) -> None:
    """Draw an emoji in a square."""
    _EMOJI[emoji](_Square(canvas, left, top, size))


class _Square:
    """A canvas that is measured in parts of a square."""

    def __init__(self, canvas: Canvas, left: float, top: float, size: float) -> None:
        self._canvas = canvas
        self._left, self._top, self._size = left, top, size

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self._left + x * self._size, self._top + y * self._size

    def box(
        self, left: float, top: float, width: float, height: float, fill: Colour, r: float = 0.0
    ) -> None:
        size = self._size
        self._canvas.box((*self.at(left, top), width * size, height * size), r * size, fill)

    def dot(self, x: float, y: float, radius: float, fill: Colour, width: float = 9.0) -> None:
        self._canvas.ring(self.at(x, y), radius * self._size, fill, width * self._size)

    def arc(
        self,
        x: float,
        y: float,
        radius: float,
        turn: tuple[float, float],
        fill: Colour,
        width: float,
    ) -> None:
        self._canvas.arc(self.at(x, y), radius * self._size, turn, fill, width * self._size)

    def shape(self, fill: Colour, *points: tuple[float, float]) -> None:
        self._canvas.shape([self.at(x, y) for x, y in points], fill)

    def line(self, fill: Colour, width: float, *points: tuple[float, float]) -> None:
        self._canvas.line([self.at(x, y) for x, y in points], fill, width * self._size)


def _headphones(square: _Square) -> None:
    square.arc(0.5, 0.52, 0.42, (180, 360), _STEEL, 0.1)
    for left in (0.05, 0.73):
        square.box(left, 0.5, 0.22, 0.4, _ROSE, 0.09)
        square.box(left + 0.055, 0.58, 0.11, 0.24, (176, 50, 112), 0.05)


def _target(square: _Square) -> None:
    for radius, colour in ((0.46, _RED), (0.34, WHITE), (0.22, _RED), (0.1, WHITE)):
        square.dot(0.5, 0.5, radius, colour)
    square.line(_DARK, 0.06, (0.5, 0.5), (0.88, 0.12))


def _play(square: _Square) -> None:
    square.box(0.04, 0.04, 0.92, 0.92, _BLUE, 0.2)
    square.shape(WHITE, (0.36, 0.26), (0.36, 0.74), (0.76, 0.5))


def _disk(square: _Square) -> None:
    square.box(0.06, 0.06, 0.88, 0.88, (64, 76, 96), 0.1)
    square.box(0.26, 0.06, 0.48, 0.32, _STEEL, 0.03)
    square.box(0.55, 0.11, 0.11, 0.22, (64, 76, 96), 0.02)
    square.box(0.2, 0.52, 0.6, 0.42, WHITE, 0.04)
    square.box(0.28, 0.63, 0.44, 0.05, _STEEL)
    square.box(0.28, 0.76, 0.44, 0.05, _STEEL)


def _magnifier(square: _Square) -> None:
    square.line(_WOOD, 0.17, (0.62, 0.62), (0.9, 0.9))
    square.dot(0.4, 0.4, 0.35, (190, 222, 246))
    square.dot(0.4, 0.4, 0.36, _STEEL, 0.09)


def _microscope(square: _Square) -> None:
    square.arc(0.48, 0.5, 0.34, (-60, 80), _STEEL, 0.11)
    square.box(0.14, 0.84, 0.72, 0.11, _DARK, 0.04)
    square.box(0.14, 0.84, 0.72, 0.11, _STEEL, 0.04)
    square.line(_BLUE, 0.2, (0.34, 0.2), (0.5, 0.52))
    square.line(_STEEL, 0.13, (0.5, 0.54), (0.54, 0.62))
    square.line(WHITE, 0.14, (0.26, 0.06), (0.31, 0.16))
    square.line(_STEEL, 0.08, (0.3, 0.72), (0.62, 0.72))


def _thumb(square: _Square, *, up: bool) -> None:
    def y(value: float) -> float:
        return value if up else 1 - value

    def bar(left: float, top: float, width: float, height: float, colour: Colour, r: float) -> None:
        square.box(left, top if up else 1 - top - height, width, height, colour, r)

    square.shape(
        _SKIN, (0.3, y(0.5)), (0.46, y(0.1)), (0.58, y(0.1)), (0.62, y(0.22)), (0.56, y(0.46)),
        (0.5, y(0.9)), (0.3, y(0.9)),
    )  # fmt: skip
    for number, top in enumerate((0.42, 0.545, 0.67, 0.795)):
        bar(0.42, top, 0.5 - 0.035 * number, 0.135, _SKIN, 0.067)
    bar(0.08, 0.44, 0.2, 0.5, _BLUE, 0.05)


def _house(square: _Square) -> None:
    square.box(0.68, 0.12, 0.12, 0.3, (150, 92, 64))
    square.box(0.17, 0.46, 0.66, 0.48, (240, 226, 196), 0.02)
    square.shape(_RED, (0.03, 0.54), (0.5, 0.08), (0.97, 0.54), (0.88, 0.58), (0.12, 0.58))
    square.box(0.27, 0.64, 0.18, 0.3, _WOOD)
    square.box(0.56, 0.64, 0.18, 0.17, _BLUE, 0.02)


def _books(square: _Square) -> None:
    for left, top, width, colour in (
        (0.06, 0.14, 0.2, _RED),
        (0.28, 0.06, 0.24, _BLUE),
        (0.54, 0.2, 0.17, (92, 166, 96)),
    ):
        square.box(left, top, width, 0.94 - top, colour, 0.03)
        square.box(left + 0.04, top + 0.12, width - 0.08, 0.06, WHITE)
    square.shape(_WOOD, (0.72, 0.26), (0.84, 0.22), (0.98, 0.9), (0.86, 0.94))


def _lock(square: _Square) -> None:
    square.arc(0.5, 0.4, 0.25, (180, 360), _STEEL, 0.1)
    for left in (0.25, 0.65):
        square.box(left, 0.38, 0.1, 0.14, _STEEL)
    square.box(0.14, 0.46, 0.72, 0.48, _SKIN, 0.08)
    square.dot(0.5, 0.66, 0.08, _DARK)
    square.box(0.47, 0.68, 0.06, 0.14, _DARK)


_EMOJI: dict[str, Callable[[_Square], None]] = {
    "🎧": _headphones,
    "🎯": _target,
    "▶": _play,
    "💾": _disk,
    "🔍": _magnifier,
    "🔬": _microscope,
    "👍": lambda square: _thumb(square, up=True),
    "👎": lambda square: _thumb(square, up=False),
    "🏠": _house,
    "📚": _books,
    "🔒": _lock,
}
