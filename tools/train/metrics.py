"""How well vectors find their like: leave-one-out retrieval, as pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Scores:
    """Leave-one-out scores of a set of labelled vectors, each in [0, 1].

    Attributes
    ----------
    p1, p5 : float
        Mean share of the first 1 and 5 answers with the asker's label.
    map : float
        Mean average precision over the whole ranking.
    """

    p1: float
    p5: float
    map: float


@dataclass(frozen=True, slots=True)
class Report:
    """Scores by model and test set, and what a random order would score.

    Attributes
    ----------
    scores : Mapping
        Model name, then test set name, to `Scores`.
    chance : Mapping
        Test set name to the expected precision of a random order.
    """

    scores: Mapping[str, Mapping[str, Scores]]
    chance: Mapping[str, float]


def score(
    vectors: NDArray[np.floating], labels: Sequence[str], mean: NDArray[np.floating]
) -> Scores:
    """Score vectors by centred cosine, each asking all the others.

    Parameters
    ----------
    vectors : NDArray[np.floating]
        Shape (n, d).
    labels : Sequence of str
        One for each vector; a vector whose label nobody shares asks nothing.
    mean : NDArray[np.floating]
        Shape (d,), subtracted from every vector.

    Returns
    -------
    Scores
    """
    found = relevance(vectors - mean, labels)
    return Scores(precision_at(found, 1), precision_at(found, 5), mean_average_precision(found))


def relevance(vectors: NDArray[np.floating], labels: Sequence[str]) -> NDArray[np.bool_]:
    """Rank all other vectors by cosine for each that has a like.

    Parameters
    ----------
    vectors : NDArray[np.floating]
        Shape (n, d).
    labels : Sequence of str

    Returns
    -------
    NDArray[np.bool_]
        Shape (askers, n − 1), best answer first: whether it has the asker's label.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, np.inf)
    order = np.argsort(-cosines, axis=1, kind="stable")[:, 1:]
    names = np.asarray(labels)
    found = names[order] == names[:, np.newaxis]
    return np.asarray(found[found.any(axis=1)])


def precision_at(found: NDArray[np.bool_], count: int) -> float:
    """Return the mean share of the first `count` answers that are relevant."""
    return float(found[:, :count].mean())


def mean_average_precision(found: NDArray[np.bool_]) -> float:
    """Return the mean over askers of the mean precision at each relevant answer."""
    ranks = np.arange(1, found.shape[1] + 1)
    precision = np.cumsum(found, axis=1) / ranks
    return float(np.mean((precision * found).sum(axis=1) / found.sum(axis=1)))


def chance(labels: Sequence[str]) -> float:
    """Return the precision that a random order has on average."""
    _, places, counts = np.unique(np.asarray(labels), return_inverse=True, return_counts=True)
    likes = counts[places] - 1
    return float(likes[likes > 0].mean() / (len(labels) - 1))
