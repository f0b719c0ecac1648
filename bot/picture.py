"""The mel picture of a clip: time to the right, pitch upward, loudness as light."""

from __future__ import annotations

import io
import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bot.times import clock, edges
from models.types import ClipHeard, FloatArray

WIDTH, HEIGHT = 800, 200

# Night to candlelight in OKLCH: lightness rises evenly from .17 to .97, so that equal steps of
# loudness look equal to every eye; hue turns from indigo over rose to cream.
ANCHORS = (
    (12, 14, 30),
    (29, 25, 72),
    (56, 32, 116),
    (97, 36, 146),
    (150, 41, 145),
    (198, 54, 125),
    (230, 89, 97),
    (247, 131, 84),
    (254, 172, 95),
    (255, 212, 134),
    (255, 246, 204),
)

_INK = (240, 234, 244)
_BRIGHT, _FAINT = 255, 150  # how strongly the edges' times and the times between are written
_FRAME, _AXIS = 6, 27
_DIM = 0.4  # the light of what was not listened to
_CORNER, _INNER_CORNER = 16, 10
_LETTERS = 13
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 36000)
_APART = 72  # pixels between two times, at least

_LOWEST, _NARROWEST, _WIDEST = math.log(0.01), 3.5, 7.0  # nats; silence is the front end's floor
_CURVE = 1.5  # keeps the middle of dense music out of the lights

# One palette holds the map, the letters and the corners: a third of the bytes of true colour,
# and written four times as fast.
_MAP, _LETTER_SHADES, _CORNER_SHADES = 224, 16, 16


def draw_clip(heard: ClipHeard, height: int = HEIGHT) -> bytes:
    """Draw what was heard of a clip.

    Parameters
    ----------
    heard : ClipHeard
        Its `log_mel` [columns, bands], at least one column, is drawn from `start` to `end`; where
        more is pictured than was listened to, that part is bright and underlined, the rest dim.
    height : int
        In pixels, its time axis of 27 included.

    Returns
    -------
    bytes
        A PNG, 800 pixels wide, with rounded, see-through corners and a time axis.
    """
    canvas = np.zeros((height, WIDTH), np.uint8)
    spectrum = _spectrum(heard.log_mel, height - _FRAME - _AXIS)
    first, last = heard.pictured or (heard.start, heard.end)
    marked = None
    if heard.pictured:
        scale = spectrum.shape[1] / (last - first)
        marked = (round((heard.start - first) * scale), round((heard.end - first) * scale))
        spectrum[:, : marked[0]] = spectrum[:, : marked[0]] * _DIM
        spectrum[:, marked[1] :] = spectrum[:, marked[1] :] * _DIM
    canvas[_FRAME:-_AXIS, _FRAME : WIDTH - _FRAME] = spectrum
    letters = _axis(first, last, marked)
    canvas[-_AXIS:] = np.where(letters, _MAP + letters // (256 // _LETTER_SHADES), 0)
    cover = _rounded(WIDTH, height, _CORNER)
    corner = _MAP + _LETTER_SHADES + cover // (256 // _CORNER_SHADES)
    picture = Image.fromarray(np.where(cover < 255, corner, canvas).astype(np.uint8))
    picture.putpalette(_palette().tobytes())
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=4, transparency=_transparency())
    return file.getvalue()


def _spectrum(log_mel: FloatArray, height: int) -> NDArray[np.uint8]:
    loudest = float(np.quantile(log_mel, 0.998))
    quiet = max(float(np.quantile(log_mel, 0.02)), loudest - _WIDEST, _LOWEST)
    quiet = min(quiet, loudest - _NARROWEST)
    light = np.clip((log_mel - quiet) / (loudest - quiet), 0, 1) ** _CURVE
    levels = Image.fromarray((light.T[::-1] * 255).astype(np.uint8))
    width = WIDTH - 2 * _FRAME
    smooth = np.asarray(levels.resize((width, height), Image.Resampling.BICUBIC))
    # The map begins at the frame's own colour, so fading the corners is a product.
    faded = smooth / np.float32(255) * _rounded(width, height, _INNER_CORNER) / np.float32(255)
    return (faded * (_MAP - 1)).astype(np.uint8)


def _axis(start: float, end: float, marked: tuple[int, int] | None) -> NDArray[np.uint8]:
    image = Image.new("L", (WIDTH, _AXIS))
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(_LETTERS)
    middle = _AXIS / 2
    first, last = edges(start, end)
    draw.text((_CORNER, middle), first, _BRIGHT, font, "lm")
    draw.text((WIDTH - _CORNER, middle), last, _BRIGHT, font, "rm")
    for second in ticks(start, end):
        x = _FRAME + (second - start) / (end - start) * (WIDTH - 2 * _FRAME)
        draw.line((x, 1, x, 4), _FAINT)
        draw.text((x, middle), clock(second), _FAINT, font, "mm")
    if marked:
        draw.rectangle((_FRAME + marked[0], 1, _FRAME + marked[1], 3), _BRIGHT)
    return np.asarray(image)


def ticks(start: float, end: float) -> list[int]:
    """List round seconds between the edges, none so near an edge that the times would touch."""
    gap = (end - start) * _APART / WIDTH
    step = next((step for step in _STEPS if step >= gap), None)
    if gap <= 0 or step is None:
        return []
    first = math.ceil((start + gap) / step) * step
    last = min(math.floor(end - gap), round(end) - 1)
    return list(range(first, last + 1, step))


@lru_cache(maxsize=1)
def _palette() -> NDArray[np.uint8]:
    places = np.linspace(0, _MAP - 1, len(ANCHORS))
    anchors = np.array(ANCHORS, np.float64)
    lights = [np.interp(np.arange(_MAP), places, channel) for channel in anchors.T]
    letters = np.linspace(ANCHORS[0], _INK, _LETTER_SHADES)
    corners = np.tile(ANCHORS[0], (_CORNER_SHADES, 1))
    return np.concatenate([np.stack(lights, axis=1), letters, corners]).round().astype(np.uint8)


def _transparency() -> bytes:
    opaque = bytes([255]) * (_MAP + _LETTER_SHADES)
    return opaque + bytes(range(0, 256, 255 // (_CORNER_SHADES - 1)))


@lru_cache(maxsize=4)
def _rounded(width: int, height: int, corner: int) -> NDArray[np.uint8]:
    # Drawn four times as large and brought down, so that the corners are smooth.
    large = Image.new("L", (width * 4, height * 4))
    ImageDraw.Draw(large).rounded_rectangle((0, 0, *large.size), corner * 4, 255)
    return np.asarray(large.resize((width, height), Image.Resampling.BOX))
