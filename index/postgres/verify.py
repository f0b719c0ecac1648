"""Whether an index in a store is sound: every track and every window of it is read."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import islice
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from index.manifest import Manifest
from index.postgres.address import StoreAddress
from index.postgres.catalogue import NUMBER
from index.postgres.connections import connect, explained
from index.postgres.opened import LIVE
from index.postgres.tables import check_version, version_of
from index.postgres.writing import one
from index.vectors import UNIT_TOLERANCE
from models.types import CatalogueError

_MOST_PROBLEMS = 20
_PAGE = 2000

_SOUND_INDEXES = """
SELECT count(*) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = ANY(ARRAY['soundalike.tracks_{n}', 'soundalike.windows_{n}']::regclass[])
AND indisvalid AND indisready
"""
_INDEXES = 6  # four to find tracks by, two to find windows by

_TRACKS = "SELECT number, starts, vectors FROM soundalike.tracks_{n} ORDER BY number"
# Half precision as pgvector sends it: the length in two bytes, two of nothing, the numbers.
_WINDOWS = """
SELECT place, track, halfvec_send(vector) FROM soundalike.windows_{n} ORDER BY place
"""
_STRAYS = """
SELECT count(*) FROM soundalike.windows_{n}
WHERE NOT facets <@ (SELECT array_agg(id) FROM soundalike.facets_{n})
"""


def verify_store(address: StoreAddress) -> list[str]:
    """Read every track and every window of the live generation; check that they fit together.

    Returns
    -------
    list of str
        A sentence for each problem; empty where the index is sound.

    Raises
    ------
    CatalogueError
        The store cannot be reached, or holds no index.
    """
    with explained(address), connect(address) as connection:
        check_version(version_of(connection), address)
        live = connection.execute(LIVE).fetchall()
        if not live:
            check_version(0, address)
        number, _, text, counts = live[0]
        try:
            manifest = Manifest.from_json(text)
        except CatalogueError as error:
            return [error.sentence]
        # One moment's view of everything, whatever is published or dropped meanwhile.
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            with closing(
                _problems(connection, number, manifest, np.frombuffer(counts, NUMBER))
            ) as found:
                return list(islice(found, _MOST_PROBLEMS))


def _problems(
    connection: psycopg.Connection, number: int, manifest: Manifest, counts: NDArray[np.uint32]
) -> Generator[str, None, None]:
    if one(connection, _SOUND_INDEXES.format(n=number)) != _INDEXES:
        yield "What finds tracks by name or windows by sound is missing or was left unfinished."
    if strays := one(connection, _STRAYS.format(n=number)):
        yield f"{strays} windows can be narrowed to something that is not in the list of it."
    if (len(counts), int(counts.sum())) != (manifest.tracks, manifest.windows):
        yield "What finds tracks by row does not belong to these tracks."
        return
    with (
        connection.cursor("tracks", binary=True) as tracks,
        connection.cursor("windows", binary=True) as windows,
    ):
        tracks.itersize = windows.itersize = _PAGE
        tracks.execute(_TRACKS.format(n=number))
        windows.execute(_WINDOWS.format(n=number))
        yield from _row_problems(iter(tracks), iter(windows), counts, manifest)


def _row_problems(
    tracks: Iterator[Any], windows: Iterator[Any], counts: NDArray[np.uint32], manifest: Manifest
) -> Iterator[str]:
    place = 0
    for number, count in enumerate(counts.tolist()):
        held = list(islice(windows, count))
        track = next(tracks, None)
        if track is None or track[0] != number:
            yield f"Track number {number} is missing."
            return
        wanted = [(place + step, number) for step in range(count)]
        if [row[:2] for row in held] != wanted:
            yield f"The windows of track number {number} are not those it should have."
            return
        place += count
        yield from _track_problems(number, track[1:], [row[2] for row in held], manifest)
    if next(tracks, None) or next(windows, None):
        yield "There are more tracks or windows than there should be."


def _track_problems(
    number: int, blobs: tuple[bytes, bytes], halves: list[bytes], manifest: Manifest
) -> Iterator[str]:
    dim = manifest.stamp.dim
    starts = np.frombuffer(blobs[0], "<f4")
    if len(blobs[1]) != 4 * dim * len(halves):
        yield f"Track number {number} has not the vectors of {len(halves)} windows."
        return
    vectors = np.frombuffer(blobs[1], "<f4").reshape(-1, dim)
    if len(starts) != len(halves) or not (
        np.isfinite(starts).all() and (np.diff(starts) > 0).all()
    ):
        yield f"Track number {number} does not say where its windows start."
    if not (np.abs(np.linalg.norm(vectors, axis=1) - 1) <= UNIT_TOLERANCE).all():
        yield f"Track number {number} has a vector that is not of unit length."
    found = np.frombuffer(b"".join(half[4:] for half in halves), ">f2").reshape(-1, dim)
    if not np.array_equal(found, vectors.astype(np.float16)):
        yield f"Track number {number} is found by other vectors than it is compared by."
