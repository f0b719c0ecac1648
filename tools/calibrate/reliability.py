"""Whether a match is what it says: of the pairs with a match of 60 %, 60 % should be alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from tools.calibrate.isotonic import Knots, fit_knots, matches
from tools.calibrate.pairs import Pairs
from tools.evaluate.bootstrap import SEED, Estimate, draws, interval
from tools.evaluate.metrics import Floats, IntArray
from tools.evaluate.sources import EvaluationError

FOLDS: Final = 10
BINS: Final = 10

_SMALLEST = 1e-6


@dataclass(frozen=True, slots=True)
class Bin:
    """Pairs of about the same match.

    Attributes
    ----------
    match : float
        Their mean match.
    alike : Estimate
        The share of them that is alike.
    share : float
        Their share of all pairs.
    """

    match: float
    alike: Estimate
    share: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far matches can be relied on.

    Attributes
    ----------
    brier : Estimate
        Mean squared distance of match and truth (Brier, Monthly Weather Review 78(1), 1950).
    log_loss : Estimate
        Mean of ``-ln`` of the probability that was given to what turned out true.
    error : Estimate
        Expected calibration error: mean distance of match and share over bins of as many pairs each
        (Naeini, Cooper, Hauskrecht, AAAI 2015).
    bins : tuple of Bin
        By rising match.
    """

    brier: Estimate
    log_loss: Estimate
    error: Estimate
    bins: tuple[Bin, ...]


def fit(pairs: Pairs) -> Knots:
    """Fit the knots of pairs."""
    return fit_knots(pairs.similarities, pairs.alike, pairs.weights)


def held_out_matches(pairs: Pairs, judged: Pairs | None = None) -> Floats:
    """Return matches [n] by knots that were fitted without whose clip it is, on either side.

    Owners are dealt out to 10 folds, the same in every run.

    Parameters
    ----------
    pairs : Pairs
        What the knots are fitted on.
    judged : Pairs or None
        Pairs of the same owners, whose matches are wanted; None for those that are fitted on.

    Raises
    ------
    EvaluationError
        Without a fold there is nothing left.
    """
    owners = len(pairs.owners)
    folds = np.random.default_rng(SEED).permutation(owners) % min(FOLDS, owners)
    return cross_validated(pairs, pairs if judged is None else judged, folds, fit)


def cross_validated(
    pairs: Pairs, judged: Pairs, folds: IntArray, fitted: Callable[[Pairs], Knots]
) -> Floats:
    """Return the match [n] of judged pairs by knots fitted on what has no part in their fold.

    A pair takes no part in the fit where the fold has its result either: one who is found by a clip
    asks for that clip's track too, and the two are as alike either way.

    Parameters
    ----------
    pairs, judged : Pairs
    folds : np.ndarray [shape=(owners,), int]
        The fold of every owner.
    fitted : callable
    """
    found = np.empty(len(judged))
    for fold in np.unique(folds):
        out = folds == fold
        rest = pairs.only(~out[pairs.asking] & ~out[pairs.found])
        if not len(rest):
            raise EvaluationError(
                "The tracks find only a few of each other: too little to calibrate on.",
                "Name more tracks.",
            )
        asked = out[judged.asking]
        found[asked] = matches(fitted(rest), judged.similarities[asked])
    return found


def measure(pairs: Pairs, probabilities: Floats) -> Reliability:
    """Compare probabilities with what is true.

    Intervals are of 2,000 bootstrap resamples of those who ask: pairs of one are not independent.

    Parameters
    ----------
    pairs : Pairs
    probabilities : np.ndarray [shape=(n,), float64]
        Of each pair, in [0, 1].

    Returns
    -------
    Reliability
    """
    alike, weights = pairs.alike.astype(np.float64), pairs.weights
    bins = _equal_bins(probabilities, weights)
    certain = np.clip(probabilities, _SMALLEST, 1 - _SMALLEST)
    loss = -np.log(np.where(pairs.alike, certain, 1 - certain))
    mass, hits, given = (
        _by_owner(pairs, bins, values)
        for values in (weights, weights * alike, weights * probabilities)
    )
    squares, losses = (
        _by_owner(pairs, np.zeros_like(bins), weights * values)
        for values in ((probabilities - alike) ** 2, loss)
    )
    replicates = [
        _scores(*(drawn @ each for each in (mass, hits, given, squares, losses)))
        for drawn in draws(len(mass))
    ]
    whole = _scores(
        *(each.sum(axis=0)[np.newaxis] for each in (mass, hits, given, squares, losses))
    )
    resampled = [np.concatenate(parts) for parts in zip(*replicates, strict=True)]
    brier, log_loss, error, shares = (part[0] for part in whole)
    masses = mass.sum(axis=0)
    return Reliability(
        interval(float(brier), resampled[0]),
        interval(float(log_loss), resampled[1]),
        # A resample is further off than the sample, as that is further off than the truth.
        interval(float(error), resampled[2], centred=True, bounds=(0, 1)),
        tuple(
            Bin(
                float(given.sum(axis=0)[place] / masses[place]),
                interval(float(shares[place]), resampled[3][:, place]),
                float(masses[place] / masses.sum()),
            )
            for place in range(len(masses))
        ),
    )


def _scores(
    mass: Floats, hits: Floats, given: Floats, squares: Floats, losses: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return Brier score, log loss and error [r] and the bins' shares [r, b] of resamples."""
    total = mass.sum(axis=1)
    filled = np.maximum(mass, _SMALLEST)
    error = np.abs(hits - given).sum(axis=1) / total
    return squares[:, 0] / total, losses[:, 0] / total, error, hits / filled


def _by_owner(pairs: Pairs, bins: IntArray, values: Floats) -> Floats:
    """Return the sum of values of each of those who ask, and bin."""
    owners = np.unique(pairs.asking, return_inverse=True)[1]
    shape = int(owners.max()) + 1, int(bins.max()) + 1
    sums = np.bincount(owners * shape[1] + bins, values, minlength=shape[0] * shape[1])
    return np.asarray(sums.reshape(shape), np.float64)


def _equal_bins(probabilities: Floats, weights: Floats) -> IntArray:
    """Put pairs into up to 10 bins of about the same weight; pairs of one match are together."""
    order = np.argsort(probabilities, kind="stable")
    before = np.cumsum(weights[order]) - weights[order] / 2
    bins = np.minimum(np.floor(before / weights.sum() * BINS), BINS - 1).astype(np.int64)
    values = probabilities[order]
    first = np.concatenate([[True], np.diff(values) > 0])
    found = np.empty(len(bins), np.int64)
    found[order] = bins[first][np.cumsum(first) - 1]
    return np.unique(found, return_inverse=True)[1].astype(np.int64)
