"""Searching: whole rankings by an index, its graph, and reading every vector."""

from __future__ import annotations

import importlib
import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from index.manifest import GRAPH, VECTORS
from index.opened import open_index
from index.vectors import WindowVectors
from models.types import FloatArray, ModelStamp, SearchOptions
from tools.bench.made_up import build_made_up, query_near
from tools.bench.measure import Report, Row, timed

SIZES = (2_000, 20_000, 60_000)
NEIGHBOURS = 10
_REPEATS = 200
_QUERIES = 50

Nearest = Callable[[FloatArray], Any]


def reports(stamp: ModelStamp) -> Iterator[Report]:
    """Time searches in made-up indexes of several sizes, one clip window at a time."""
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            yield _report(Path(folder) / "index", size, stamp)


def _report(directory: Path, size: int, stamp: ModelStamp) -> Report:
    rows = build_made_up(directory, size, stamp)
    queries = [query_near(rows, seed) for seed in range(_QUERIES)]
    windows = [query.windows.vectors[:1] for query in queries]
    with open_index(directory) as index:
        asked = itertools.cycle(queries)
        ranking = timed(
            "a whole ranking of a 15 s clip",
            lambda: index.search(next(asked), SearchOptions()),
            _REPEATS,
            note="candidates, exact scores, cuts, titles",
        )
        folder = directory / index.generation
        vectors = WindowVectors(folder, index.manifest)
        try:
            held = sum((folder / name).stat().st_size for name in (GRAPH, VECTORS)) / size
            peers = [
                _row("the graph", lambda q: vectors.nearest(q, NEIGHBOURS), rows, windows),
                _row("NumPy, every vector", lambda q: _exact(rows, q[0]), rows, windows),
                *_hnswlib(rows, windows),
                *_faiss(rows, windows),
            ]
        finally:
            vectors.close()
    title = f"Search among {size:,} windows of {rows.shape[1]} numbers ({held:.0f} bytes each)"
    return Report(title, [*peers, ranking])


def _row(what: str, nearest: Nearest, rows: FloatArray, windows: list[FloatArray]) -> Row:
    found = [set(np.ravel(nearest(query)).tolist()) for query in windows]
    right = [set(_exact(rows, query[0]).tolist()) for query in windows]
    recall = sum(len(f & r) for f, r in zip(found, right, strict=True)) / NEIGHBOURS / len(windows)
    asked = itertools.cycle(windows)
    note = f"{NEIGHBOURS} nearest of one window, recall {recall:.3f}"
    return timed(what, lambda: nearest(next(asked)), _REPEATS, note=note)


def _exact(rows: FloatArray, query: FloatArray) -> Any:
    return np.argpartition(rows @ query, -NEIGHBOURS)[-NEIGHBOURS:]


def _hnswlib(rows: FloatArray, windows: list[FloatArray]) -> Iterator[Row]:
    peer = _peer("hnswlib")
    if peer is None:
        yield Row("hnswlib", note="not installed")
        return
    graph = peer.Index("ip", rows.shape[1])
    graph.init_index(len(rows), M=16, ef_construction=128)
    graph.add_items(rows)
    graph.set_ef(128)
    yield _row("hnswlib", lambda q: graph.knn_query(q, NEIGHBOURS)[0], rows, windows)


def _faiss(rows: FloatArray, windows: list[FloatArray]) -> Iterator[Row]:
    peer = _peer("faiss")
    if peer is None:
        yield Row("faiss", note="not installed")
        return
    graph = peer.IndexHNSWFlat(rows.shape[1], 16, peer.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = graph.hnsw.efSearch = 128
    graph.add(rows)
    yield _row("faiss", lambda q: graph.search(q, NEIGHBOURS)[1], rows, windows)


def _peer(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        return None
