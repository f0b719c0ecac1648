"""A close look finds what checksums cannot: a generation that was published wrong."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.checksums import file_sum
from index.generations import live_generation, read_manifest
from index.manifest import FILES, MANIFEST, VECTORS
from index.opened import open_index
from index.verify import GenerationInfo, describe_index, verify_index
from models.types import CatalogueError
from tests.index.making import STAMP, build, random_track


@pytest.fixture
def directory(tmp_path: Path, rng: np.random.Generator) -> Path:
    build(tmp_path, [random_track(f"track{n}", rng, windows=n + 1) for n in range(5)])
    return tmp_path


def publish_again(directory: Path, **changes: object) -> None:
    """Sum the files anew, as a builder with a mistake would have."""
    folder = live_generation(directory)
    files = {name: file_sum(folder / name) for name in FILES}
    manifest = replace(read_manifest(folder), files=files, **changes)
    (folder / MANIFEST).write_text(manifest.to_json())


def change_catalogue(directory: Path, statement: str) -> None:
    path = live_generation(directory) / "catalogue.sqlite"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)


def test_a_description_counts(directory: Path) -> None:
    info = describe_index(directory)
    assert (info.tracks, info.windows, info.left_out, info.segments) == (5, 15, 0, 1)
    assert info.generations == [GenerationInfo("generation-000001", info.created, 5, 15, live=True)]
    assert info.stamp == STAMP
    assert info.seconds == pytest.approx(4.8 * (15 + 5))
    folder = live_generation(directory)
    assert info.size == sum((folder / name).stat().st_size for name in FILES)


def test_no_index_is_said_so(tmp_path: Path) -> None:
    for look in (describe_index, verify_index):
        with pytest.raises(CatalogueError, match="There is no index"):
            look(tmp_path)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, 3.0])
def test_a_vector_that_is_no_direction(directory: Path, value: float) -> None:
    path = live_generation(directory) / VECTORS
    matrix = np.fromfile(path, np.float32).reshape(-1, STAMP.dim)
    matrix[7] = value
    matrix.tofile(path)
    publish_again(directory)
    assert [problem.split(": ")[1] for problem in verify_index(directory)] == [
        "row 7 is not a vector of unit length."
    ]


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE tracks SET first = first + 1 WHERE number = 3", "overlap or lie outside"),
        ("UPDATE tracks SET first = first + 1 WHERE number = 4", "overlap or lie outside"),
        ("UPDATE tracks SET first = -1 WHERE number = 0", "overlap or lie outside"),
        ("UPDATE tracks SET first = 99 WHERE number = 4", "overlap or lie outside"),
        ("UPDATE tracks SET count = 0 WHERE number = 3", "overlap or lie outside"),
        ("DELETE FROM tracks WHERE number = 4", "holds 4 tracks instead of 5"),
        ("DELETE FROM tracks WHERE number = 4", "have 10 windows instead of 15"),
        ("UPDATE tracks SET starts = x'00000000' WHERE number = 2", "number 2 does not say"),
        ("UPDATE tracks SET starts = zeroblob(12) WHERE number = 2", "number 2 does not say"),
        ("UPDATE tracks SET source = 'nowhere' WHERE number = 2", "1 of the tracks have no file"),
        ("UPDATE tracks SET first = first + 1 WHERE number = 3", "by row or by name"),
        ("UPDATE titles SET number = 9 WHERE number = 3", "by row or by name"),
        ("DELETE FROM facets WHERE kind = 'source'", "by row or by name"),
        ("PRAGMA user_version = 0", "no catalogue that this version reads"),
        ("PRAGMA user_version = 9", "made by a newer Soundalike"),
    ],
)
def test_a_catalogue_that_contradicts_itself(
    directory: Path, statement: str, sentence: str
) -> None:
    change_catalogue(directory, statement)
    publish_again(directory)
    assert any(sentence in problem for problem in verify_index(directory))


def test_a_graph_of_other_vectors(
    directory: Path, tmp_path: Path, rng: np.random.Generator
) -> None:
    build(tmp_path / "other", [random_track("other", rng, windows=14)])
    graph = (live_generation(tmp_path / "other") / "windows.usearch").read_bytes()
    (live_generation(directory) / "windows.usearch").write_bytes(graph)
    publish_again(directory)
    assert any("does not belong" in problem for problem in verify_index(directory))
    with pytest.raises(CatalogueError, match="does not belong"):
        open_index(directory)


def test_counts_that_are_wrong(directory: Path) -> None:
    publish_again(directory, tracks=4)
    assert verify_index(directory) == ["The catalogue holds 5 tracks instead of 4."]
