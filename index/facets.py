"""Which tracks have a label, an artist, a source or a library: what answers can be narrowed to."""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.names import LAST, fold
from index.storable import clean
from models.types import Only

FACETS_TABLE = """
CREATE TABLE facets (
    kind TEXT NOT NULL,           -- label, artist, source or library
    value TEXT NOT NULL,          -- in one spelling
    name TEXT NOT NULL,           -- as the first track that has it spells it
    tracks BLOB NOT NULL,         -- their numbers, ascending, uint32
    PRIMARY KEY (kind, value)
) WITHOUT ROWID
"""

_LABEL, _ARTIST, _SOURCE, _LIBRARY = KINDS = "label", "artist", "source", "library"

_TRACKS = (
    "SELECT number, labels, artist, origin, library FROM tracks JOIN files USING (source) "
    "ORDER BY number"
)
_NUMBER = np.dtype("<u4")


def fill_facets(database: sqlite3.Connection) -> None:
    """Note down for every label, artist, source and library of a catalogue which tracks have it."""
    found: dict[tuple[str, str], tuple[str, array[int]]] = {}
    for number, *row in database.execute(_TRACKS):
        for key, name in _facets(*row):
            numbers = found.setdefault(key, (name, array("I")))[1]
            if not numbers or numbers[-1] != number:  # one label, spelt in two ways
                numbers.append(number)
    rows = (
        (*key, name, np.asarray(numbers, _NUMBER).tobytes())
        for key, (name, numbers) in sorted(found.items())
    )
    database.executemany("INSERT INTO facets VALUES (?, ?, ?, ?)", rows)


class Facet(NamedTuple):
    """What tracks can be narrowed to: its kind, one spelling, a name, and their numbers."""

    kind: str
    value: str
    name: str
    tracks: NDArray[np.uint32]


def all_facets(database: sqlite3.Connection) -> list[Facet]:
    """Return every label, artist, source and library of a catalogue, in the order of spelling."""
    rows = database.execute("SELECT kind, value, name, tracks FROM facets ORDER BY kind, value")
    return [
        Facet(kind, value, name, np.frombuffer(tracks, _NUMBER))
        for kind, value, name, tracks in rows
    ]


def matching(database: sqlite3.Connection, only: Only, tracks: int) -> NDArray[np.bool_]:
    """Tell which of a catalogue's tracks are wanted, by number.

    Parameters
    ----------
    database : sqlite3.Connection
        A catalogue.
    only : Only
    tracks : int
        How many it holds.
    """
    wanted = np.ones(tracks, bool)
    for kind, names in wishes(only):
        one_of = np.zeros(tracks, bool)
        for value in {value_of(kind, name) for name in names}:
            query = "SELECT tracks FROM facets WHERE kind = ? AND value = ?"
            for (numbers,) in database.execute(query, (kind, value)):
                one_of[np.frombuffer(numbers, _NUMBER)] = True
        wanted &= one_of
    return wanted


def names_of(database: sqlite3.Connection, kind: str) -> list[tuple[str, int]]:
    """Return every label, artist, source or library, and how many tracks have it; most first."""
    rows = database.execute(
        "SELECT name, length(tracks) FROM facets WHERE kind = ? "
        "ORDER BY length(tracks) DESC, value",
        (kind,),
    )
    return [(name, size // _NUMBER.itemsize) for name, size in rows]


def names_like(database: sqlite3.Connection, kind: str, name: str, limit: int) -> list[str]:
    """Return some names of a kind that begin so, or else the most common ones."""
    value = value_of(kind, name)
    rows = database.execute(
        "SELECT name FROM facets WHERE kind = ? AND value BETWEEN ? AND ? ORDER BY value LIMIT ?",
        (kind, value, value + LAST, limit),
    ).fetchall()
    return [found for (found,) in rows] or [
        common for common, _ in names_of(database, kind)[:limit]
    ]


def unknown(database: sqlite3.Connection, only: Only) -> Iterator[tuple[str, str]]:
    """Yield the kind and the name of everything wanted that no track of a catalogue has."""
    for kind, names in wishes(only):
        for name in names:
            query = "SELECT 1 FROM facets WHERE kind = ? AND value = ?"
            if not database.execute(query, (kind, value_of(kind, name))).fetchone():
                yield kind, name


def wishes(only: Only) -> list[tuple[str, tuple[str, ...]]]:
    """Return the kinds of things that are wanted, and which; nothing where all will do."""
    wanted = zip(KINDS, (only.labels, only.artists, only.sources, only.libraries), strict=True)
    return [(kind, names) for kind, names in wanted if names]


def value_of(kind: str, name: str) -> str:
    """Return a name in one spelling: people type labels and artists, programs the others."""
    return clean(fold(name) if kind in (_LABEL, _ARTIST) else name)


def _facets(
    labels: str, artist: str, source: str, library: str
) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield what a track can be found by, in one spelling and as it is spelt."""
    named = [(_LABEL, label) for label in json.loads(labels)]
    if artist:
        named.append((_ARTIST, artist))
    for kind, name in (*named, (_SOURCE, source), (_LIBRARY, library)):
        yield (kind, value_of(kind, name)), name
