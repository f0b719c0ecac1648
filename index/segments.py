"""The windows of a generation: those of all its segments, put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Layout
from index.manifest import Manifest, Segment
from index.protocols import VectorIndex
from index.rows import JoinedRows, Rows
from index.scoring import nearest_rows
from index.vectors import EXACT_UP_TO, WindowVectors
from models.types import FloatArray


def open_vectors(folder: Path, manifest: Manifest, layout: Layout) -> tuple[VectorIndex, Layout]:
    """Open every segment of a generation; return the whole, and where the tracks lie in it.

    Parameters
    ----------
    folder : Path
        A generation whose files were verified: a damaged mapped file ends the process.
    manifest : Manifest
    layout : Layout
        Where the tracks lie in the segments, as the catalogue says.

    Raises
    ------
    CatalogueError
        A file is not what the manifest says.
    """
    whole = open_segments(folder, manifest)
    if manifest.windows > EXACT_UP_TO or _in_order(layout, manifest):
        return whole, layout
    try:
        ordered = InMemory(_put_in_order(whole.matrix, layout))
    finally:
        whole.close()
    return ordered, Layout(np.cumsum(layout.count) - layout.count, layout.count)


def open_segments(folder: Path, manifest: Manifest) -> VectorIndex:
    """Open every segment, as they lie on the disk; raises as `open_vectors` does."""
    parts: list[WindowVectors] = []
    with ExitStack() as opened:
        for number in range(len(manifest.segments)):
            parts.append(WindowVectors(folder, manifest, number))
            opened.callback(parts[-1].close)
        opened.pop_all()
    return parts[0] if len(parts) == 1 else JoinedVectors(parts, manifest.segments)


class JoinedVectors:
    """Several segments as one; rows count on from one to the next.

    Parameters
    ----------
    parts : sequence of WindowVectors
    segments : sequence of Segment
        What each of them holds.
    """

    def __init__(self, parts: Sequence[WindowVectors], segments: Sequence[Segment]) -> None:
        self.matrix = JoinedRows([part.matrix for part in parts])
        self._parts = parts
        self._segments = segments

    def nearest(self, queries: FloatArray, count: int) -> list[NDArray[np.int64]]:
        """Return the nearest rows of every segment: all that are nearest, and some more."""
        found: list[list[NDArray[np.int64]]] = []
        first = 0
        for part, segment in zip(self._parts, self._segments, strict=True):
            # Rows that no track owns any more take up places among the nearest.
            wanted = -(-count * segment.windows // max(segment.live, 1))
            nearest = part.nearest(queries, wanted)
            found.append([first + rows for rows in nearest])
            first += segment.windows
        return [np.concatenate(rows) for rows in zip(*found, strict=True)]

    def close(self) -> None:
        """Let go of every segment's files."""
        _close(self._parts)


class InMemory:
    """A few windows that are held in memory, and read whole.

    Parameters
    ----------
    matrix : np.ndarray [shape=(windows, dim), float32]
    """

    def __init__(self, matrix: FloatArray) -> None:
        self.matrix = matrix

    def nearest(self, queries: FloatArray, count: int) -> list[NDArray[np.int64]]:
        """Return the `count` nearest rows of each query, nearest first."""
        return list(nearest_rows(queries, self.matrix, count))

    def close(self) -> None:
        """There is no file to let go of."""


def _in_order(layout: Layout, manifest: Manifest) -> bool:
    """Whether the tracks lie one after the other by number, and nothing else does."""
    only_live = all(segment.live == segment.windows for segment in manifest.segments)
    return len(manifest.segments) == 1 and only_live and bool((np.diff(layout.first) > 0).all())


def _put_in_order(matrix: Rows, layout: Layout) -> FloatArray:
    offsets = np.cumsum(layout.count) - layout.count
    within = np.arange(int(layout.count.sum())) - np.repeat(offsets, layout.count)
    return matrix[np.repeat(layout.first, layout.count) + within]


def _close(parts: Iterable[WindowVectors]) -> None:
    for part in parts:
        part.close()
