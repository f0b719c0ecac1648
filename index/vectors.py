"""The windows of a segment: every vector in a mapped float32 file, and the graph over them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime  # noqa: F401 - must be loaded before usearch: the other way round crashes
from numpy.typing import NDArray
from usearch.index import Index as Graph
from usearch.index import Matches

from index.damage import damaged, reading
from index.manifest import GraphSettings, Manifest, segment_files
from models.types import FloatArray

# Up to here reading every vector is as quick as the graph, and misses nothing.
EXACT_UP_TO = 20_000

# Vectors further than this from unit length are not what an embedder promises.
UNIT_TOLERANCE = 1e-3

# From so many queries on, all processors share them; fewer are answered before others could start.
_SEVERAL = 8

_GRAPH_BATCH = 4096


class WindowVectors:
    """The vectors of one segment; safe to ask from several threads.

    Parameters
    ----------
    folder : Path
        A generation whose files were verified: a damaged mapped file ends the process.
    manifest : Manifest
    number : int
        Which segment, from 0.

    Attributes
    ----------
    matrix : np.ndarray [shape=(windows, dim), float32]
        Every window, of unit length; read from the disk as it is used.
    """

    def __init__(self, folder: Path, manifest: Manifest, number: int = 0) -> None:
        vectors, graph = (folder / name for name in segment_files(number))
        shape = (manifest.segments[number].windows, manifest.stamp.dim)
        with reading(vectors):
            # As a plain array, which is read a good deal quicker than the class of mapped ones.
            self.matrix: FloatArray = np.asarray(np.memmap(vectors, "<f4", "r", shape=shape))
        self._graph = _view_graph(graph, manifest, shape[0])
        self._lock = threading.Lock()

    def nearest(self, queries: FloatArray, count: int) -> list[NDArray[np.int64]]:
        """Return about the `count` nearest rows of each query, nearest first.

        Parameters
        ----------
        queries : np.ndarray [shape=(q, dim), float32]
            Of unit length.
        count : int
            At least 1.
        """
        wanted = min(count, len(self.matrix))
        with self._lock:  # two callers would share the graph's scratch memory
            found = self._graph.search(queries, wanted, threads=1 if len(queries) < _SEVERAL else 0)
        if isinstance(found, Matches):  # of one query
            return [found.keys.astype(np.int64)]
        keys = found.keys.astype(np.int64)
        return [row[:many] for row, many in zip(keys, found.counts.tolist(), strict=True)]

    def close(self) -> None:
        """Let go of both files."""
        with self._lock:
            self._graph.reset()  # type: ignore[no-untyped-call]  # usearch left it untyped


def empty_graph(dim: int, settings: GraphSettings) -> Graph:
    """Return a graph without vectors; keys are never looked up, so their table is left out."""
    return Graph(
        ndim=dim,
        metric=settings.metric,
        dtype=settings.dtype,
        connectivity=settings.connectivity,
        expansion_add=settings.expansion_add,
        expansion_search=settings.expansion_search,
        enable_key_lookups=False,
    )


def build_graph(
    matrix: FloatArray,
    path: Path,
    settings: GraphSettings,
    progress: Callable[[int, int], None],
) -> None:
    """Write the graph over all rows; the same rows give the same bytes.

    Parameters
    ----------
    matrix : np.ndarray [shape=(windows, dim), float32]
    path : Path
    settings : GraphSettings
    progress : callable
        Called with the windows done and those there are.
    """
    graph = empty_graph(matrix.shape[1], settings)
    for start in range(0, len(matrix), _GRAPH_BATCH):
        rows = np.ascontiguousarray(matrix[start : start + _GRAPH_BATCH])
        keys = np.arange(start, start + len(rows), dtype=np.uint64)
        graph.add(keys, rows, threads=1)  # two threads would race for places in the graph
        progress(start + len(rows), len(matrix))
    try:
        graph.save(path)
    except RuntimeError as error:  # how usearch speaks of a full disk
        raise OSError(f"the graph: {error}") from error


def _view_graph(path: Path, manifest: Manifest, windows: int) -> Graph:
    graph = empty_graph(manifest.stamp.dim, manifest.graph)
    try:
        graph.view(path)
    except RuntimeError as error:
        raise damaged(path, "is not a graph this usearch reads") from error
    if len(graph) != windows or graph.ndim != manifest.stamp.dim:
        raise damaged(path, "does not belong to the vectors beside it")
    return graph
