"""The tables of a catalogue, the rows that go into them, and the way up from older ones.

A generation is never changed once it is published. So a catalogue of an older schema is brought up
to today's in memory, when it is read; the next generation is written in today's.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np

from index.damage import damaged, reading
from index.facets import FACETS_TABLE, fill_facets
from index.names import NAMES_TABLE, TITLES_TABLE, fill_names
from index.storable import clean, storable_path
from models.types import CatalogueError, Track

SCHEMA_VERSION = 3

# One row a file that was seen, kept so that the next build need not decode it again.
FILES_TABLE = """
CREATE TABLE {name} (
    source TEXT PRIMARY KEY,      -- what the build knows the file by: its path
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    id TEXT,                      -- NULL where the file was left out
    left_out TEXT,                -- why, in a sentence
    title TEXT, artist TEXT, album TEXT, artist_known INTEGER, seconds REAL,
    labels TEXT, url TEXT, path TEXT,
    origin TEXT,                  -- Track.source: a folder, or the importer that brought it
    library TEXT
) WITHOUT ROWID
"""
PUT_FILE = "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

# One row a track, numbered in the order of ids; several files may hold the same audio.
TRACKS_TABLE = """
CREATE TABLE {name} (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,         -- the file whose tags are shown
    first INTEGER NOT NULL,       -- its windows are the rows first … first + count - 1
    count INTEGER NOT NULL,
    starts BLOB NOT NULL          -- start of each window in seconds, float32
)
"""
PUT_TRACK = "INSERT INTO tracks VALUES (?, ?, ?, ?, ?, ?)"

# One row: the same columns of all tracks in the order of their numbers, uint32, so that opening a
# large catalogue need not read them one by one.
_LAYOUT_TABLE = "CREATE TABLE layout (first BLOB NOT NULL, count BLOB NOT NULL)"
INTEGER = np.dtype("<u4")

# A catalogue of up to so many bytes is mapped: read where it lies, by all processes at once. Of a
# larger one a search reads pages from everywhere, and mapping them is no quicker than copying.
_MAPPED = 64 << 20

Row = tuple[str | bytes | int | float | None, ...]


def create_tables(database: sqlite3.Connection) -> None:
    """Make the tables of an empty catalogue; `fill` them last."""
    database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    database.execute(FILES_TABLE.format(name="files"))
    database.execute(TRACKS_TABLE.format(name="tracks"))


def fill(database: sqlite3.Connection) -> None:
    """Make what tracks are found by, once all of them are there."""
    for table in (_LAYOUT_TABLE, NAMES_TABLE, TITLES_TABLE, FACETS_TABLE):
        database.execute(table)
    fill_layout(database)
    fill_names(database)
    fill_facets(database)


def fill_layout(database: sqlite3.Connection) -> None:
    """Note down once more, for quick opening, which windows belong to which track."""
    places = database.execute("SELECT first, count FROM tracks ORDER BY number").fetchall()
    columns = np.array(places, np.int64).reshape(-1, 2).astype(INTEGER).T
    database.execute("DELETE FROM layout")
    database.execute("INSERT INTO layout VALUES (?, ?)", [column.tobytes() for column in columns])


def open_catalogue(path: Path) -> sqlite3.Connection:
    """Open a published catalogue, to be read from any thread; an older one as a copy in memory.

    Raises
    ------
    CatalogueError
        It is no catalogue, or of the future.
    """
    with reading(path), ExitStack() as held:
        database = open_read_only(path)
        held.callback(database.close)
        version = _readable_version(database, path)
        if version < SCHEMA_VERSION:
            copy = sqlite3.connect(":memory:", check_same_thread=False)
            held.callback(copy.close)
            database.backup(copy)
            try:
                upgrade(copy)
            except ValueError as error:
                raise damaged(path, "contradicts itself") from error
            database.close()
            database = copy
        if path.stat().st_size <= _MAPPED:
            database.execute(f"PRAGMA mmap_size = {_MAPPED}")
        held.pop_all()
        return database


def attach_base(database: sqlite3.Connection, path: Path | None) -> None:
    """Attach the files and tracks of a published catalogue as `base`; empty ones without a path.

    Raises
    ------
    CatalogueError
        It is no catalogue, or of the future.
    """
    if path is not None:
        with reading(path), closing(open_read_only(path)) as found:
            today = _readable_version(found, path) == SCHEMA_VERSION
        if today:
            database.execute("ATTACH ? AS base", [read_only_address(path)])
            return
    database.execute("ATTACH ':memory:' AS base")
    database.execute(FILES_TABLE.format(name="base.files"))
    database.execute(TRACKS_TABLE.format(name="base.tracks"))
    if path is not None:
        with closing(open_catalogue(path)) as older, database:
            for put, all_rows in (
                (PUT_FILE, "SELECT * FROM files"),
                (PUT_TRACK, "SELECT * FROM tracks"),
            ):
                database.executemany(put.replace("INTO ", "INTO base."), older.execute(all_rows))


def upgrade(database: sqlite3.Connection) -> None:
    """Bring a catalogue that may be written up to today's schema, step by step."""
    with database:
        for version in range(schema_of(database), SCHEMA_VERSION):
            _STEPS[version](database)
            database.execute(f"PRAGMA user_version = {version + 1}")


