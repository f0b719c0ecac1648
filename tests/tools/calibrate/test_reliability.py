"""What is said of matches is what there is to say, and fitted without the asking track."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tools.calibrate.isotonic import Knots
from tools.calibrate.pairs import Pairs, joined
from tools.calibrate.reliability import BINS, FOLDS, cross_validated, held_out_matches, measure
from tools.evaluate.bootstrap import SEED
from tools.evaluate.sources import EvaluationError


def made(
    similarities: object,
    alike: object,
    asking: object = None,
    weights: object = None,
    found: object = None,
) -> Pairs:
    similarities = np.asarray(similarities, np.float64)
    count = len(similarities)
    asking = np.arange(count) if asking is None else np.asarray(asking)
    found = asking if found is None else np.asarray(found)
    return Pairs(
        similarities,
        np.asarray(alike, bool),
        asking,
        found,
        np.zeros(count, np.int64),
        np.ones(count) if weights is None else np.asarray(weights, np.float64),
        tuple(f"{id(similarities)}-{n}" for n in range(max(asking.max(), found.max()) + 1)),
    )


def test_scores_are_those_of_the_books() -> None:
    pairs = made([0, 0, 0, 0], [True, False, True, True])
    found = measure(pairs, np.array([0.9, 0.2, 0.6, 0.6]))
    # Brier score and log loss as sklearn.metrics.brier_score_loss and log_loss give them, 1.9.
    assert found.brier.value == pytest.approx(0.0925)
    assert found.log_loss.value == pytest.approx(0.3375388, abs=1e-6)
    # Three bins: (0.2, 0 of 1), (0.6, 2 of 2), (0.9, 1 of 1).
    assert found.error.value == pytest.approx((0.2 + 2 * 0.4 + 0.1) / 4)
    assert [(each.match, each.alike.value, each.share) for each in found.bins] == [
        (pytest.approx(0.2), 0, 0.25),
        (pytest.approx(0.6), 1, 0.5),
        (pytest.approx(0.9), 1, 0.25),
    ]


def test_weights_are_pairs_in_their_own_right() -> None:
    rng = np.random.default_rng(3)
    alike, given = rng.random(60) < 0.5, rng.random(60)
    times = rng.integers(1, 4, 60)
    weighed = measure(made(given, alike, weights=times), given)
    repeated = measure(
        made(np.repeat(given, times), np.repeat(alike, times), np.repeat(np.arange(60), times)),
        np.repeat(given, times),
    )
    assert weighed.brier == repeated.brier
    assert weighed.log_loss.value == pytest.approx(repeated.log_loss.value)


def test_true_probabilities_are_reliable_and_a_certain_lie_is_not() -> None:
    rng = np.random.default_rng(5)
    given = rng.random(5_000)
    alike = rng.random(5_000) < given
    pairs = made(given, alike, np.arange(5_000) // 5)
    good, bad = measure(pairs, given), measure(pairs, 1 - given)
    assert good.error.value < 0.03
    assert good.error.low < good.error.value < good.error.high
    assert good.brier.high < bad.brier.low
    assert len(good.bins) == BINS
    assert all(each.alike.low <= each.alike.value <= each.alike.high for each in good.bins)


def test_pairs_of_one_track_are_not_independent() -> None:
    rng = np.random.default_rng(6)
    alike = np.repeat(rng.random(40) < 0.5, 50)
    given = np.full(2_000, 0.5)
    alone, together = (
        measure(made(given, alike, asking), given)
        for asking in (np.arange(2_000), np.arange(2_000) // 50)
    )
    width = [found.bins[0].alike.high - found.bins[0].alike.low for found in (alone, together)]
    assert width[1] > 4 * width[0]


def test_a_fold_is_matched_by_what_the_others_say() -> None:
    pairs = made([0.1, 0.2, 0.3, 0.4], [True, True, False, False])
    seen = []

    def fitted(part: Pairs) -> Knots:
        seen.append(part.similarities.tolist())
        return (-1.0, part.share), (1.0, part.share)

    folds = np.array([0, 0, 1, 1])
    np.testing.assert_allclose(cross_validated(pairs, pairs, folds, fitted), [0, 0, 1, 1])
    assert seen == [[0.3, 0.4], [0.1, 0.2]]
    with pytest.raises(EvaluationError, match="too little"):
        cross_validated(pairs, pairs, np.zeros(4, np.int64), fitted)


def test_all_pairs_of_a_track_are_held_out_together() -> None:
    """Only one track is alike to anything: without it nothing is."""
    asking = np.repeat(np.arange(20), 40)
    pairs = made(np.tile(np.linspace(0, 1, 40), 20), asking == 7, asking)
    found = held_out_matches(pairs)
    assert found[asking == 7].max() == 0
    assert found[asking != 7].max() > 0


def two_in_different_folds(owners: int) -> tuple[int, int]:
    folds = np.random.default_rng(SEED).permutation(owners) % FOLDS
    return 0, int(np.flatnonzero(folds != folds[0])[0])


def test_who_is_found_by_a_clip_does_not_give_its_match_away() -> None:
    """Only two tracks are alike, and each asks for the other: without one of them nothing is."""
    one, other = two_in_different_folds(20)
    asking, found = (side.ravel() for side in np.indices((20, 20)))
    asking, found = asking[asking != found], found[asking != found]
    alike = np.isin(asking, [one, other]) & np.isin(found, [one, other])
    pairs = made(np.where(alike, 0.9, 0.3), alike, asking, found=found)
    assert held_out_matches(pairs)[alike].max() == 0
    # Folded by who asks alone, each would tell of the other.
    assert held_out_matches(replace(pairs, found=asking))[alike].min() > 0


def test_a_fit_sees_no_owner_of_the_fold_on_either_side() -> None:
    rng = np.random.default_rng(8)
    asking, found = rng.integers(0, 12, 300), rng.integers(0, 12, 300)
    pairs = made(rng.random(300), rng.random(300) < 0.5, asking, found=found)
    folds = np.arange(12) % 3
    sides = []

    def fitted(part: Pairs) -> Knots:
        sides.append({*folds[part.asking].tolist(), *folds[part.found].tolist()})
        return (-1.0, 0.5), (1.0, 0.5)

    cross_validated(pairs, pairs, folds, fitted)
    assert sides == [{1, 2}, {0, 2}, {0, 1}]


def test_whole_tracks_are_matched_by_the_clips_of_others() -> None:
    asking = np.repeat(np.arange(20), 40)
    clips = made(np.tile(np.linspace(0, 1, 40), 20), asking == 7, asking)
    whole = made(np.full(20, 0.9), np.zeros(20, bool))
    given = held_out_matches(clips, whole)
    assert given[7] == 0
    assert given.max() > 0


def test_every_catalogue_counts_as_much() -> None:
    large, small = made([0.1] * 300, [True] * 300), made([0.9] * 100, [False] * 100)
    both = joined([large, small])
    assert both.share == pytest.approx(0.5)
    assert both.weights.sum() == pytest.approx(400)
    assert len(np.unique(both.asking)) == 400
    assert (both.asking[both.sources == 1] >= 300).all()
