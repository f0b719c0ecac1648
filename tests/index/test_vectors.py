"""The graph: the same bytes for the same vectors, near neighbours, nothing half written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.generations import live_generation, read_manifest
from index.manifest import GraphSettings, Segment
from index.vectors import WindowVectors, build_graph
from models.types import CatalogueError
from tests.index.making import STAMP, build, random_track, unit


def no_progress(_done: int, _all: int) -> None:
    """Show nothing."""


def test_the_same_vectors_give_the_same_bytes(tmp_path: Path, rng: np.random.Generator) -> None:
    matrix = unit(rng.normal(size=(6000, 16)))
    for name in ("one", "other"):
        build_graph(matrix, tmp_path / name, GraphSettings(), no_progress)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_nearly_all_of_the_nearest_are_found(tmp_path: Path, rng: np.random.Generator) -> None:
    build(tmp_path, [random_track(f"t{n}", rng, windows=50) for n in range(100)])
    folder = live_generation(tmp_path)
    vectors = WindowVectors(folder, read_manifest(folder))
    asked = unit(rng.normal(size=(20, STAMP.dim)))
    nearest = np.argsort(-(asked @ vectors.matrix.T), axis=1)[:, :40]
    found = [
        len(np.intersect1d(vectors.nearest(q[None], 40)[0], n))
        for q, n in zip(asked, nearest, strict=True)
    ]
    together = vectors.nearest(asked, 40)
    (everything,) = vectors.nearest(asked[:1], 10_000)
    alike = [asked[n] @ vectors.matrix[rows].T for n, rows in enumerate(together)]
    vectors.close()
    assert np.mean(found) / 40 > 0.99
    assert [len(rows) for rows in together] == [40] * 20
    assert all((np.diff(one) < 1e-3).all() for one in alike)
    assert 4900 < len(everything) <= 5000


def test_the_vectors_cannot_be_written_to(tmp_path: Path, rng: np.random.Generator) -> None:
    build(tmp_path, [random_track("one", rng)])
    folder = live_generation(tmp_path)
    vectors = WindowVectors(folder, read_manifest(folder))
    with pytest.raises(ValueError, match="read-only"):
        vectors.matrix[0] = 0
    vectors.close()


def test_a_graph_of_another_size_is_refused(tmp_path: Path, rng: np.random.Generator) -> None:
    build(tmp_path, [random_track("one", rng, windows=4)])
    folder = live_generation(tmp_path)
    with pytest.raises(CatalogueError, match="does not belong"):
        WindowVectors(folder, replace(read_manifest(folder), windows=3, segments=(Segment(3, 3),)))
    (folder / "windows.usearch").write_bytes(b"no graph at all")
    with pytest.raises(CatalogueError, match="not a graph"):
        WindowVectors(folder, read_manifest(folder))


def test_a_full_disk_is_an_ordinary_error(rng: np.random.Generator) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("only Linux has a disk that is always full")
    with pytest.raises(OSError, match="the graph"):
        build_graph(unit(rng.normal(size=(5000, 64))), full, GraphSettings(), no_progress)
