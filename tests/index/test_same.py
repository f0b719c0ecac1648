"""An excerpt is recognised wherever it was cut; a relative is not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.same import excerpt_likeness, is_long, may_be_excerpts, place_likeness, spread
from models.types import FloatArray, Sameness, Windows
from tests.index.making import PATCH, unit

PATCHES = 10  # to a window


def drifting(rng: np.random.Generator, patches: int, dim: int = 32) -> FloatArray:
    """Return patch embeddings of a sound that changes by and by, as music does."""
    steps = rng.normal(size=(patches + 40, dim))
    smooth = np.stack([np.convolve(column, np.hanning(40), "valid") for column in steps.T], axis=1)
    return (smooth[:patches] / 4 + 0.1 * rng.normal(size=(patches, dim))).astype(np.float32)


def pooled(patches: FloatArray, hop: int) -> Windows:
    last = max(len(patches) - PATCHES, 0)
    starts = np.arange(0, last + 1, hop)
    vectors = unit([patches[start : start + PATCHES].mean(axis=0) for start in starts])
    return Windows(vectors, (starts * PATCH).astype(np.float32))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    cut=st.integers(0, 140),
    length=st.integers(PATCHES, 60),
    between=st.floats(0, 1),
)
def test_an_excerpt_is_recognised_wherever_it_was_cut(
    seed: int, cut: int, length: int, between: float
) -> None:
    rng = np.random.default_rng(seed)
    track, stranger = drifting(rng, 201), drifting(rng, 201)
    # The clip's patches lie between those of the track.
    moved = (1 - between) * track[:-1] + between * track[1:]
    clip = pooled(moved[cut : cut + length], hop=1)
    assert excerpt_likeness(clip, pooled(track, hop=5), Sameness()) > 0.97
    assert excerpt_likeness(clip, pooled(stranger, hop=5), Sameness()) == 0


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    patches=st.integers(PATCHES, 120),
    length=st.integers(PATCHES, 100),
    noise=st.floats(0, 3),
    needed=st.floats(0.05, 1),
)
def test_a_glance_never_misses_an_excerpt(
    seed: int, patches: int, length: int, noise: float, needed: float
) -> None:
    """Vectors that point to all sides lie furthest from the mean of two."""
    rng = np.random.default_rng(seed)
    track = rng.normal(size=(patches, 3)) + 0.1
    clip = track[:length] + noise * rng.normal(size=track[:length].shape)
    others = [rng.normal(size=(rng.integers(PATCHES, 60), 3)) for _ in range(3)]
    heard = pooled(clip, hop=1)
    known = [pooled(each, hop=5) for each in (others[0], track, *others[1:])]
    sameness = Sameness(long=needed, short=needed)
    tracks = np.concatenate([each.vectors for each in known])
    counts = np.array([len(each) for each in known])
    possible = may_be_excerpts(spread(heard), tracks, counts, sameness)
    found = np.array([excerpt_likeness(heard, each, sameness) > 0 for each in known])
    assert not (found & ~possible).any()


def test_a_glance_tells_most_strangers(rng: np.random.Generator) -> None:
    clip = pooled(drifting(rng, 30), hop=1)
    strangers = [pooled(drifting(rng, 201), hop=5) for _ in range(20)]
    tracks = np.concatenate([each.vectors for each in strangers])
    assert not may_be_excerpts(clip, tracks, np.full(20, len(tracks) // 20), Sameness()).any()


def test_the_whole_track_again_is_recognised(rng: np.random.Generator) -> None:
    track = drifting(rng, 100)
    assert excerpt_likeness(pooled(track, hop=1), pooled(track, hop=5), Sameness()) > 0.97


def test_the_same_moments_in_another_order_are_another_track(rng: np.random.Generator) -> None:
    track = drifting(rng, 100)
    shuffled = np.concatenate([track[50:], track[:50]])[::-1]
    assert excerpt_likeness(pooled(shuffled, hop=1), pooled(track, hop=5), Sameness()) == 0


def test_a_clip_that_outlasts_the_track_is_not_cut_from_it(rng: np.random.Generator) -> None:
    track = drifting(rng, 100)
    longer = pooled(np.concatenate([track, drifting(rng, 30)]), hop=1)
    assert excerpt_likeness(longer, pooled(track, hop=5), Sameness()) == 0


def test_a_silent_stretch_leaves_a_gap_in_both(rng: np.random.Generator) -> None:
    patches = drifting(rng, 120)
    whole, dense = pooled(patches, hop=5), pooled(patches, hop=1)
    heard = (whole.starts < 30) | (whole.starts > 60)
    heard_densely = (dense.starts < 30) | (dense.starts > 60)
    track = Windows(whole.vectors[heard], whole.starts[heard])
    clip = Windows(dense.vectors[heard_densely], dense.starts[heard_densely])
    assert excerpt_likeness(clip, track, Sameness()) > 0.97


@pytest.mark.parametrize(
    ("alike", "short", "recognised"),
    [(0.999, 0.98, True), (0.975, 0.98, False), (0.975, 0.97, True), (0.92, 0.9, True)],
)
def test_one_window_against_one_window(alike: float, short: float, recognised: bool) -> None:
    track = Windows(unit([[1.0, 0.0]]), np.zeros(1, np.float32))
    clip = Windows(unit([[alike, np.sqrt(1 - alike**2)]]), np.zeros(1, np.float32))
    likeness = excerpt_likeness(clip, track, Sameness(long=1, short=short))
    assert likeness == (pytest.approx(alike) if recognised else 0)
    assert place_likeness(clip, track) == pytest.approx(alike)


def test_a_long_clip_is_held_to_the_long_threshold(rng: np.random.Generator) -> None:
    track = drifting(rng, 100)
    longer, shorter = (pooled(track[7:], hop=1), pooled(track[7 : 7 + PATCHES + 4], hop=1))
    assert (is_long(longer), is_long(shorter)) == (True, False)
    never = 1.01
    for clip, kept in ((longer, Sameness(short=never)), (shorter, Sameness(long=never))):
        assert excerpt_likeness(clip, pooled(track, hop=5), kept) > 0.97
    for clip, missed in ((longer, Sameness(long=never)), (shorter, Sameness(short=never))):
        assert excerpt_likeness(clip, pooled(track, hop=5), missed) == 0


def test_opposite_neighbours_do_no_harm() -> None:
    """Halfway between two opposite windows there is no direction."""
    track = Windows(unit([[1, 0], [-1, 0], [1, 0]]), np.array([0, 4.8, 9.6], np.float32))
    clip = Windows(unit([[0, 1]]), np.zeros(1, np.float32))
    assert excerpt_likeness(clip, track, Sameness()) == 0
