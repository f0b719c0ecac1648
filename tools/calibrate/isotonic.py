"""A curve that never falls, through noisy shares: isotonic regression with a few knots."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

from tools.evaluate.metrics import BoolArray, Floats

Knots = tuple[tuple[float, float], ...]
"""Similarity and match of each, both rising; straight lines between, level beyond."""

MOST_KNOTS: Final = 12

_DIGITS = 4
# Ten pairs are of one clip and hang together, so fewer than 200 in a bin say little; measured with
# three sets of 400 tracks, bins of 100 to 400 were as reliable, and a logistic curve was less so.
_MOST_BINS, _ENOUGH_BINS = 50, 8
_ENOUGH_IN_BIN, _LEAST_IN_BIN = 200.0, 20.0
# As if so many more pairs had been seen in each bin, alike as often as all are: no match is 0 or 1.
_PRIOR_PAIRS = 2.0


def pool_adjacent_violators(values: Floats, weights: Floats) -> Floats:
    """Return the sequence that never falls and is nearest to a given one.

    Nearest in weighted squares. Source: Ayer, Brunk, Ewing, Reid, Silverman, An empirical
    distribution function for sampling with incomplete information, Annals of Mathematical
    Statistics 26(4), 1955.

    Parameters
    ----------
    values, weights : np.ndarray [shape=(n,), float64]
        Weights are above 0.

    Returns
    -------
    np.ndarray [shape=(n,), float64]
    """
    means: list[float] = []
    masses: list[float] = []
    counts: list[int] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        mean, mass, count = value, weight, 1
        while means and means[-1] >= mean:
            before = masses.pop()
            mean = (means.pop() * before + mean * mass) / (before + mass)
            mass += before
            count += counts.pop()
        means.append(mean)
        masses.append(mass)
        counts.append(count)
    return np.repeat(np.array(means, np.float64), counts)


def fit_knots(similarities: Floats, alike: BoolArray, weights: Floats) -> Knots:
    """Fit the probability that a pair is alike as a function of its similarity.

    The pairs are put into up to 50 bins of about the same weight; a bin's share is drawn a little
    towards the share of all. The bins' shares are pooled until none falls, and each pool is one
    knot, in the middle of its pairs (centred isotonic regression: Oron, Flournoy, Statistics in
    Biopharmaceutical Research 9(3), 2017). Of more than 12 knots those go that matter least.

    Parameters
    ----------
    similarities : np.ndarray [shape=(n,), float64]
        In [-1, 1]; at least one pair.
    alike : np.ndarray [shape=(n,), bool]
    weights : np.ndarray [shape=(n,), float64]
        What each pair counts, above 0: 1 for one that is as good as a pair of its own.

    Returns
    -------
    Knots
        2 to 12.
    """
    places, masses, hits = _binned(similarities, alike, weights)
    prior = _PRIOR_PAIRS * float(hits.sum() / masses.sum())
    fitted = pool_adjacent_violators((hits + prior) / (masses + _PRIOR_PAIRS), masses)
    blocks = np.cumsum(np.diff(fitted, prepend=fitted[0]) > 0)
    mass = np.bincount(blocks, masses)
    middles = np.bincount(blocks, masses * places) / mass
    levels = np.bincount(blocks, masses * fitted) / mass
    return _spelt(*_thinned(middles, levels, places, fitted, masses))


def matches(knots: Knots, similarities: Floats) -> Floats:
    """Return the match of every similarity, as a model card with these knots gives it."""
    places, levels = np.array(knots).T
    return np.asarray(np.interp(similarities, places, levels), np.float64)


def _binned(similarities: Floats, alike: BoolArray, weights: Floats) -> tuple[Floats, ...]:
    """Return mean similarity, weight and weight of the pairs that are alike of each bin."""
    order = np.argsort(similarities, kind="stable")
    similarities, alike, weights = similarities[order], alike[order], weights[order]
    total = float(weights.sum())
    size = max(total / _MOST_BINS, min(_ENOUGH_IN_BIN, total / _ENOUGH_BINS), _LEAST_IN_BIN)
    bins = np.floor((np.cumsum(weights) - weights / 2) / size).astype(np.int64)
    # What is left over for the last bin joins the one before, and pairs of one similarity are one.
    bins = np.minimum(bins, max(int(total / size) - 1, 0))
    first = np.concatenate([[True], np.diff(similarities) > 0])
    bins = np.unique(bins[first][np.cumsum(first) - 1], return_inverse=True)[1]
    masses, moments, hits = (
        np.asarray(np.bincount(bins, each), np.float64)
        for each in (weights, weights * similarities, weights * alike)
    )
    return moments / masses, masses, hits


def _thinned(
    middles: Floats, levels: Floats, places: Floats, fitted: Floats, masses: Floats
) -> tuple[Floats, Floats]:
    """Drop the inner knots that change least for the bins, until there are few enough."""
    while len(middles) > MOST_KNOTS:
        losses = [
            float(masses @ (np.interp(places, *_without(middles, levels, knot)) - fitted) ** 2)
            for knot in range(1, len(middles) - 1)
        ]
        middles, levels = _without(middles, levels, 1 + int(np.argmin(losses)))
    return middles, levels


def _without(middles: Floats, levels: Floats, knot: int) -> tuple[Floats, Floats]:
    return np.delete(middles, knot), np.delete(levels, knot)


def _spelt(middles: Floats, levels: Floats) -> Knots:
    """Round the knots for a card, which needs two at least."""
    rounded = [
        (round(float(x), _DIGITS), round(float(y), _DIGITS))
        for x, y in zip(middles, levels, strict=True)
    ]
    knots = rounded[:1] + [after for before, after in pairwise(rounded) if after[0] > before[0]]
    if len(knots) > 1:
        return tuple(knots)
    return (-1.0, knots[0][1]), (1.0, knots[0][1])
