"""The moments that say why, against the sentence that defines them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.moments import MOST_PAIRS, likest_moments


def starts(windows: int, since: float = 0.0) -> np.ndarray:
    return (since + np.arange(windows) * 4.8).astype(np.float32)


def test_the_moments_that_say_why() -> None:
    alike = np.array([[0.1, 0.9, 0.2], [0.3, 0.2, 0.3], [0.5, 0.4, 0.95]], np.float32)
    at, pairs = likest_moments(alike, starts(3, 0.5), starts(3))
    assert at == 9.6
    assert [pair[:2] for pair in pairs] == [(0.5, 4.8), (5.3, 0.0), (10.1, 9.6)]
    assert [pair.similarity for pair in pairs] == pytest.approx([0.9, 0.3, 0.95])


def test_only_the_likest_moments_of_a_long_clip_are_told() -> None:
    alike = np.linspace(0.1, 0.9, 20, dtype=np.float32)[:, None].repeat(2, axis=1)
    alike[3] = 0.95
    _, pairs = likest_moments(alike, starts(20), starts(2))
    assert [round(pair.clip / 4.8) for pair in pairs] == [3, 13, 14, 15, 16, 17, 18, 19]


def test_of_moments_as_much_alike_the_first_of_the_track_is_told() -> None:
    alike = np.array([[0.2, 0.1, 0.7], [0.1, 0.7, 0.7]], np.float32)
    at, pairs = likest_moments(alike, starts(2), starts(3))
    assert at == 4.8
    assert [pair[:2] for pair in pairs] == [(0.0, 9.6), (4.8, 4.8)]


def test_nothing_is_more_alike_than_the_same() -> None:
    _, pairs = likest_moments(np.array([[1.0000001]], np.float32), starts(1), starts(1))
    assert pairs == ((0.0, 0.0, 1.0),)


@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(1, 20), st.booleans())
def test_the_likest_of_all_is_among_them(seed: int, clip: int, track: int, ties: bool) -> None:
    alike = np.random.default_rng(seed).uniform(-1, 1, size=(clip, track)).astype(np.float32)
    if ties:
        alike = alike.round()
    at, pairs = likest_moments(alike, starts(clip), starts(track))
    assert len(pairs) == min(clip, MOST_PAIRS)
    assert [pair.clip for pair in pairs] == sorted({pair.clip for pair in pairs})
    assert round(at / 4.8) == alike.max(axis=0).argmax()
    for pair in pairs:
        row = alike[round(pair.clip / 4.8)]
        assert pair.similarity == row.max() == row[round(pair.track / 4.8)]
    assert sorted(pair.similarity for pair in pairs) == sorted(alike.max(axis=1))[-len(pairs) :]