def schema_of(database: sqlite3.Connection) -> int:
    """Return the number of a catalogue's schema; 0 for what is none."""
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def upgrade_files(database: sqlite3.Connection) -> None:
    """Give the table of files the columns it lacks."""
    have = {column[0] for column in database.execute("SELECT * FROM files LIMIT 0").description}
    for column, value in (("origin", "folder"), ("library", "")):
        if column not in have:
            database.execute(f"ALTER TABLE files ADD COLUMN {column} TEXT DEFAULT '{value}'")


def open_read_only(path: Path) -> sqlite3.Connection:
    """Open a database that nobody writes any more: no locks, no journal, any thread."""
    return sqlite3.connect(read_only_address(path), uri=True, check_same_thread=False)


def read_only_address(path: Path) -> str:
    """Return the address SQLite opens an unchanging file by."""
    return f"{path.absolute().as_uri()}?mode=ro&immutable=1"


def file_row(track: Track, source: str | bytes, size: int, mtime_ns: int) -> Row:
    """Return the row of a file that holds a track, for PUT_FILE."""
    return (
        source,
        size,
        mtime_ns,
        track.id,
        None,
        clean(track.title),
        clean(track.artist),
        clean(track.album),
        int(track.artist_known),
        float(track.seconds),
        json.dumps([clean(label) for label in track.labels]),
        clean(track.url),
        storable_path(track.path),
        clean(track.source),
        clean(track.library),
    )


def track_in(row: Sequence[Any]) -> Track | None:
    """Return the track that `file_row` made a row of; None for a file that is left out."""
    _, _, _, track_id, left_out, title, artist, album, known, seconds, labels, *rest = row
    if track_id is None or left_out is not None:
        return None
    url, path, origin, library = rest
    return Track(
        id=track_id,
        title=title,
        artist=artist,
        album=album,
        artist_known=bool(known),
        seconds=seconds,
        labels=tuple(json.loads(labels)),
        url=url,
        path=os.fsdecode(path),
        source=origin,
        library=library,
    )


def left_out_row(sentence: str, source: str | bytes, size: int, mtime_ns: int) -> Row:
    """Return the row of a file that was left out, for PUT_FILE."""
    return (source, size, mtime_ns, None, clean(sentence), *[None] * 10)


def _readable_version(database: sqlite3.Connection, path: Path) -> int:
    version = schema_of(database)
    if version > SCHEMA_VERSION:
        raise CatalogueError(
            f"{path} was made by a newer Soundalike (schema {version}; this one reads "
            f"{SCHEMA_VERSION}).",
            "Update Soundalike, or build the index again.",
        )
    if version != SCHEMA_VERSION and version not in _STEPS:
        raise damaged(path, "is no catalogue that this version reads")
    return version


def _find_by_name_and_kind(database: sqlite3.Connection) -> None:
    """Version 2 finds tracks by name, and by label, artist, source and library."""
    upgrade_files(database)
    fill(database)


_STEPS: dict[int, Callable[[sqlite3.Connection], None]] = {
    1: _find_by_name_and_kind,
    2: fill_layout,  # version 3 has it in half the bytes
}
