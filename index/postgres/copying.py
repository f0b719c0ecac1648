"""Copies the tracks of an index into the tables of a generation, a few megabytes at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

import numpy as np
import psycopg

from index.facets import Facet
from index.names import fold
from index.opened import Index
from index.postgres import binary
from index.postgres.writing import one
from models.types import Track, Windows

Progress = Callable[[int, int], None]

_COUNT = "SELECT count(*) FROM soundalike.tracks_{n}"

_AT_ONCE = 8 << 20  # bytes that are sent between two commits

# A word's weight by the name it stands in; places in one name do not follow on those in another.
_TITLE, _ARTIST, _ALBUM = 3, 2, 1
_APART = 2


def copy_facets(connection: psycopg.Connection, number: int, index: Index) -> None:
    """Copy what tracks can be narrowed to, into tables that are empty."""
    rows = (
        binary.row(
            binary.int4(facet_id),
            *map(binary.text, (facet.kind, facet.value, facet.name)),
            facet.tracks.astype("<u4").tobytes(),
        )
        for facet_id, facet in enumerate(index.facets())
    )
    _send(connection, f"soundalike.facets_{number}", rows)


def copy_tracks(
    connection: psycopg.Connection, number: int, index: Index, progress: Progress
) -> int:
    """Copy the tracks that are not there yet, with their windows.

    Parameters
    ----------
    connection : psycopg.Connection
        Each batch is a transaction: tracks are there with all their windows or not at all.
    number : int
        The generation's.
    index : Index
    progress : callable
        Called with the tracks that are there and those there are.

    Returns
    -------
    int
        How many were copied.
    """
    there = done = int(one(connection, _COUNT.format(n=number)))
    first = int(index.counts()[:there].sum())
    facets = _facets_by_track(index.facets(), len(index))
    tracks: list[bytes] = []
    windows: list[bytes] = []
    size = 0
    progress(done, len(index))
    for track, held in index.contents(there):
        tracks.append(_track_row(done, track, held))
        windows.append(binary.window_rows(first, done, binary.int4s(facets[done]), held.vectors))
        size += len(tracks[-1]) + len(windows[-1])
        done, first = done + 1, first + len(held)
        if size > _AT_ONCE or done == len(index):
            with connection.transaction():
                _send(connection, f"soundalike.tracks_{number}", tracks)
                _send(connection, f"soundalike.windows_{number}", windows)
            tracks, windows, size = [], [], 0
            progress(done, len(index))
    return done - there


def _send(connection: psycopg.Connection, table: str, rows: Iterable[bytes]) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy,
    ):
        copy.write(binary.HEADER)
        for row in rows:
            copy.write(row)
        copy.write(binary.TRAILER)


def _facets_by_track(facets: list[Facet], tracks: int) -> list[list[int]]:
    """Return by what numbers the facets of each track are known."""
    found: list[list[int]] = [[] for _ in range(tracks)]
    for facet_id, facet in enumerate(facets):
        for number in facet.tracks.tolist():
            found[number].append(facet_id)
    return found


def _track_row(number: int, track: Track, windows: Windows) -> bytes:
    return binary.row(
        binary.int4(number),
        *map(binary.text, (track.id, track.title, track.artist, track.album)),
        binary.boolean(track.artist_known),
        binary.float8(track.seconds),
        binary.texts(track.labels),
        binary.text(track.url),
        os.fsencode(track.path),
        *map(binary.text, (track.source, track.library, fold(track.title))),
        binary.tsvector(_words(track)),
        np.asarray(windows.starts, "<f4").tobytes(),
        np.asarray(windows.vectors, "<f4").tobytes(),
    )


def _words(track: Track) -> dict[str, list[tuple[int, int]]]:
    """Return the places of each word of a track's names, with their weights.

    A word that comes up more often than PostgreSQL can count is found all the same.
    """
    found: dict[str, list[tuple[int, int]]] = {}
    place = 1
    for name, weight in ((track.title, _TITLE), (track.artist, _ARTIST), (track.album, _ALBUM)):
        for word in fold(name).split():
            places = found.setdefault(binary.lexeme(word), [])
            if len(places) < binary.MOST_PLACES and place <= binary.LAST_PLACE:
                places.append((place, weight))
            place += 1
        place += _APART
    return found
