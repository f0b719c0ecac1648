"""Leave-one-out scores, against rankings worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.train.metrics import (
    Scores,
    chance,
    mean_average_precision,
    precision_at,
    relevance,
    score,
)

ANGLES = np.radians([0, 10, 25, 90, 100])
FAN = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
LABELS = ["a", "a", "b", "b", "b"]


def test_relevance_ranks_by_cosine_and_leaves_the_asker_out() -> None:
    found = relevance(FAN, LABELS)
    assert found.astype(int).tolist() == [
        [1, 0, 0, 0],
        [1, 0, 0, 0],
        [0, 0, 1, 1],
        [1, 1, 0, 0],
        [1, 1, 0, 0],
    ]


def test_an_asker_without_a_like_asks_nothing() -> None:
    assert len(relevance(FAN, ["a", "a", "b", "b", "alone"])) == 4


def test_precision_and_average_precision_of_a_known_ranking() -> None:
    found = np.array([[1, 0, 1, 0], [0, 0, 1, 1]], bool)
    assert precision_at(found, 1) == 0.5
    assert precision_at(found, 2) == 0.25
    assert mean_average_precision(found) == pytest.approx(((1 + 2 / 3) + (1 / 3 + 2 / 4)) / 4)


def test_the_mean_is_subtracted_first() -> None:
    # The two kinds differ along the mean alone, which no angle from the origin shows.
    rng = np.random.default_rng(0)
    labels = ["low", "high"] * 20
    vectors = np.stack([np.array([9.0, 11.0] * 20), 0.1 * rng.standard_normal(40)], axis=1)
    assert score(vectors, labels, np.array([10.0, 0.0])) == Scores(1.0, 1.0, 1.0)
    assert score(vectors, labels, np.zeros(2)).map < 0.7


def test_a_vector_of_zeros_is_ranked_without_a_warning() -> None:
    assert relevance(np.vstack([FAN, np.zeros(2)]), [*LABELS, "a"]).shape == (6, 5)


def test_chance_is_the_share_of_likes() -> None:
    assert chance(["a"] * 5 + ["b"] * 5) == pytest.approx(4 / 9)
    assert chance(["a", "a", "a", "b", "b", "alone"]) == pytest.approx((3 * 2 + 2 * 1) / 5 / 5)


@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(0.01, 100))
def test_scores_are_shares_and_ignore_the_scale(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    vectors, labels = rng.standard_normal((12, 5)), [str(place % 3) for place in range(12)]
    scores = score(vectors, labels, np.zeros(5))
    assert all(0 <= value <= 1 for value in (scores.p1, scores.p5, scores.map))
    assert score(vectors * scale, labels, np.zeros(5)) == scores
