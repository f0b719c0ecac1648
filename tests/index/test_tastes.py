"""What likes and dislikes do to queries: the promises, and the figures on real vectors' like."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import tastes
from index.tastes import between, dislike_cost, lean, sides, unit_mean
from models.types import FloatArray

DIM = 16


def unit(count: int, seed: int) -> FloatArray:
    rows = np.random.default_rng(seed).standard_normal((count, DIM))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def angles(first: FloatArray, last: FloatArray) -> FloatArray:
    return np.arccos(np.clip((first * last).sum(axis=1), -1, 1))


def test_without_likes_a_query_stays_as_it_is() -> None:
    windows = unit(4, 1)
    np.testing.assert_array_equal(lean(windows, unit(0, 2).reshape(0, DIM)), windows)


def test_likes_draw_a_query_nearer() -> None:
    windows, liked = unit(3, 1), unit(5, 2)
    towards = unit_mean(liked)
    assert ((lean(windows, liked) @ towards) > (windows @ towards)).all()


def test_more_likes_of_one_kind_draw_more() -> None:
    windows, liked = unit(1, 1), unit(1, 2)
    few, many = lean(windows, liked), lean(windows, np.repeat(liked, 20, axis=0))
    assert (few @ liked[0])[0] < (many @ liked[0])[0]


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), likes=st.integers(1, 30))
def test_likes_never_turn_a_query_too_far(seed: int, likes: int) -> None:
    windows = unit(3, seed)
    leaned = lean(windows, unit(likes, seed + 1))
    np.testing.assert_allclose(np.linalg.norm(leaned, axis=1), 1, atol=1e-5)
    assert (angles(windows, leaned) <= 0.45 + 1e-3).all()


@pytest.mark.parametrize(("pull", "turned_by"), [(tastes.PULL, 0.213), (5.0, 0.45)])
def test_a_like_that_is_the_opposite_turns_it_and_never_too_far(
    pull: float, turned_by: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tastes, "PULL", pull)
    window = np.eye(1, DIM, dtype=np.float32)
    aside = np.array([[-0.9, *[0.0] * (DIM - 2), 0.19**0.5]], np.float32)
    turned = lean(window, np.repeat(aside, 100, axis=0))
    assert angles(window, turned)[0] == pytest.approx(turned_by, abs=1e-3)


def test_likes_that_cancel_out_are_still_an_answer() -> None:
    liked = np.stack([np.eye(DIM)[0], -np.eye(DIM)[0]]).astype(np.float32)
    assert np.isfinite(lean(unit(2, 3), liked)).all()


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), earlier=st.integers(0, 6))
def test_a_dislike_never_lifts_its_neighbours(seed: int, earlier: int) -> None:
    tracks, before, new = unit(40, seed), unit(earlier, seed + 1), unit(1, seed + 2)
    scores = tracks @ unit(1, seed + 3)[0]
    old = scores - dislike_cost(tracks, before.reshape(-1, DIM))
    now = scores - dislike_cost(tracks, np.concatenate([before.reshape(-1, DIM), new]))
    likeness = tracks @ new[0]
    for one in range(len(tracks)):
        overtaken = (old[one] <= old) & (now[one] > now + 1e-6)
        assert not (overtaken & (likeness[one] >= likeness)).any()


def test_what_is_disliked_loses_and_what_is_far_from_it_loses_nothing() -> None:
    tracks = np.eye(2, DIM, dtype=np.float32)
    cost = dislike_cost(tracks, tracks[:1])
    assert cost[0] == pytest.approx(0.35)
    assert cost[1] == 0


def test_two_loves_are_two_sides_and_the_greater_comes_first() -> None:
    rng = np.random.default_rng(4)
    loves = np.eye(2, DIM)[[0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1]]
    noisy = loves + 0.05 * rng.standard_normal(loves.shape)
    liked = (noisy / np.linalg.norm(noisy, axis=1, keepdims=True)).astype(np.float32)
    found = sides(liked, most=2)
    assert found.shape == (2, DIM)
    assert found[0, 0] > 0.99
    assert found[1, 1] > 0.99


@pytest.mark.parametrize("likes", [1, 2, 3, 40])
def test_sides_are_as_many_as_likes_bear(likes: int) -> None:
    found = sides(unit(likes, 5))
    assert len(found) == {1: 1, 2: 1, 3: 1, 40: 5}[likes]
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_the_same_like_many_times_over_is_one_love() -> None:
    assert np.isfinite(sides(np.repeat(unit(1, 6), 30, axis=0))).all()


def test_the_way_from_one_to_another_goes_in_even_steps() -> None:
    first, last = unit(2, 7)
    points = between(first, last, 4)
    way = np.stack([first, *points, last])
    np.testing.assert_allclose(np.linalg.norm(way, axis=1), 1, atol=1e-5)
    steps = angles(way[:-1], way[1:])
    np.testing.assert_allclose(steps, steps.mean(), rtol=1e-3)


def test_the_way_from_a_track_to_itself_stays_there() -> None:
    here = unit(1, 8)[0]
    np.testing.assert_allclose(between(here, here, 3), np.repeat(here[None], 3, axis=0), atol=1e-6)
