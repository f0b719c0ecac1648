"""Thumbs: what each person likes and dislikes, with the vectors, so that tastes outlive indexes."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from index.kept import Kept, Migration
from index.packing import pack, unpack
from index.state_file import State
from index.tastes import unit_mean
from models.types import FloatArray, Track

MIGRATION = Migration(
    """
    CREATE TABLE likes (
        person INTEGER NOT NULL,
        track TEXT NOT NULL,
        vote INTEGER NOT NULL CHECK (vote IN (-1, 1)),
        space TEXT NOT NULL,           -- the embedding space of the vectors
        dim INTEGER NOT NULL,
        vectors BLOB NOT NULL,         -- the direction of its windows' mean, float32
        title TEXT NOT NULL,
        artist TEXT NOT NULL,
        created REAL NOT NULL,
        UNIQUE (person, track)
    );
    """,
    (
        Kept(
            "likes",
            "The tracks you gave a thumb, up or down, and the numbers a model made of them, to "
            "find what is to your taste.",
        ),
    ),
)

_MARKS = "(?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True, eq=False)
class Like:
    """A thumb that a person gave a track.

    Attributes
    ----------
    person : int
        A Discord id.
    track, title, artist : str
        Of the track; the track is its id.
    vote : int
        1 for a like, -1 for a dislike.
    space : str
        The embedding space of the vectors.
    vectors : np.ndarray [shape=(1, dim), float32]
        The direction of the mean of the track's windows: tastes are made of no more.
    created : float
        Seconds since 1970.
    """

    person: int
    track: str
    vote: int
    space: str
    vectors: FloatArray
    title: str
    artist: str
    created: float


@dataclass(frozen=True, slots=True)
class Thumb:
    """A thumb without its vectors: what is told of it.

    Attributes
    ----------
    track, title, artist : str
        Of the track; the track is its id.
    vote : int
        1 for a like, -1 for a dislike.
    """

    track: str
    vote: int
    title: str
    artist: str


class Likes:
    """Keeps one thumb a person and track.

    Parameters
    ----------
    state : State
    clock : callable
        Tells the seconds since 1970.
    """

    def __init__(self, state: State, clock: Callable[[], float] = time.time) -> None:
        self._state = state
        self._clock = clock

    async def give(
        self, person: int, track: Track, vote: int, space: str, vectors: FloatArray
    ) -> None:
        """Keep a thumb; the last one a person gave a track counts.

        Parameters
        ----------
        vote : int
            1 or -1.
        vectors : np.ndarray [shape=(w, dim), float32]
            The track's windows; the direction of their mean is kept.

        Raises
        ------
        StateError
            It cannot be written.
        """
        row = _row(person, track, vote, space, vectors, self._clock())

        def put(database: sqlite3.Connection) -> None:
            database.execute(f"INSERT OR REPLACE INTO likes VALUES {_MARKS}", row)  # noqa: S608

        await self._state.write(put)

    async def like_all(
        self, person: int, tracks: Iterable[tuple[Track, FloatArray]], space: str
    ) -> int:
        """Like many tracks, all of them or none; whichever has a thumb keeps it.

        Parameters
        ----------
        tracks : iterable of (Track, np.ndarray [shape=(w, dim), float32])
            Each with its windows, or the direction of their mean.

        Returns
        -------
        int
            How many had no thumb.

        Raises
        ------
        StateError
            It cannot be written.
        """
        now = self._clock()
        rows = [_row(person, track, 1, space, vectors, now) for track, vectors in tracks]

        def put(database: sqlite3.Connection) -> int:
            insert = f"INSERT INTO likes VALUES {_MARKS} ON CONFLICT DO NOTHING"  # noqa: S608
            return database.executemany(insert, rows).rowcount if rows else 0

        return await self._state.write(put)

    async def take_back(self, person: int, track_id: str) -> bool:
        """Forget a thumb; return whether there was one."""

        def remove(database: sqlite3.Connection) -> int:
            return database.execute(
                "DELETE FROM likes WHERE person = ? AND track = ?", (person, track_id)
            ).rowcount

        return bool(await self._state.write(remove))

    def vote(self, person: int, track_id: str) -> int:
        """Return the thumb a person gave a track: 1, -1, or 0 for none. Blocking."""

        def look(database: sqlite3.Connection) -> Any:
            return database.execute(
                "SELECT vote FROM likes WHERE person = ? AND track = ?", (person, track_id)
            ).fetchone()

        row = self._state.read(look)
        return int(row[0]) if row else 0

    def names_of(self, person: int) -> tuple[Thumb, ...]:
        """Return a person's thumbs without their vectors, newest first. Blocking."""

        def look(database: sqlite3.Connection) -> list[Any]:
            return database.execute(
                "SELECT track, vote, title, artist FROM likes WHERE person = ? "
                "ORDER BY created DESC, rowid DESC",
                (person,),
            ).fetchall()

        return tuple(Thumb(*row) for row in self._state.read(look))

    def of(self, person: int) -> tuple[Like, ...]:
        """Return a person's thumbs, newest first. Blocking."""

        def look(database: sqlite3.Connection) -> list[Any]:
            return database.execute(
                "SELECT track, vote, space, vectors, dim, title, artist, created "
                "FROM likes WHERE person = ? ORDER BY created DESC, rowid DESC",
                (person,),
            ).fetchall()

        # Earlier versions kept all windows.
        return tuple(
            Like(person, track, vote, space, _mean(unpack(vectors, dim)), title, artist, created)
            for track, vote, space, vectors, dim, title, artist, created in self._state.read(look)
        )


def _row(
    person: int, track: Track, vote: int, space: str, vectors: FloatArray, now: float
) -> tuple[int | str | float | bytes, ...]:
    mean = _mean(vectors)
    dim = mean.shape[1]
    return person, track.id, vote, space, dim, pack(mean), track.title, track.artist, now


def _mean(vectors: FloatArray) -> FloatArray:
    return unit_mean(vectors)[None]
