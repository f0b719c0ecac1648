"""The picture shows what was heard, where and how loud, and stands on any background."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.picture import ANCHORS, HEIGHT, WIDTH, draw_clip, ticks
from models.types import ClipHeard, FloatArray

FLOOR = float(np.log(0.01))


def heard(log_mel: FloatArray, start: float = 0.0, end: float = 10.0) -> ClipHeard:
    return ClipHeard("clip", end - start, start, end, "tiny", log_mel)


def pixels(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png)) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGBA")).astype(int)


def test_time_runs_to_the_right_and_pitch_upward() -> None:
    log_mel = np.full((400, 64), FLOOR, np.float32)
    log_mel[300:340, 48:52] = 4.0  # a high tone at three quarters of the time
    light = pixels(draw_clip(heard(log_mel)))[: HEIGHT - 30, :, :3].sum(axis=2)
    row, column = np.unravel_index(light.argmax(), light.shape)
    assert column / WIDTH == pytest.approx(0.8, abs=0.06)
    assert row / (HEIGHT - 30) == pytest.approx(1 - 50 / 64, abs=0.06)
    assert light[100, 100] == sum(ANCHORS[0])


def test_the_size_is_fixed_and_the_corners_are_see_through() -> None:
    picture = pixels(draw_clip(heard(np.random.default_rng(1).normal(size=(750, 64)))))
    assert picture.shape == (HEIGHT, WIDTH, 4)
    assert picture[[0, 0, -1, -1], [0, -1, 0, -1], 3].tolist() == [0, 0, 0, 0]
    assert (picture[20:-20, :, 3] == 255).all()


@pytest.mark.parametrize("columns", [1, 96, 5_000])
def test_any_length_and_any_loudness_can_be_drawn(columns: int) -> None:
    for level in (FLOOR, 0.0, 12.0):
        flat = np.full((columns, 64), level, np.float32)
        assert pixels(draw_clip(heard(flat, 0.0, columns / 100))).shape == (HEIGHT, WIDTH, 4)


def test_a_part_that_was_asked_for_is_bright_and_the_rest_dim() -> None:
    log_mel = np.tile(np.linspace(0, 4, 64, dtype=np.float32), (400, 1))
    whole = ClipHeard("clip", 10.0, 20.0, 30.0, "tiny", log_mel)
    part = ClipHeard("clip", 10.0, 20.0, 30.0, "tiny", log_mel, (), (10.0, 50.0))
    light, marked = (pixels(draw_clip(each))[:, :, :3].sum(axis=2) for each in (whole, part))
    inside = slice(round(0.26 * WIDTH), round(0.49 * WIDTH))
    np.testing.assert_array_equal(marked[10:160, inside], light[10:160, inside])
    for outside in (slice(20, round(0.24 * WIDTH)), slice(round(0.51 * WIDTH), WIDTH - 20)):
        assert marked[10:160, outside].mean() < 0.6 * light[10:160, outside].mean()
    line = marked[HEIGHT - 25]
    assert (line[inside] > 600).all()
    assert (line[round(0.51 * WIDTH) :] < 600).all()


def test_the_same_clip_is_the_same_picture() -> None:
    log_mel = np.random.default_rng(2).normal(size=(300, 64)).astype(np.float32)
    assert draw_clip(heard(log_mel)) == draw_clip(heard(log_mel))
    assert draw_clip(heard(log_mel)) != draw_clip(heard(log_mel, 60.0, 70.0))


def test_lightness_rises_evenly() -> None:
    srgb = np.array(ANCHORS) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    lms = linear @ np.array(  # to OKLab, B. Ottosson 2020
        [[0.4122, 0.2119, 0.0883], [0.5363, 0.6807, 0.2817], [0.0514, 0.1074, 0.6300]]
    )
    lightness = np.cbrt(lms) @ [0.2105, 0.7936, -0.0041]
    assert np.diff(lightness) == pytest.approx(0.08, abs=0.005)


@settings(max_examples=200)
@given(st.floats(0, 100_000), st.floats(0.01, 90_000))
def test_times_on_the_axis_keep_their_distance(start: float, length: float) -> None:
    times = np.array(ticks(start, start + length))
    assert len(times) <= 11
    places = (times - start) / length * WIDTH
    if len(times):
        assert places[0] >= 71
        assert places[-1] <= WIDTH - 71
    assert (np.diff(places) >= 71).all()
