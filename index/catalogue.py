"""The tracks of a generation in SQLite: read only, never changed, asked from any thread."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.damage import damaged, reading
from models.types import CatalogueError, FloatArray, Track

SCHEMA_VERSION = 1
SHORTEST_PREFIX = 4

# One row a file that was seen, kept so that the next build need not decode it again.
FILES_TABLE = """
CREATE TABLE {name} (
    source TEXT PRIMARY KEY,      -- what the build knows the file by: its path
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    id TEXT,                      -- NULL where the file was left out
    left_out TEXT,                -- why, in a sentence
    title TEXT, artist TEXT, album TEXT, artist_known INTEGER, seconds REAL,
    labels TEXT, url TEXT, path TEXT
) WITHOUT ROWID
"""
PUT_FILE = "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

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

_TRACK = """
SELECT tracks.id, title, artist, album, artist_known, seconds, labels, url, path, number
FROM tracks JOIN files USING (source)
"""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Which rows of the vectors file belong to which track.

    Attributes
    ----------
    first, count : np.ndarray [shape=(tracks,), int64]
        Track number t owns the rows ``first[t] … first[t] + count[t] - 1``. Tracks may lie in any
        order, and rows between them may belong to none.
    """

    first: NDArray[np.int64]
    count: NDArray[np.int64]
    _order: NDArray[np.int64] = field(init=False)  # the tracks as they lie in the file
    _firsts: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_order", np.argsort(self.first, kind="stable"))
        object.__setattr__(self, "_firsts", self.first[self._order])

    def __len__(self) -> int:
        return len(self.first)

    def rows(self, number: int) -> slice:
        """Return the rows of one track."""
        first = int(self.first[number])
        return slice(first, first + int(self.count[number]))

    def owners(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the tracks that own any of these rows, each once, in ascending order."""
        # Rows before the first track's come out as -1: the last track, which does not hold them.
        numbers = self._order[np.searchsorted(self._firsts, rows, side="right") - 1]
        since = rows - self.first[numbers]
        return np.unique(numbers[(since >= 0) & (since < self.count[numbers])])


class Catalogue:
    """The tracks of one generation.

    Parameters
    ----------
    path : Path
        A catalogue file that was verified and is never written again.

    Raises
    ------
    CatalogueError
        It is no catalogue that this version reads.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        with reading(path):
            self._database = open_read_only(path)
        try:
            schema = self._one("PRAGMA user_version")[0]
        except BaseException:
            self.close()
            raise
        if schema != SCHEMA_VERSION:
            self.close()
            raise damaged(path, "is no catalogue that this version reads")

    def layout(self) -> Layout:
        """Return which rows of the vectors file belong to which track."""
        rows = self._all("SELECT first, count FROM tracks ORDER BY number")
        table = np.array(rows, np.int64).reshape(-1, 2)
        return Layout(np.ascontiguousarray(table[:, 0]), np.ascontiguousarray(table[:, 1]))

    def tracks(self, numbers: Sequence[int]) -> list[Track]:
        """Return the tracks with these numbers, in the order asked."""
        marks = ",".join("?" * len(numbers))
        rows = self._all(f"{_TRACK} WHERE number IN ({marks})", list(map(int, numbers)))
        found = {row[-1]: _as_track(row) for row in rows}
        return [found[number] for number in numbers]

    def starts(self, number: int) -> FloatArray:
        """Return the start of every window of a track, in seconds."""
        blob = self._one("SELECT starts FROM tracks WHERE number = ?", [int(number)])[0]
        return np.frombuffer(blob, np.dtype("<f4")).astype(np.float32)

    def number_of(self, track_id: str) -> int | None:
        """Return the number of the track with exactly this id, or None."""
        row = self._one("SELECT number FROM tracks WHERE id = ?", [track_id])
        return int(row[0]) if row else None

    def find(self, track_id: str) -> Track:
        """Return the track with this id, or the only one whose id begins so.

        Raises
        ------
        CatalogueError
            No track, or more than one, or too few characters to tell.
        """
        wanted = clean(track_id.strip())
        exact = self._all(f"{_TRACK} WHERE tracks.id = ?", [wanted])
        if exact:
            return _as_track(exact[0])
        if len(wanted) < SHORTEST_PREFIX:
            raise CatalogueError(
                f"“{wanted}” is too short to tell tracks apart.",
                f"Give at least the first {SHORTEST_PREFIX} characters of the track's id.",
            )
        rows = self._all(
            f"{_TRACK} WHERE tracks.id BETWEEN ? AND ? ORDER BY tracks.id LIMIT 2",
            [wanted, wanted + chr(0x10FFFF)],
        )
        if not rows:
            raise CatalogueError(
                f"No track's id begins with “{wanted}”.",
                "Take an id from the answer to another clip (`soundalike ask CLIP --json`).",
            )
        if len(rows) > 1:
            raise CatalogueError(
                f"More than one track's id begins with “{wanted}”.",
                f"Give more of it, for example {rows[0][0]} or {rows[1][0]}.",
            )
        return _as_track(rows[0])

    def files(self) -> list[tuple[str, str]]:
        """Return the path of every file that holds a track, by name, and the id of the track."""
        rows = self._all("SELECT source, id FROM files WHERE id IS NOT NULL ORDER BY source")
        return [(os.fsdecode(source), track_id) for source, track_id in rows]

    def left_out(self) -> int:
        """Return how many files the build had to leave out."""
        return int(self._one("SELECT count(*) FROM files WHERE left_out IS NOT NULL")[0])

    def without_file(self) -> int:
        """Return how many tracks name a file that the catalogue does not know: 0 if sound."""
        row = self._one(
            "SELECT count(*) FROM tracks WHERE source NOT IN (SELECT source FROM files)"
        )
        return int(row[0])

    def seconds(self) -> float:
        """Return the length of all tracks together."""
        row = self._one("SELECT total(seconds) FROM tracks JOIN files USING (source)")
        return float(row[0])

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()

    def _one(self, query: str, values: Sequence[object] = ()) -> Any:
        rows = self._all(query, values)
        return rows[0] if rows else None

    def _all(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        with self._lock, reading(self.path):
            return self._database.execute(query, values).fetchall()


def open_read_only(path: Path) -> sqlite3.Connection:
    """Open a database that nobody writes any more: no locks, no journal, any thread."""
    return sqlite3.connect(read_only_address(path), uri=True, check_same_thread=False)


def read_only_address(path: Path) -> str:
    """Return the address SQLite opens an unchanging file by."""
    return f"{path.absolute().as_uri()}?mode=ro&immutable=1"


def file_row(
    track: Track, source: str | bytes, size: int, mtime_ns: int
) -> tuple[str | bytes | int | float | None, ...]:
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
    )


def storable_path(path: str) -> str | bytes:
    """Return a path as SQLite can hold it: text, or bytes where its name is not UTF-8."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def clean(text: str) -> str:
    """Replace what is not Unicode: titles taken from names of files may hold such."""
    return text.encode(errors="replace").decode()


def _as_track(row: Sequence[Any]) -> Track:
    track_id, title, artist, album, known, seconds, labels, url, path = row[:9]
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
    )
