"""The tasks a model is put to, and its scores in them.

`labels`: every item asks all the others, as one vector each; those that share a label are right.
`same-track`: one half of every track asks the other halves of all of them, as a search asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.types import FloatArray, Windows
from tools.evaluate.bootstrap import SEED, Estimate, draws, interval, mean_estimates
from tools.evaluate.judgements import Judgements
from tools.evaluate.metrics import (
    NOBODY,
    Floats,
    IntArray,
    average_precision,
    expected_average_precision,
    expected_ndcg,
    expected_precision,
    ndcg_at,
    occurrences,
    precision_at,
    rank,
    relevance,
    skewness,
    stratified_folds,
    vote,
    without,
)

FOLDS: Final = 10
NEIGHBOURS: Final = 5
HUB: Final = 10
LABEL_MEASURES: Final = ("P@1", "P@5", "P@10", "MAP", "nDCG@10", "kNN accuracy")
NO_SHARES: Final = ("10-occurrence skewness", "largest hub")
"""The measures that are not shares, which lie in [0, 1]."""

# Products held at once: 64 MB, however long a track and however many there are.
_BLOCK = 1 << 24
_ROUNDING = 1e-3

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Scores:
    """What a model scored in a task.

    Attributes
    ----------
    asked : int
        Queries that the scores are means of.
    measures : mapping of str to Estimate
    """

    asked: int
    measures: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What every item scored by itself when it asked all the others.

    Attributes
    ----------
    values : np.ndarray [shape=(n, 6), float64]
        By item and `LABEL_MEASURES`; without meaning where there was nothing to find.
    asks : np.ndarray [shape=(n,), bool]
        Which items have anything to find.
    neighbours : np.ndarray [shape=(n, 10), int]
        The first answers, NOBODY where there are fewer.
    """

    values: Floats
    asks: NDArray[np.bool_]
    neighbours: IntArray


def clip_vector(windows: Windows) -> FloatArray:
    """Return one vector [dim] for a whole clip: the mean of its windows, of unit length.

    Windows are centred on the model card's mean, so the product of two such vectors is the centred
    cosine. For a clip of one window, of up to 9.6 s, it is the mean over the clip's patches.
    """
    mean = windows.vectors.mean(axis=0, dtype=np.float64)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


def score_labels(
    vectors: FloatArray,
    judged: Judgements,
    *,
    clusters: IntArray | None = None,
    progress: Progress = lambda _done: None,
) -> Scores:
    """Let every item ask all the others, and score the rankings.

    The measures are means over the items that have anything to find: P@1, P@5, P@10, MAP, nDCG@10,
    and the accuracy of a vote of the 5 nearest items of the other parts of a stratified 10-fold
    split. The 10-occurrence, how often an item is among the first ten answers, is counted over all
    items: its skewness, and the largest hub.

    Parameters
    ----------
    vectors : np.ndarray [shape=(n, dim), float32]
        Of unit length, centred: the inner product is the similarity.
    judged : Judgements
        Of the same n items, at least one with something to find.
    clusters : np.ndarray [shape=(n,), int] or None
        Items of one number are not independent: see `mean_estimates`.
    progress : callable
        Told how many items have asked.

    Returns
    -------
    Scores
    """
    measured = measure_labels(vectors, judged, progress=progress)
    asks = measured.asks
    estimates = mean_estimates(measured.values[asks], None if clusters is None else clusters[asks])
    measures = dict(zip(LABEL_MEASURES, estimates, strict=True))
    return Scores(int(asks.sum()), measures | _hubness(measured.neighbours))


def measure_labels(
    vectors: FloatArray, judged: Judgements, *, progress: Progress = lambda _done: None
) -> Measured:
    """Let every item ask all the others, and measure each ranking: see `score_labels`.

    Two models are compared on the same items by the differences of their values, row by row.
    """
    strata = judged.labels.argmax(axis=1).astype(np.int64)
    folds = stratified_folds(strata, FOLDS, SEED)
    values, hubs, asking = [], [], []
    for rows in judged.blocks():
        similarities = vectors[rows] @ vectors.T
        order = rank(similarities, judged.barred(rows))
        found = relevance(order, judged.relevant(rows))
        elsewhere = without(order, folds[rows, np.newaxis] == folds, NEIGHBOURS)
        picked = vote(elsewhere, similarities, judged.labels)
        own = np.take_along_axis(judged.labels[rows], picked[:, np.newaxis], axis=1)[:, 0]
        measured = (
            precision_at(found, 1),
            precision_at(found, 5),
            precision_at(found, 10),
            average_precision(found),
            ndcg_at(found, 10),
            own & (picked != NOBODY),
        )
        values.append(np.stack(measured, axis=1).astype(np.float64))
        hubs.append(order[:, :HUB].copy())  # a view would keep all of every ranking
        asking.append(found.any(axis=1))
        progress(rows.stop)
    return Measured(np.concatenate(values), np.concatenate(asking), np.concatenate(hubs))


