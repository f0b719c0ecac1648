"""Exact scores: how much tracks sound like a clip, over all their windows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Layout
from index.rows import Rows
from models.types import ClipError, FloatArray

# Numbers held at once: 64 MB, however long the clip and however many the tracks.
_BLOCK = 1 << 24

# Scores closer than this are a tie: float32 products differ by less with the size of the block.
_TIE_DIGITS = 6

# Shorter vectors are zero, but for rounding.
_SHORTEST = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Tracks by number with their similarities, best first.

    Attributes
    ----------
    numbers : np.ndarray [shape=(t,), int64]
    similarities : np.ndarray [shape=(t,), float32]
        In [-1, 1].
    """

    numbers: NDArray[np.int64]
    similarities: FloatArray

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, places: slice | NDArray[np.bool_]) -> Scored:
        """Return the tracks in some of the places."""
        return Scored(self.numbers[places], self.similarities[places])

    def only(self, mask: NDArray[np.bool_] | None) -> Scored:
        """Return those tracks for whose number the mask is set; all without a mask."""
        return self if mask is None else self[mask[self.numbers]]


def unit_rows(vectors: FloatArray, dim: int) -> FloatArray:
    """Return vectors [n, dim] scaled to unit length.

    Raises
    ------
    ClipError
        There are none, or one is of another shape, not finite, or zero.
    """
    rows = np.asarray(vectors, np.float32)
    if rows.ndim != 2 or rows.shape[1] != dim or len(rows) == 0:
        raise ClipError(
            f"The clip's vectors have the shape {rows.shape}, and the index wants (n, {dim}).",
            "Ask with the model the index was made with.",
        )
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    if not ((lengths >= _SHORTEST) & (lengths < np.inf)).all():
        raise ClipError(
            "The model heard nothing in this clip that can be compared.",
            "Try a part of it where there is music.",
        )
    scaled: FloatArray = (rows / lengths).astype(np.float32)
    return scaled


def score_tracks(
    clip: FloatArray, matrix: Rows, layout: Layout, numbers: NDArray[np.int64]
) -> Scored:
    """Score tracks exactly: the mean over the clip's windows of a track's best window.

    Parameters
    ----------
    clip : np.ndarray [shape=(c, dim), float32]
        Windows of the clip, of unit length.
    matrix : Rows [shape=(windows, dim), float32]
        Every window of the catalogue, of unit length.
    layout : Layout
    numbers : np.ndarray [shape=(t,), int64]
        The tracks to score, ascending, each once.

    Returns
    -------
    Scored
        The same tracks, best first; ties go to the lower number.
    """
    counts = layout.count[numbers]
    ends = np.cumsum(counts)
    similarities = np.empty(len(numbers), np.float32)
    budget = max(1, _BLOCK // max(clip.shape))  # products, and rows that have to be gathered
    start = 0
    while start < len(numbers):
        done = ends[start] - counts[start]
        stop = max(start + 1, int(np.searchsorted(ends, done + budget, side="right")))
        rows = gather(matrix, layout.first[numbers[start:stop]], counts[start:stop])
        offsets = ends[start:stop] - counts[start:stop] - done
        best = np.maximum.reduceat(clip @ rows.T, offsets, axis=1)
        similarities[start:stop] = best.sum(axis=0, dtype=np.float64) / len(clip)
        start = stop
    similarities.clip(-1, 1, out=similarities)
    order = np.argsort(-similarities.round(_TIE_DIGITS), kind="stable")
    return Scored(numbers[order], similarities[order])


def nearest_rows(queries: FloatArray, matrix: Rows, count: int) -> NDArray[np.int64]:
    """Return the rows of the largest products with each query, exactly, largest first.

    Parameters
    ----------
    queries : np.ndarray [shape=(q, dim), float32]
    matrix : Rows [shape=(n, dim), float32]
    count : int
        Rows wanted, at least 1; fewer where there are fewer.

    Returns
    -------
    np.ndarray [shape=(q, min(count, n)), int64]
    """
    step = max(1, _BLOCK // max(queries.shape))
    rows = np.zeros((len(queries), 0), np.int64)
    alike = np.zeros((len(queries), 0), np.float32)
    for start in range(0, len(matrix), step):
        block = queries @ matrix[start : start + step].T
        best = _largest(block, count)
        rows = np.hstack([rows, start + best])
        alike = np.hstack([alike, np.take_along_axis(block, best, axis=1)])
        best = _largest(alike, count)
        rows = np.take_along_axis(rows, best, axis=1)
        alike = np.take_along_axis(alike, best, axis=1)
    order = np.argsort(-alike, axis=1, kind="stable")
    return np.take_along_axis(rows, order, axis=1)


def gather(matrix: Rows, first: NDArray[np.int64], counts: NDArray[np.int64]) -> FloatArray:
    """Return the rows of tracks one after the other, without copying where they touch.

    Parameters
    ----------
    matrix : Rows [shape=(n, dim), float32]
    first, counts : np.ndarray [shape=(t,), int64]
        Where each track begins, and how many rows it has; at least one track.
    """
    ends = np.cumsum(counts)
    total, shifts = int(ends[-1]), first - (ends - counts)
    if (shifts == shifts[0]).all():
        return matrix[int(first[0]) : int(first[0]) + total]
    return matrix[np.arange(total) + np.repeat(shifts, counts)]


def _largest(table: FloatArray, count: int) -> NDArray[np.int64]:
    """Return the columns [r, min(count, c)] of the largest numbers in each row, ascending."""
    if table.shape[1] <= count:
        return np.broadcast_to(np.arange(table.shape[1]), table.shape)
    return np.sort(np.argpartition(table, -count, axis=1)[:, -count:], axis=1)
