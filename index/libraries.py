"""Libraries: a server's own tracks, in the state file, seen by nobody else."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from index.kept import Kept, Migration
from index.library_shelf import LibraryShelf
from index.packing import pack, unpack_windows
from index.state_file import State
from models.types import EmbeddedTrack, ModelStamp, Track

SOURCE = "library"

DAYS = 30
"""How long a server's tracks are kept once it has removed the bot."""

_MEMORY = 256 << 20

MIGRATION = Migration(
    """
    CREATE TABLE library (
        guild INTEGER NOT NULL,
        track TEXT NOT NULL,           -- hash of the audio payload
        title TEXT NOT NULL,
        artist TEXT NOT NULL,
        album TEXT NOT NULL,
        seconds REAL NOT NULL,
        labels JSON TEXT NOT NULL,
        space TEXT NOT NULL,           -- the embedding space of the vectors
        dim INTEGER NOT NULL,
        vectors BLOB NOT NULL,         -- the track's windows, float32
        starts BLOB NOT NULL,
        preview BLOB NOT NULL,         -- the beginning, compressed; empty for none
        created REAL NOT NULL,
        UNIQUE (guild, track)
    );
    """,
    (
        Kept(
            "library",
            "A server's own tracks, for its members to find: their names, the numbers a model "
            "made of them and a compressed preview; not who added them. They stay until they are "
            "removed, or for 30 days after the server removed me.",
            person="",
            days=DAYS,
            since="left_at",
            lasting=True,
        ),
    ),
)

LEAVING = Migration(
    """
    ALTER TABLE library ADD COLUMN artist_known INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE library ADD COLUMN left_at REAL;  -- when the server removed the bot; NULL if not
    """
)

_TRACK = "track, title, artist, album, seconds, labels, artist_known"
_HERE = "guild = ? AND left_at IS NULL"


class Added(Enum):
    """What came of adding a track."""

    YES = "yes"
    KNOWN = "known"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Usage:
    """How much a server's library holds.

    Attributes
    ----------
    tracks : int
    seconds : float
        Of music.
    bytes : int
        Of vectors and previews.
    """

    tracks: int
    seconds: float
    bytes: int


