"""The picture of why: a clip and a track as two time lines, ribbons between what sounds alike."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bot.picture import ANCHORS, ticks
from bot.times import clock
from models.types import Pair

WIDTH, HEIGHT = 800, 260
SHOWN = 1.5
"""The picture has so many pixels for one of these, for sharp screens."""

MOMENT_S = 4.8
"""How long a moment is drawn: half a window, for windows overlap by half."""

_SCALE = 3  # drawn so many times as large, then brought down: smooth edges
_LEFT, _RIGHT = 28, WIDTH - 28
_TOP_LINE, _BOTTOM_LINE, _THICK = 46, HEIGHT - 46, 12
_CORNER = 16
_LETTERS = 13
_CURVE_STEPS = 40
_GROUND, _BAR, _INK = ANCHORS[0], (44, 42, 78), (240, 234, 244)
_FAINT = (150, 146, 170)
_LEAST_ALIKE = 0.3  # at this similarity and below the colours begin
_DARKEST = 3  # of the anchors: what is darker cannot be told from the ground
_FAINTEST, _STRONGEST = 70, 215  # opacity of ribbons


@dataclass(frozen=True, slots=True)
class Why:
    """What is drawn.

    Attributes
    ----------
    start, end : float
        Which part of the clip was listened to, in seconds.
    seconds : float
        Length of the track.
    pairs : tuple of Pair
    names : tuple of (str, str)
        What the two lines are called: the clip and the track.
    """

    start: float
    end: float
    seconds: float
    pairs: tuple[Pair, ...]
    names: tuple[str, str]


def draw_why(why: Why) -> bytes:
    """Draw which moments are alike; return a PNG of 1200 × 390 pixels with rounded corners."""
    clip = _Axis(why.start, max(why.end, why.start + 0.1), _TOP_LINE)
    length = max([why.seconds, *(pair.track + 1.0 for pair in why.pairs)])
    track = _Axis(0.0, max(length, 0.1), _BOTTOM_LINE)
    image = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE), _GROUND)
    draw = ImageDraw.Draw(image)
    for axis in (clip, track):
        axis.draw_bar(draw)
    for pair in sorted(why.pairs, key=lambda pair: pair.similarity):
        _draw_ribbon(image, clip.span(why.start + pair.clip), track.span(pair.track), pair)
    for axis, name, above in ((clip, why.names[0], True), (track, why.names[1], False)):
        axis.draw_times(draw, name, above=above)
    small = image.reduce(round(_SCALE / SHOWN))
    small.putalpha(_corners(small.size))
    file = io.BytesIO()
    small.save(file, "PNG", compress_level=3)
    return file.getvalue()


@dataclass(frozen=True, slots=True)
class _Axis:
    """A time line from the left to the right, at a height."""

    start: float
    end: float
    y: int

    def x(self, second: float) -> float:
        share = (min(max(second, self.start), self.end) - self.start) / (self.end - self.start)
        return _LEFT + share * (_RIGHT - _LEFT)

    def span(self, second: float) -> tuple[float, float]:
        left, right = self.x(second), self.x(second + MOMENT_S)
        # A moment of a long track would be a hair.
        return (left, right) if right - left >= 4 else (left - 2, left + 2)

    def draw_bar(self, draw: ImageDraw.ImageDraw) -> None:
        box = (_LEFT, self.y - _THICK / 2, _RIGHT, self.y + _THICK / 2)
        draw.rounded_rectangle(_scaled(box), _THICK * _SCALE / 2, _BAR)

    def draw_times(self, draw: ImageDraw.ImageDraw, name: str, *, above: bool) -> None:
        near, far = (16, 32) if above else (-16, -32)
        font = ImageFont.load_default(_LETTERS * _SCALE)
        y = self.y - near
        middles = [(self.x(second), clock(second), "mm", _FAINT) for second in self._ticks()]
        edges = [(_LEFT, clock(self.start), "lm", _INK), (_RIGHT, clock(self.end), "rm", _INK)]
        for x, text, anchor, ink in (*middles, *edges):
            draw.text((x * _SCALE, y * _SCALE), text, ink, font, anchor)
        draw.text((_LEFT * _SCALE, (self.y - far) * _SCALE), name, _FAINT, font, "lm")

    def _ticks(self) -> list[int]:
        return ticks(self.start, self.end)


def _draw_ribbon(
    image: Image.Image, top: tuple[float, float], bottom: tuple[float, float], pair: Pair
) -> None:
    strength = min(max((pair.similarity - _LEAST_ALIKE) / (1 - _LEAST_ALIKE), 0.0), 1.0)
    colour = _colour(strength)
    opacity = round(_FAINTEST + strength * (_STRONGEST - _FAINTEST))
    points = np.array(list(_outline(top, bottom))) * _SCALE
    corner = np.floor(points.min(axis=0)).astype(int)
    width, height = (np.ceil(points.max(axis=0)).astype(int) - corner + 1).tolist()
    mask = Image.new("L", (width, height))
    ImageDraw.Draw(mask).polygon(list(map(tuple, points - corner)), opacity)
    image.paste(colour, (int(corner[0]), int(corner[1])), mask)
    ends = ImageDraw.Draw(image)
    for (left, right), y in ((top, _TOP_LINE), (bottom, _BOTTOM_LINE)):
        box = (left, y - _THICK / 2, right, y + _THICK / 2)
        ends.rounded_rectangle(_scaled(box), _THICK * _SCALE / 2, colour)


def _outline(
    top: tuple[float, float], bottom: tuple[float, float]
) -> Iterator[tuple[float, float]]:
    """Yield the corners of a band that leaves and arrives upright."""
    along = np.linspace(0.0, 1.0, _CURVE_STEPS)
    ease = along * along * (3 - 2 * along)
    y = _TOP_LINE + along * (_BOTTOM_LINE - _TOP_LINE)
    left = top[0] + ease * (bottom[0] - top[0])
    right = top[1] + ease * (bottom[1] - top[1])
    yield from zip(left.tolist(), y.tolist(), strict=True)
    yield from zip(right[::-1].tolist(), y[::-1].tolist(), strict=True)


def _colour(strength: float) -> tuple[int, int, int]:
    anchors = np.array(ANCHORS[_DARKEST:], np.float64)
    places = np.linspace(0, 1, len(anchors))
    red, green, blue = (round(float(np.interp(strength, places, each))) for each in anchors.T)
    return red, green, blue


def _scaled(numbers: Sequence[float]) -> tuple[float, ...]:
    return tuple(number * _SCALE for number in numbers)


@lru_cache(maxsize=1)
def _corners(size: tuple[int, int]) -> Image.Image:
    large = Image.new("L", (WIDTH * 4, HEIGHT * 4))
    ImageDraw.Draw(large).rounded_rectangle((0, 0, *large.size), _CORNER * 4, 255)
    return large.resize(size, Image.Resampling.BOX)
