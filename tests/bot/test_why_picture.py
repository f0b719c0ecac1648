"""The picture of why shows a ribbon for every pair, from where to where it says."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.picture import ANCHORS
from bot.why_picture import HEIGHT, SHOWN, WIDTH, Why, draw_why
from models.types import Pair

SIZE = (round(WIDTH * SHOWN), round(HEIGHT * SHOWN))
TOP, BOTTOM = 46 * SHOWN, (HEIGHT - 46) * SHOWN


def drawn(*pairs: Pair) -> np.ndarray:
    why = Why(10.0, 30.0, 200.0, pairs, ("clip", "track"))
    with Image.open(io.BytesIO(draw_why(why))) as image:
        assert image.size == SIZE
        return np.asarray(image.convert("RGB")).astype(int)


def lit(pixels: np.ndarray, y: float) -> tuple[float, float]:
    """Return the edges of what is coloured at a height, as shares of the line."""
    bar = np.array([44, 42, 78])
    row = pixels[round(y)]
    coloured = (np.abs(row - bar).sum(axis=1) > 60) & (np.abs(row - ANCHORS[0]).sum(axis=1) > 60)
    places = np.flatnonzero(coloured)
    left, right = 28 * SHOWN, (WIDTH - 28) * SHOWN
    return (places[0] - left) / (right - left), (places[-1] - left) / (right - left)


def test_a_ribbon_joins_its_two_moments() -> None:
    pixels = drawn(Pair(4.8, 100.0, 0.9))
    assert lit(pixels, TOP) == pytest.approx((0.24, 0.48), abs=0.01)
    assert lit(pixels, BOTTOM) == pytest.approx((0.5, 0.524), abs=0.01)
    left, right = lit(pixels, (TOP + BOTTOM) / 2)
    assert 0.3 < left < right < 0.55


def test_the_more_alike_the_brighter() -> None:
    middle = round((TOP + BOTTOM) / 2)
    lightness = [drawn(Pair(0.0, 0.0, alike))[middle].sum(axis=1).max() for alike in (0.3, 0.6, 1)]
    assert lightness == sorted(lightness)
    assert len(set(lightness)) == 3


NUMBERS = st.floats(0, 1e5)


@settings(max_examples=25)
@given(
    st.builds(
        Why,
        NUMBERS,
        NUMBERS,
        NUMBERS,
        st.lists(st.builds(Pair, NUMBERS, NUMBERS, st.floats(-1, 1.1)), max_size=8).map(tuple),
        st.just(("a", "b")),
    )
)
def test_any_pairs_can_be_drawn(why: Why) -> None:
    with Image.open(io.BytesIO(draw_why(why))) as image:
        assert image.size == SIZE