def expect_labels(judged: Judgements) -> Mapping[str, float]:
    """Return what a random order scores on average, by measure: those where that can be said."""
    relevant, answers = judged.counts()
    relevant, answers = relevant[relevant > 0], answers[relevant > 0]
    expected = {
        f"P@{count}": expected_precision(relevant, answers, count) for count in (1, 5, 10)
    } | {
        "MAP": expected_average_precision(relevant, answers),
        "nDCG@10": expected_ndcg(relevant, answers, 10),
    }
    return {name: float(values.mean()) for name, values in expected.items()}


def halves(windows: Windows, seconds: float) -> tuple[Windows, Windows] | None:
    """Cut a track in two halves that share no sound; None where it is shorter than two windows.

    Parameters
    ----------
    windows : Windows
    seconds : float
        Length of a window. A window across the middle belongs to neither half.
    """
    middle = (windows.starts[0] + windows.starts[-1] + seconds) / 2
    before = windows.starts + seconds <= middle + _ROUNDING
    after = windows.starts >= middle - _ROUNDING
    if not before.any() or not after.any():
        return None
    return (
        Windows(windows.vectors[before], windows.starts[before]),
        Windows(windows.vectors[after], windows.starts[after]),
    )


def score_same_track(
    tracks: Sequence[tuple[Windows, Windows]], *, progress: Progress = lambda _done: None
) -> Scores:
    """Let each half of every track ask for the other one among those of all tracks.

    Recall@1 is the share of tracks that come out first: when the half asks as a whole, by the mean
    over its windows of a track's best window, as a search scores; and when each of its windows asks
    by itself. Both directions count, and the tracks are what is resampled.

    Parameters
    ----------
    tracks : sequence of (Windows, Windows)
        The halves of each track, two tracks at least.
    progress : callable
        Told how many halves have asked.

    Returns
    -------
    Scores
    """
    values = np.zeros((len(tracks), 2))
    for asking, answering in ((0, 1), (1, 0)):
        matrix = np.concatenate([track[answering].vectors for track in tracks])
        counts = np.array([len(track[answering]) for track in tracks])
        firsts = np.cumsum(counts) - counts
        for number, track in enumerate(tracks):
            best = _best_windows(track[asking].vectors, matrix, firsts)
            whole = best.mean(axis=0).argmax() == number
            values[number] += whole / 2, np.mean(best.argmax(axis=1) == number) / 2
            progress(asking * len(tracks) + number + 1)
    names = ("recall@1, a half asks", "recall@1, a window asks")
    return Scores(2 * len(tracks), dict(zip(names, mean_estimates(values), strict=True)))


def expect_same_track(tracks: int) -> Mapping[str, float]:
    """Return what a random order of so many tracks scores on average, by measure."""
    return dict.fromkeys(("recall@1, a half asks", "recall@1, a window asks"), 1 / tracks)


def _hubness(neighbours: IntArray) -> dict[str, Estimate]:
    items = len(neighbours)
    found = occurrences(neighbours, items)
    resampled = [
        (skewness(counts), float(counts.max()))
        for drawn in draws(items)
        for counts in (occurrences(neighbours, items, weights) for weights in drawn)
    ]
    skew, hub = np.array(resampled).T
    estimates = (
        interval(skewness(found), skew, centred=True),
        interval(float(found.max()), hub, centred=True, bounds=(0, items - 1)),
    )
    return dict(zip(NO_SHARES, estimates, strict=True))


def _best_windows(clip: FloatArray, matrix: FloatArray, firsts: IntArray) -> Floats:
    """Return the similarity [c, tracks] of each window of a clip and each track's best window."""
    step = max(1, _BLOCK // len(matrix))
    blocks = (clip[first : first + step] @ matrix.T for first in range(0, len(clip), step))
    best = [np.maximum.reduceat(block, firsts, axis=1) for block in blocks]
    return np.concatenate(best).astype(np.float64)
