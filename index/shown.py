"""What a person was shown without asking for it, so that the next time it is something new."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable

from index.kept import Kept, Migration
from index.state_file import State

DAYS = 30
MOST = 300
"""So many of the newest count: a small catalogue is not to run dry for a month."""

MIGRATION = Migration(
    """
    CREATE TABLE shown (
        person INTEGER NOT NULL,
        track TEXT NOT NULL,
        created REAL NOT NULL,
        UNIQUE (person, track)
    );
    CREATE INDEX shown_created ON shown (created);
    """,
    (
        Kept(
            "shown",
            "The tracks that /foryou showed you of late, so that it shows you others.",
            days=DAYS,
        ),
    ),
)


class Shown:
    """Remembers what people were shown.

    Parameters
    ----------
    state : State
    clock : callable
        Tells the seconds since 1970.
    """

    def __init__(self, state: State, clock: Callable[[], float] = time.time) -> None:
        self._state = state
        self._clock = clock

    async def add(self, person: int, track_ids: Iterable[str]) -> None:
        """Remember that a person is shown tracks now.

        Raises
        ------
        StateError
            It cannot be written.
        """
        now = self._clock()
        rows = [(person, track, now) for track in track_ids]

        def put(database: sqlite3.Connection) -> None:
            database.executemany("INSERT OR REPLACE INTO shown VALUES (?, ?, ?)", rows)

        await self._state.write(put)

    async def forget(self, person: int) -> None:
        """Begin anew: everything may be shown to a person again."""

        def remove(database: sqlite3.Connection) -> None:
            database.execute("DELETE FROM shown WHERE person = ?", (person,))

        await self._state.write(remove)

    def of(self, person: int) -> frozenset[str]:
        """Return the ids of the tracks a person was shown of late. Blocking."""

        def look(database: sqlite3.Connection) -> list[tuple[str]]:
            return database.execute(
                "SELECT track FROM shown WHERE person = ? "
                "ORDER BY created DESC, rowid DESC LIMIT ?",
                (person, MOST),
            ).fetchall()

        return frozenset(track for (track,) in self._state.read(look))
