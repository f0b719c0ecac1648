"""Augmented sound keeps to its length and its range."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.frontend import MIN_SAMPLES
from tools.train.augment import draw_sound


def reader(length: int, level: float = 0.5):
    sound = level * np.sin(np.arange(length) * 0.2).astype(np.float32)
    return lambda count: sound[:count]


@given(seed=st.integers(0, 2**32 - 1), length=st.sampled_from([1, 900, 15_600, 40_000]))
@settings(max_examples=60, deadline=None)
def test_any_draw_is_one_patch_within_full_scale(seed: int, length: int) -> None:
    rng = np.random.default_rng(seed)
    sound = draw_sound(rng, reader(length), reader(20_000))
    assert sound.shape == (MIN_SAMPLES,)
    assert sound.dtype == np.float32
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() <= 1.0001


@pytest.mark.parametrize("seed", range(12))
def test_silence_and_silence_make_no_trouble(seed: int) -> None:
    silence = reader(20_000, level=0.0)
    assert np.isfinite(draw_sound(np.random.default_rng(seed), silence, silence)).all()


def test_draws_differ_and_repeat_with_their_seed() -> None:
    draws = [
        draw_sound(np.random.default_rng(seed), reader(40_000), reader(20_000))
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])
