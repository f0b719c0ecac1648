"""Graphs and trees that find near vectors, ours and others, all asked in the same way."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from index.manifest import GraphSettings
from index.vectors import build_graph, empty_graph
from models.types import FloatArray

NEIGHBOURS: Final = 10

# The same for every graph: links of a vector, and how widely they are looked for.
CONNECTIVITY: Final = GraphSettings().connectivity
EXPANSION: Final = GraphSettings().expansion_add
EFFORTS: Final = (16, 24, 32, 40, 48, 64, 96, 128, 192, 256, 384, 512)

TREES: Final = 50
NODES: Final = (500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)

# Numbers of 16 and 8 bits are only near the truth: so many times what is wanted is asked for, and
# weighed in float32, as a search does it.
OVER_FETCH: Final = 4

Ids = NDArray[np.integer[Any]]
Search = Callable[[FloatArray, int, int], Ids]
"""The rows about nearest to a vector [dim]: so many, with so much effort."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A way to find near vectors.

    Attributes
    ----------
    what : str
    file : str
        Name of the file it is written into.
    module : str
        What has to be installed for it.
    build : callable or None
        Writes the structure over rows [n, dim] of unit length into a file; None where there is
        none to write.
    open : callable
        Opens that file, given the rows too, and returns how it is asked.
    efforts : tuple of int
        What to try until it finds enough.
    unit : str
        What they are of.
    """

    what: str
    file: str
    module: str
    build: Callable[[FloatArray, Path], None] | None
    open: Callable[[Path, FloatArray], Search]
    efforts: tuple[int, ...] = EFFORTS
    unit: str = "ef"

    def is_installed(self) -> bool:
        """Whether it can be used here."""
        try:
            importlib.import_module(self.module)
        except ImportError:
            return False
        return True


def peers(graph: Path | None, *, every_type: bool) -> list[Peer]:
    """Return ours, with numbers of fewer bits and maybe as they are, and the others.

    Parameters
    ----------
    graph : Path or None
        Our graph over all the rows, as `index.vectors.build_graph` writes it, if there is one.
    every_type : bool
        Whether to try types of numbers that were found not to be worth it, too.
    """
    types = ("f16", "bf16", "i8", "f32") if every_type else ("f16", "bf16")
    return [
        *(_usearch(dtype, graph) for dtype in types),
        Peer("hnswlib", "hnswlib", "hnswlib", _build_hnswlib, _open_hnswlib),
        Peer("faiss HNSW", "faiss", "faiss", _build_faiss, _open_faiss),
        Peer("voyager", "voyager", "voyager", _build_voyager, _open_voyager),
        Peer(f"annoy, {TREES} trees", "annoy", "annoy", _build_annoy, _open_annoy, NODES, "nodes"),
        Peer("NumPy, every vector", "", "numpy", None, _open_rows, (0,), ""),
    ]


def _usearch(dtype: str, graph: Path | None) -> Peer:
    settings = GraphSettings(dtype=dtype)
    over = 1 if dtype == "f32" else OVER_FETCH

    def build(rows: FloatArray, path: Path) -> None:
        if graph is not None and settings == GraphSettings():
            path.symlink_to(graph.absolute())
        else:
            build_graph(rows, path, settings, lambda _done, _all: None)

    def open_graph(path: Path, rows: FloatArray) -> Search:
        viewed = empty_graph(rows.shape[1], settings)
        viewed.view(path)

        def search(query: FloatArray, count: int, effort: int) -> Ids:
            viewed.expansion_search = effort  # type: ignore[misc]  # its setter is untyped
            found = np.asarray(viewed.search(query, over * count, threads=1).keys.astype(np.int64))
            if over == 1:
                return found
            return np.asarray(found[np.argsort(-(rows[found] @ query))[:count]])

        return search

    efforts = tuple(effort for effort in EFFORTS if effort >= over * NEIGHBOURS)
    what = f"usearch {dtype}" if over == 1 else f"usearch {dtype}, weighed in float32"
    return Peer(what, f"usearch-{dtype}", "usearch", build, open_graph, efforts)


def _build_hnswlib(rows: FloatArray, path: Path) -> None:
    graph = _module("hnswlib").Index("ip", rows.shape[1])
    graph.init_index(len(rows), M=CONNECTIVITY, ef_construction=EXPANSION)
    graph.add_items(rows)
    graph.save_index(str(path))


def _open_hnswlib(path: Path, rows: FloatArray) -> Search:
    graph = _module("hnswlib").Index("ip", rows.shape[1])
    graph.load_index(str(path), len(rows))
    graph.set_num_threads(1)

    def search(query: FloatArray, count: int, effort: int) -> Ids:
        graph.set_ef(effort)
        return np.asarray(graph.knn_query(query, count)[0][0])

    return search


def _build_faiss(rows: FloatArray, path: Path) -> None:
    faiss = _module("faiss")
    graph = faiss.IndexHNSWFlat(rows.shape[1], CONNECTIVITY, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = EXPANSION
    graph.add(rows)
    faiss.write_index(graph, str(path))


def _open_faiss(path: Path, _rows: FloatArray) -> Search:
    faiss = _module("faiss")
    graph = faiss.read_index(str(path))

    def search(query: FloatArray, count: int, effort: int) -> Ids:
        graph.hnsw.efSearch = effort
        return np.asarray(graph.search(query[np.newaxis], count)[1][0])

    return search


def _build_voyager(rows: FloatArray, path: Path) -> None:
    voyager = _module("voyager")
    graph = voyager.Index(
        voyager.Space.InnerProduct, rows.shape[1], M=CONNECTIVITY, ef_construction=EXPANSION
    )
    graph.add_items(rows)
    graph.save(str(path))


def _open_voyager(path: Path, _rows: FloatArray) -> Search:
    graph = _module("voyager").Index.load(str(path))

    def search(query: FloatArray, count: int, effort: int) -> Ids:
        return np.asarray(graph.query(query, count, num_threads=1, query_ef=max(effort, count))[0])

    return search


def _build_annoy(rows: FloatArray, path: Path) -> None:
    trees = _module("annoy").AnnoyIndex(rows.shape[1], "angular")
    trees.set_seed(1)
    for number, row in enumerate(rows):
        trees.add_item(number, row)
    trees.build(TREES)
    trees.save(str(path))


def _open_annoy(path: Path, rows: FloatArray) -> Search:
    trees = _module("annoy").AnnoyIndex(rows.shape[1], "angular")
    trees.load(str(path))

    def search(query: FloatArray, count: int, effort: int) -> Ids:
        return np.asarray(trees.get_nns_by_vector(query, count, effort))

    return search


def _open_rows(_path: Path, rows: FloatArray) -> Search:
    def search(query: FloatArray, count: int, _effort: int) -> Ids:
        return np.argpartition(rows @ query, -count)[-count:]

    return search


def _module(name: str) -> Any:
    return importlib.import_module(name)
