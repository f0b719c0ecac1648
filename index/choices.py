"""What people chose about how they are answered: a name and a value each."""

from __future__ import annotations

import sqlite3

from index.kept import Kept, Migration
from index.state_file import State

TASTE = "taste"
"""Whether a person's thumbs move what they find: `on`, which it is without a choice, or `off`."""

MIGRATION = Migration(
    """
    CREATE TABLE choices (
        person INTEGER NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        UNIQUE (person, name)
    );
    """,
    (Kept("choices", "What you chose about how I answer you, such as whether your thumbs count."),),
)


class Choices:
    """Keeps what people chose."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def choose(self, person: int, name: str, value: str) -> None:
        """Keep a choice.

        Raises
        ------
        StateError
            It cannot be written.
        """

        def put(database: sqlite3.Connection) -> None:
            database.execute(
                "INSERT OR REPLACE INTO choices VALUES (?, ?, ?)", (person, name, value)
            )

        await self._state.write(put)

    def of(self, person: int, name: str, default: str) -> str:
        """Return what a person chose, or the default. Blocking."""

        def look(database: sqlite3.Connection) -> tuple[str] | None:
            found: tuple[str] | None = database.execute(
                "SELECT value FROM choices WHERE person = ? AND name = ?", (person, name)
            ).fetchone()
            return found

        found = self._state.read(look)
        return found[0] if found else default