class Libraries:
    """Keeps the tracks of servers; safe to read from several threads.

    Parameters
    ----------
    state : State
    most : int
        Tracks that one server may have.
    clock : callable
        Tells the seconds since 1970.
    memory : int
        About so many bytes of tracks are held in memory, those that were asked for last; more only
        where one server's alone are more.
    """

    def __init__(
        self,
        state: State,
        most: int = 500,
        clock: Callable[[], float] = time.time,
        memory: int = _MEMORY,
    ) -> None:
        self._state = state
        self.most = most
        self._clock = clock
        self._memory = memory
        self._shelves: OrderedDict[tuple[int, str], LibraryShelf] = OrderedDict()
        self._lock = threading.Lock()

    async def add(
        self, guild: int, embedded: EmbeddedTrack, stamp: ModelStamp, preview: bytes
    ) -> Added:
        """Keep a track; it can be searched once this returns.

        Raises
        ------
        StateError
            It cannot be written.
        """
        track, windows = embedded.track, embedded.windows
        row = (
            *(guild, track.id, track.title, track.artist, track.album, track.seconds),
            *(json.dumps(track.labels), stamp.space, stamp.dim),
            *(pack(windows.vectors), pack(windows.starts), preview, self._clock()),
            *(track.artist_known, None),
        )

        def put(database: sqlite3.Connection) -> Added:
            # A track that was heard by another model is heard anew.
            known = "SELECT 1 FROM library WHERE guild = ? AND track = ? AND space = ?"
            if database.execute(known, (guild, track.id, stamp.space)).fetchone():
                return Added.KNOWN
            others = "SELECT count(*) FROM library WHERE guild = ? AND track != ?"
            if database.execute(others, (guild, track.id)).fetchone()[0] >= self.most:
                return Added.FULL
            marks = ", ".join("?" * len(row))
            database.execute(f"INSERT OR REPLACE INTO library VALUES ({marks})", row)  # noqa: S608
            return Added.YES

        added = await self._state.write(put)
        self._forget(guild)
        return added

    async def remove(self, guild: int, track_id: str) -> bool:
        """Take a track out for good; return whether it was there."""

        def delete(database: sqlite3.Connection) -> int:
            return database.execute(
                "DELETE FROM library WHERE guild = ? AND track = ?", (guild, track_id)
            ).rowcount

        removed = bool(await self._state.write(delete))
        self._forget(guild)
        return removed

    async def remove_all(self, guild: int) -> int:
        """Take every track of a server out; return how many there were."""

        def delete(database: sqlite3.Connection) -> int:
            return database.execute("DELETE FROM library WHERE guild = ?", (guild,)).rowcount

        removed = await self._state.write(delete)
        self._forget(guild)
        return removed

    async def present(self, guilds: Iterable[int]) -> None:
        """Take note of the servers the bot is in: the libraries of all others wait to be deleted.

        Those of servers it is in again are there again, as they were.
        """
        here = json.dumps(sorted(guilds))
        now = self._clock()

        def mark(database: sqlite3.Connection) -> None:
            among = "IN (SELECT value FROM json_each(?))"
            database.execute(
                f"UPDATE library SET left_at = NULL WHERE left_at IS NOT NULL AND guild {among}",  # noqa: S608
                (here,),
            )
            database.execute(
                f"UPDATE library SET left_at = ? WHERE left_at IS NULL AND guild NOT {among}",  # noqa: S608
                (now, here),
            )

        await self._state.write(mark)
        with self._lock:
            self._shelves.clear()

    def tracks(self, guild: int) -> tuple[Track, ...]:
        """Return a server's tracks by title, those of other models too. Blocking."""

        def look(database: sqlite3.Connection) -> list[Any]:
            return database.execute(
                f"SELECT {_TRACK} FROM library WHERE {_HERE} ORDER BY title, track",  # noqa: S608
                (guild,),
            ).fetchall()

        return tuple(_track(guild, row) for row in self._state.read(look))

    def find(self, guild: int, track_id: str, space: str) -> Track | None:
        """Return a track that was heard in an embedding space; None if there is none. Blocking."""

        def look(database: sqlite3.Connection) -> Any:
            return database.execute(
                f"SELECT {_TRACK} FROM library WHERE {_HERE} AND track = ? AND space = ?",  # noqa: S608
                (guild, track_id, space),
            ).fetchone()

        row = self._state.read(look)
        return None if row is None else _track(guild, row)

    def preview(self, guild: int, track_id: str) -> bytes:
        """Return the compressed beginning of a track; empty where there is none. Blocking."""

        def look(database: sqlite3.Connection) -> Any:
            return database.execute(
                f"SELECT preview FROM library WHERE {_HERE} AND track = ?",  # noqa: S608
                (guild, track_id),
            ).fetchone()

        found = self._state.read(look)
        return bytes(found[0]) if found else b""

    def usage(self, guild: int) -> Usage:
        """Return how much a server's library holds. Blocking."""

        def look(database: sqlite3.Connection) -> Any:
            return database.execute(
                "SELECT count(*), total(seconds), total(length(vectors) + length(preview)) "  # noqa: S608
                f"FROM library WHERE {_HERE}",
                (guild,),
            ).fetchone()

        tracks, seconds, size = self._state.read(look)
        return Usage(tracks, seconds, int(size))

    def shelf(self, guild: int, space: str) -> LibraryShelf:
        """Return what can be searched of a server's tracks: those of an embedding space. Blocking.

        It is held in memory until the library changes, or others need the room.
        """
        with self._lock:
            shelf = self._shelves.get((guild, space))
            if shelf is not None:
                self._shelves.move_to_end((guild, space))
                return shelf
            shelf = LibraryShelf(self._load(guild, space))
            self._shelves[guild, space] = shelf
            self._make_room()
            return shelf

    def _make_room(self) -> None:
        held = sum(shelf.nbytes for shelf in self._shelves.values())
        while held > self._memory and len(self._shelves) > 1:
            _, oldest = self._shelves.popitem(last=False)
            held -= oldest.nbytes

    def _load(self, guild: int, space: str) -> list[EmbeddedTrack]:
        def look(database: sqlite3.Connection) -> list[Any]:
            return database.execute(
                f"SELECT {_TRACK}, vectors, starts, dim FROM library "  # noqa: S608
                f"WHERE {_HERE} AND space = ? ORDER BY track",
                (guild, space),
            ).fetchall()

        return [
            EmbeddedTrack(_track(guild, row), unpack_windows(vectors, starts, dim))
            for *row, vectors, starts, dim in self._state.read(look)
        ]

    def _forget(self, guild: int) -> None:
        with self._lock:
            for key in [key for key in self._shelves if key[0] == guild]:
                del self._shelves[key]


def _track(guild: int, row: Sequence[Any]) -> Track:
    track_id, title, artist, album, seconds, labels, artist_known = row
    return Track(
        id=track_id,
        title=title,
        artist=artist,
        album=album,
        artist_known=bool(artist_known),
        seconds=seconds,
        labels=tuple(json.loads(labels)),
        source=SOURCE,
        library=str(guild),
    )
