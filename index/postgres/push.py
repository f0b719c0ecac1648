"""Puts an index from its folder into a store, and makes it the one that is asked there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import errors

from index.opened import Index, open_index
from index.postgres.address import StoreAddress
from index.postgres.catalogue import NUMBER
from index.postgres.connections import explained
from index.postgres.copying import copy_facets, copy_tracks
from index.postgres.graph import make_findable
from index.postgres.tables import DROP, GENERATION, bring_up
from index.postgres.writing import one, writing
from index.verify import describe_index
from models.types import CatalogueError

Progress = Callable[[int, int], None]

LARGEST_DIM = 4000
"""Of a vector in pgvector's graph, in half precision."""

# What is copied once more is a generation beside the first: the live one counts, then the newest.
_KNOWN = """
SELECT number, identity, state FROM soundalike.generations
LEFT JOIN soundalike.current ON generation = number
ORDER BY generation IS NULL, number DESC
"""
_BEGIN = """
INSERT INTO soundalike.generations (state, identity, manifest, left_out, seconds, counts)
VALUES ('building', %s, %s, %s, %s, %s) RETURNING number
"""
_READY = "UPDATE soundalike.generations SET state = 'ready' WHERE number = %s"
_PUBLISH = """
INSERT INTO soundalike.current (generation) VALUES (%s)
ON CONFLICT (single) DO UPDATE SET generation = excluded.generation
"""
_LIVE = "SELECT generation FROM soundalike.current"
_OLDER = """
SELECT number FROM soundalike.generations WHERE number <> ALL (%s) ORDER BY number DESC OFFSET %s
"""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a store holds after a push.

    Attributes
    ----------
    generation : int
        The number of the live generation.
    tracks, windows : int
        What it holds.
    copied : int
        Tracks that were copied this time: fewer than all where an earlier push was carried on.
    dropped : tuple of int
        The older generations that were dropped.
    """

    generation: int
    tracks: int
    windows: int
    copied: int
    dropped: tuple[int, ...]


def push_index(
    directory: Path,
    address: StoreAddress,
    *,
    keep: int,
    anew: bool = False,
    copying: Progress = lambda _done, _all: None,
    indexing: Progress = lambda _done, _all: None,
) -> Pushed:
    """Copy the live generation of an index into a store, and publish it there.

    Whatever stops it, the store goes on with what it held, and the next push of the same
    generation carries on with what was copied. One that the store still holds is only published.

    Parameters
    ----------
    directory : Path
        The index.
    address : StoreAddress
    keep : int
        Older generations to keep in the store, at least 1.
    anew : bool
        Copy it once more even if the store holds it already.
    copying, indexing : callable
        Called with the tracks that are copied, then with the windows that are in the graph, and
        how many there are.

    Raises
    ------
    CatalogueError
        There is no index, or the store cannot be reached or written, or somebody else writes it.
    """
    with open_index(directory) as index, explained(address), writing(address) as connection:
        if index.stamp.dim > LARGEST_DIM:
            raise CatalogueError(
                f"pgvector finds vectors of at most {LARGEST_DIM:,} numbers, and those of this "
                f"index have {index.stamp.dim:,}.",
                "Build the index with another model, or go on asking it where it is.",
            )
        bring_up(connection, address)
        number, ready = _generation(connection, index, anew=anew)
        copied = 0
        if not ready:
            copied = copy_tracks(connection, number, index, copying)
            make_findable(connection, address, number, index.manifest, indexing)
        dropped = _publish(connection, number, max(keep, 1))
        return Pushed(number, len(index), index.manifest.windows, copied, tuple(dropped))


def _generation(connection: psycopg.Connection, index: Index, *, anew: bool) -> tuple[int, bool]:
    """Return the number of the generation that this index is or becomes, and whether it is done."""
    identity = index.manifest.checksum
    found: list[tuple[int, bool]] = []
    for number, known, state in connection.execute(_KNOWN).fetchall():
        if known == identity and (state == "building" or not anew):
            found.append((number, state == "ready"))
        elif state == "building":  # of an index that is not the live one any more
            _drop(connection, number)
    if found:
        return max(found, key=lambda one: one[1])  # the first that is done, if any is
    info = describe_index(index.directory)
    counts = index.counts().astype(NUMBER).tobytes()
    with connection.transaction():
        number = one(
            connection,
            _BEGIN,
            identity,
            index.manifest.to_json(),
            info.left_out,
            info.seconds,
            counts,
        )
        connection.execute(GENERATION.format(n=number, dim=index.stamp.dim))
        copy_facets(connection, number, index)
    return number, False


def _publish(connection: psycopg.Connection, number: int, keep: int) -> list[int]:
    """Make a generation the live one; return which older ones were dropped."""
    before = one(connection, _LIVE)
    with connection.transaction():
        connection.execute(_READY, [number])
        connection.execute(_PUBLISH, [number])
    # The one that was live until now is worth most, then the newest.
    kept = [number, *([before] if before not in (None, number) else [])]
    older = connection.execute(_OLDER, [kept, keep - len(kept) + 1]).fetchall()
    return [old for (old,) in older if _drop(connection, old)]


def _drop(connection: psycopg.Connection, number: int) -> bool:
    """Drop a generation; one that is being asked for long stays until the next push."""
    try:
        with connection.transaction():
            connection.execute("SET LOCAL lock_timeout = '5s'")
            connection.execute(DROP.format(n=number))
    except errors.LockNotAvailable:
        return False
    return True
