"""The tracks of a generation in SQLite: read only, never changed, asked from any thread."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.damage import reading
from index.facets import Facet, all_facets, matching, names_like, names_of, unknown
from index.names import LAST, complete
from index.schema import INTEGER, open_catalogue
from models.types import FloatArray, Only, Track

_PAGE = 1000

_TRACK = """
SELECT tracks.id, title, artist, album, artist_known, seconds, labels, url, path,
    origin, library, starts, number
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
        in_order = bool((self.first[1:] >= self.first[:-1]).all())
        order = np.arange(len(self)) if in_order else np.argsort(self.first, kind="stable")
        object.__setattr__(self, "_order", order)
        object.__setattr__(self, "_firsts", self.first if in_order else self.first[order])

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
        It is no catalogue, or of the future.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._database = open_catalogue(path)

    def layout(self) -> Layout:
        """Return which rows of the vectors file belong to which track."""
        first, count = self._one("SELECT first, count FROM layout")
        return Layout(_integers(first), _integers(count))

    def layout_by_track(self) -> Layout:
        """Return the same, read from every track: slower, and equal where all is sound."""
        rows = self._all("SELECT first, count FROM tracks ORDER BY number")
        table = np.array(rows, np.int64).reshape(-1, 2)
        return Layout(np.ascontiguousarray(table[:, 0]), np.ascontiguousarray(table[:, 1]))

    def tracks(self, numbers: Sequence[int]) -> list[Track]:
        """Return the tracks with these numbers, in the order asked."""
        return [_as_track(row) for row in self._of(numbers)]

    def entries(self, numbers: Sequence[int]) -> list[tuple[Track, FloatArray]]:
        """Return the same, each with the start of every one of its windows, in seconds."""
        return [(_as_track(row), _as_starts(row[-2])) for row in self._of(numbers)]

    def starts(self, number: int) -> FloatArray:
        """Return the start of every window of a track, in seconds."""
        return _as_starts(self._one("SELECT starts FROM tracks WHERE number = ?", [number])[0])

    def complete(self, text: str, limit: int) -> list[int]:
        """Return the numbers of the tracks that a person who typed this may mean, best first."""
        with self._reading() as database:
            return complete(database, text, limit)

    def matching(self, only: Only, tracks: int) -> NDArray[np.bool_]:
        """Tell which of the tracks, so many in all, are wanted."""
        with self._reading() as database:
            return matching(database, only, tracks)

    def unknown(self, only: Only) -> list[tuple[str, str]]:
        """Return the kind and the name of everything wanted that no track has."""
        with self._reading() as database:
            return list(unknown(database, only))

    def facets(self) -> list[Facet]:
        """Return every label, artist, source and library, with the tracks that have it."""
        with self._reading() as database:
            return all_facets(database)

    def names_of(self, kind: str) -> list[tuple[str, int]]:
        """Return every label, artist, source or library with its count of tracks, most first."""
        with self._reading() as database:
            return names_of(database, kind)

    def names_like(self, kind: str, name: str, limit: int) -> list[str]:
        """Return some labels, artists or sources that begin so, or else the most common ones."""
        with self._reading() as database:
            return names_like(database, kind, name, limit)

    def number_of(self, track_id: str) -> int | None:
        """Return the number of the track with exactly this id, or None."""
        row = self._one("SELECT number FROM tracks WHERE id = ?", [track_id])
        return int(row[0]) if row else None

    def beginning(self, prefix: str, limit: int) -> list[Track]:
        """Return the first tracks, by id, whose id begins so."""
        rows = self._all(
            f"{_TRACK} WHERE tracks.id BETWEEN ? AND ? ORDER BY tracks.id LIMIT ?",
            [prefix, prefix + LAST, limit],
        )
        return [_as_track(row) for row in rows]

    def files(self) -> list[tuple[str, str]]:
        """Return the path of every file that holds a track, by name, and the id of the track."""
        rows = self._all(
            "SELECT source, id FROM files WHERE id IS NOT NULL AND left_out IS NULL ORDER BY source"
        )
        return [(os.fsdecode(source), track_id) for source, track_id in rows]

    def left_out(self) -> int:
        """Return how many files the build had to leave out."""
        # Those that have an id were removed by hand.
        find = "SELECT count(*) FROM files WHERE left_out IS NOT NULL AND id IS NULL"
        return int(self._one(find)[0])

    def removed(self) -> int:
        """Return how many files hold tracks that were removed by hand."""
        find = "SELECT count(*) FROM files WHERE left_out IS NOT NULL AND id IS NOT NULL"
        return int(self._one(find)[0])

    def without_file(self) -> int:
        """Return how many tracks name a file that the catalogue does not know: 0 if sound."""
        row = self._one(
            "SELECT count(*) FROM tracks WHERE source NOT IN (SELECT source FROM files)"
        )
        return int(row[0])

    def in_step(self) -> bool:
        """Whether what was derived from the tracks belongs to them."""
        derived, layout = self.layout(), self.layout_by_track()
        (titles,) = self._one("SELECT count(*) FROM titles JOIN tracks USING (number)")
        sources = sum(many for _, many in self.names_of("source"))
        return (
            np.array_equal(derived.first, layout.first)
            and np.array_equal(derived.count, layout.count)
            and titles == sources == len(layout)
        )

    def seconds(self) -> float:
        """Return the length of all tracks together."""
        row = self._one("SELECT total(seconds) FROM tracks JOIN files USING (source)")
        return float(row[0])

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()

    def _of(self, numbers: Sequence[int]) -> list[Any]:
        """Return the rows of some tracks, in the order asked."""
        found: dict[int, Any] = {}
        for start in range(0, len(numbers), _PAGE):  # SQLite takes only so many values at once
            page = list(map(int, numbers[start : start + _PAGE]))
            rows = self._all(f"{_TRACK} WHERE number IN ({','.join('?' * len(page))})", page)
            found.update((row[-1], row) for row in rows)
        return [found[number] for number in numbers]

    def _one(self, query: str, values: Sequence[object] = ()) -> Any:
        rows = self._all(query, values)
        return rows[0] if rows else None

    def _all(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        with self._lock, reading(self.path):
            return self._database.execute(query, values).fetchall()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, reading(self.path):
            yield self._database


@lru_cache(4096)  # data sets have few sets of labels, and many tracks
def _as_labels(spelled: str) -> tuple[str, ...]:
    return tuple(json.loads(spelled))


def _as_starts(blob: bytes) -> FloatArray:
    return np.frombuffer(blob, "<f4")


def _integers(blob: bytes) -> NDArray[np.int64]:
    return np.frombuffer(blob, INTEGER).astype(np.int64)


def _as_track(row: Sequence[Any]) -> Track:
    track_id, title, artist, album, known, seconds, labels, url, path, *whence = row[:11]
    return Track(
        id=track_id,
        title=title,
        artist=artist,
        album=album,
        artist_known=bool(known),
        seconds=seconds,
        labels=_as_labels(labels),
        url=url,
        path=os.fsdecode(path),
        source=whence[0],
        library=whence[1],
    )
