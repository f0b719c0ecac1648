"""Catalogues of an older schema are read, and what is published next is in today's."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.builder import IndexBuilder
from index.checksums import file_sum
from index.generations import live_generation, read_manifest
from index.manifest import CATALOGUE, MANIFEST
from index.opened import open_index
from index.schema import SCHEMA_VERSION, open_catalogue, schema_of
from index.verify import describe_index, verify_index
from models.types import CatalogueError, SearchOptions
from tests.index.making import STAMP, build, make_query, make_track

# As the first version wrote it.
FIRST = """
CREATE TABLE files (
    source TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, id TEXT,
    left_out TEXT, title TEXT, artist TEXT, album TEXT, artist_known INTEGER, seconds REAL,
    labels TEXT, url TEXT, path TEXT
) WITHOUT ROWID;
CREATE TABLE tracks (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL,
    first INTEGER NOT NULL, count INTEGER NOT NULL, starts BLOB NOT NULL
);
INSERT INTO files SELECT source, size, mtime_ns, id, left_out, title, artist, album, artist_known,
    seconds, labels, url, path FROM today.files;
"""
FIRST_TRACKS = "INSERT INTO tracks SELECT * FROM today.tracks;"

TRACKS = [
    make_track("bell", np.eye(2, 8), title="Bell", artist="Ann", labels=("Jazz", "Live")),
    make_track("drum", np.eye(3, 8), title="Ice drum", labels=("Jazz",)),
]


def as_first(path: Path, *, tracks: str = FIRST_TRACKS, version: int = 1) -> None:
    """Write a catalogue, or what a build has done so far, as the first version did."""
    old = path.with_suffix(".old")
    with closing(sqlite3.connect(old)) as database:
        database.execute("ATTACH ? AS today", [str(path)])
        database.executescript(FIRST + tracks + f"PRAGMA user_version = {version};")
    old.replace(path)


def as_second(path: Path) -> None:
    """Change a catalogue into what the second version wrote: its layout is in int64."""
    with closing(sqlite3.connect(path)) as database, database:
        places = database.execute("SELECT first, count FROM tracks ORDER BY number").fetchall()
        columns = [np.array(column, "<i8").tobytes() for column in zip(*places, strict=True)]
        database.execute("UPDATE layout SET first = ?, count = ?", columns)
        database.execute("PRAGMA user_version = 2")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return an index that the first version published."""
    return published(tmp_path / "index", as_first)


def published(directory: Path, older: Callable[[Path], None]) -> Path:
    """Return an index that an older version published."""
    build(directory, TRACKS)
    folder = live_generation(directory)
    older(folder / CATALOGUE)
    manifest = read_manifest(folder)
    files = {**manifest.files, CATALOGUE: file_sum(folder / CATALOGUE)}
    (folder / MANIFEST).write_text(replace(manifest, files=files).to_json())
    return directory


def schema(directory: Path) -> int:
    with closing(sqlite3.connect(live_generation(directory) / CATALOGUE)) as database:
        return schema_of(database)


def test_an_older_catalogue_knows_all_that_a_new_one_does(directory: Path) -> None:
    before = (live_generation(directory) / CATALOGUE).read_bytes()
    with open_index(directory) as index:
        assert [track.id for track in index.complete("ice")] == ["drum"]
        assert index.labels() == (("Jazz", 2), ("Live", 1))
        assert index.find("bell") == TRACKS[0].track
        assert len(index.search(make_query(-np.eye(1, 8)), SearchOptions()).results) == 2
    assert verify_index(directory) == []
    assert describe_index(directory).tracks == 2
    assert (live_generation(directory) / CATALOGUE).read_bytes() == before
    assert schema(directory) == 1


def test_the_layout_of_the_second_version_is_read(tmp_path: Path) -> None:
    directory = published(tmp_path / "index", as_second)
    with open_index(directory) as index:
        assert [len(windows.vectors) for _, windows in index.contents()] == [2, 3]
        near = make_query(0.8 * np.eye(8)[2:3] + 0.6 * np.eye(8)[5:6])
        (best, *_) = index.search(near, SearchOptions()).results
    assert best.track == TRACKS[1].track
    assert verify_index(directory) == []
    assert schema(directory) == 2


def test_what_is_published_after_it_is_in_todays_schema(directory: Path) -> None:
    more = make_track("horn", np.eye(1, 8), labels=("Brass",), source="audioset", library="7")
    with IndexBuilder(directory, STAMP) as builder:
        assert builder.done("/music/bell.ogg", 1000, 1)
        builder.add(more, "/music/horn.ogg", 1000, 1)
        builder.publish()
    with open_index(directory) as index:
        tracks = [track for track, _ in index.contents()]
    assert tracks == [*(one.track for one in TRACKS), more.track]
    assert schema(directory) == SCHEMA_VERSION


def test_a_build_begun_by_an_older_version_is_carried_on(tmp_path: Path) -> None:
    with IndexBuilder(tmp_path, STAMP) as builder:
        builder.add(TRACKS[0], "/music/bell.ogg", 1000, 1)
    journal = tmp_path / ".building" / "journal.sqlite"
    with closing(sqlite3.connect(journal)) as database:
        for column in ("origin", "library"):
            database.execute(f"ALTER TABLE files DROP COLUMN {column}")
    with IndexBuilder(tmp_path, STAMP) as builder:
        assert builder.notes == ()
        assert builder.done("/music/bell.ogg", 1000, 1)
        builder.add(TRACKS[1], "/music/drum.ogg", 1000, 1)
        builder.publish()
    with open_index(tmp_path) as index:
        assert [track for track, _ in index.contents()] == [one.track for one in TRACKS]


def test_the_same_tracks_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        build(tmp_path / name, TRACKS)
    one, other = (live_generation(tmp_path / name) / CATALOGUE for name in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    ("version", "sentence"), [(0, "no catalogue that this version"), (99, "by a newer Soundalike")]
)
def test_another_schema_is_refused(directory: Path, version: int, sentence: str) -> None:
    path = live_generation(directory) / CATALOGUE
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(CatalogueError, match=sentence):
        open_catalogue(path)


def test_an_older_catalogue_that_cannot_be_understood_is_refused(directory: Path) -> None:
    path = live_generation(directory) / CATALOGUE
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE files SET labels = '{'")
    with pytest.raises(CatalogueError, match="contradicts itself"):
        open_catalogue(path)
