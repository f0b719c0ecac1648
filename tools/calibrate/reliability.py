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


def held_out_matches(pairs: Pairs) -> Floats:
    """Return every pair's match by knots that were fitted without the asking track [n].

    The asking tracks are dealt out to 10 folds, the same in every run.
    """
    tracks = int(pairs.asking.max()) + 1
    folds = np.random.default_rng(SEED).permutation(tracks) % min(FOLDS, tracks)
    return cross_validated(pairs, folds[pairs.asking], fit)


def cross_validated(pairs: Pairs, folds: IntArray, fitted: Callable[[Pairs], Knots]) -> Floats:
    """Return the match of the pairs of each fold [n] by knots fitted on the other ones."""
    found = np.empty(len(pairs))
    for fold in np.unique(folds):
        out = folds == fold
        # Of a single fold there are no others.
        knots = fitted(pairs.only(~out) if not out.all() else pairs)
        found[out] = matches(knots, pairs.similarities[out])
    return found


def measure(pairs: Pairs, probabilities: Floats) -> Reliability:
    """Compare probabilities with what is true.

    Intervals are of 2,000 bootstrap resamples of the asking tracks: pairs of one are not
    independent.

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
        _by_track(pairs, bins, values)
        for values in (weights, weights * alike, weights * probabilities)
    )
    squares, losses = (
        _by_track(pairs, np.zeros_like(bins), weights * values)
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


def _by_track(pairs: Pairs, bins: IntArray, values: Floats) -> Floats:
    """Return the sum of values of each asking track and bin."""
    tracks = np.unique(pairs.asking, return_inverse=True)[1]
    shape = int(tracks.max()) + 1, int(bins.max()) + 1
    sums = np.bincount(tracks * shape[1] + bins, values, minlength=shape[0] * shape[1])
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
