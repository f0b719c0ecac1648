"""Where the windows of every track come from when the next generation is written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from index.base import Base
from models.types import FloatArray

# Every track with where the last generation has it, if it does, and whether it was heard again.
_PLACED = """
SELECT first.id, first.source, old.starts, old.first, new.starts, new.vectors
FROM first LEFT JOIN base.tracks AS old USING (id) LEFT JOIN main.vectors AS new USING (id)
ORDER BY first.id
"""


@dataclass(frozen=True, slots=True)
class Placed:
    """A track as it is published next.

    Attributes
    ----------
    id : str
    source : str or bytes
        The file whose tags are shown.
    starts : bytes
        Start of each window in seconds, float32.
    row : int or None
        Where its windows begin in the last generation; None where they are new.
    """

    id: str
    source: str | bytes
    starts: bytes
    row: int | None

    @property
    def count(self) -> int:
        """How many windows it has."""
        return len(self.starts) // 4


class Placement:
    """Every track that is published next, by id, and its windows.

    What was heard again and gave the same windows stays where the last generation has it.

    Parameters
    ----------
    database : sqlite3.Connection
        A record, laid over a generation (`index.overlay`).
    base : Base or None
        The generation.
    """

    def __init__(self, database: sqlite3.Connection, base: Base | None) -> None:
        self._database = database
        self._base = base

    def __iter__(self) -> Iterator[Placed]:
        for track_id, source, old, row, new, vectors in self._database.execute(_PLACED):
            if new is None or (new == old and vectors == self._at(row, len(new) // 4).tobytes()):
                yield Placed(track_id, source, old, row)
            else:
                yield Placed(track_id, source, new, None)

    def vectors_of(self, track: Placed) -> FloatArray:
        """Return the windows of a track [windows, dim]."""
        if track.row is not None:
            return self._at(track.row, track.count)
        find = "SELECT vectors FROM vectors WHERE id = ?"
        (blob,) = self._database.execute(find, [track.id]).fetchone()
        return np.frombuffer(blob, "<f4").reshape(track.count, -1)

    def _at(self, row: int, count: int) -> FloatArray:
        """Return windows of the last generation."""
        assert self._base is not None
        return self._base.matrix[row : row + count]
