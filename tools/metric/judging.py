"""Judging vectors by genre: held-out segments ask those that a metric was fitted on."""

from __future__ import annotations

from typing import Final

import numpy as np

from models.types import FloatArray
from tools.evaluate.bootstrap import Estimate, draws, interval, mean_estimates
from tools.evaluate.metrics import (
    Floats,
    IntArray,
    average_precision,
    occurrences,
    precision_at,
    rank,
    relevance,
    skewness,
)
from tools.evaluate.tasks import HUB, NO_SHARES, Measured, Scores
from tools.metric.material import Material

MEASURES: Final = ("P@1", "P@10", "MAP")


def measure(
    asking: Material, answering: Material, vectors: tuple[FloatArray, FloatArray] | None = None
) -> Measured:
    """Let segments ask others, and measure each ranking; a genre in common makes an answer right.

    Parameters
    ----------
    asking, answering : Material
        With the same genres.
    vectors : (np.ndarray, np.ndarray) or None
        What to compare, of unit length: a vector for each that asks, one for each that answers;
        None for those of the material.

    Returns
    -------
    Measured
        Of each that asks: `MEASURES`, whether there is anything to find, the first ten answers.
    """
    ours, theirs = vectors or (asking.vectors, answering.vectors)
    none_barred = np.zeros((len(asking), len(answering)), bool)
    order = rank(ours @ theirs.T, none_barred)
    shared = asking.labels.astype(np.float32) @ answering.labels.T.astype(np.float32)
    found = relevance(order, shared > 0)
    values = (precision_at(found, 1), precision_at(found, 10), average_precision(found))
    return Measured(np.stack(values, axis=1), np.asarray(found.any(axis=1)), order[:, :HUB])


def score(measured: Measured, asking: Material, answering: Material) -> Scores:
    """Return the means with their 95 % intervals, and how uneven the answers are spread.

    Segments of one video are drawn together. Arguments as `measure` takes and returns them.
    """
    asks = measured.asks
    estimates = mean_estimates(measured.values[asks], _videos(asking)[asks])
    measures = dict(zip(MEASURES, estimates, strict=True))
    return Scores(int(asks.sum()), measures | _hubness(measured.neighbours, len(answering)))


def gain(better: Measured, than: Measured, asking: Material) -> dict[str, Estimate]:
    """Return how much better one is than another by `MEASURES`, query by query."""
    asks = better.asks
    estimates = mean_estimates((better.values - than.values)[asks], _videos(asking)[asks])
    return dict(zip(MEASURES, estimates, strict=True))


def chance(asking: Material, answering: Material) -> dict[str, float]:
    """Return what a random order scores on average, where that is easily said."""
    shared = asking.labels.astype(np.float32) @ answering.labels.T.astype(np.float32) > 0
    share = float(shared[shared.any(axis=1)].mean())
    return {"P@1": share, "P@10": share}


def _videos(material: Material) -> IntArray:
    return np.unique(material.videos, return_inverse=True)[1].astype(np.int64)


def _hubness(neighbours: IntArray, items: int) -> dict[str, Estimate]:
    found = occurrences(neighbours, items)
    drawn = [
        _uneven(occurrences(neighbours, items, weights))
        for block in draws(len(neighbours))
        for weights in block
    ]
    pairs = zip(_uneven(found), np.array(drawn).T, (False, True), strict=True)
    bounds = (-np.inf, np.inf), (0.0, float(len(neighbours)))
    estimates = (
        interval(value, resampled, centred=True, bounds=bounds[whole])
        for value, resampled, whole in pairs
    )
    return dict(zip(NO_SHARES, estimates, strict=True))


def _uneven(counts: IntArray) -> Floats:
    return np.array([skewness(counts), counts.max()])
