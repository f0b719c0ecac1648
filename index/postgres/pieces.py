"""The windows of tracks as a store holds them, kept for the next question.

A generation never changes, and a search reads the same windows several times: for their scores,
their twins, and where they sound most alike.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Layout
from index.postgres.connections import Connections
from index.rows import Rows
from models.types import FloatArray, Windows

HELD_BYTES = 128 << 20
"""So much is kept, by all who ask one opened store together."""

_READ = "SELECT number, vectors, starts FROM soundalike.tracks_{n} WHERE number = ANY(%s)"


class Pieces:
    """The windows of the tracks of one generation.

    Parameters
    ----------
    connections : Connections
    generation : int
    dim : int
        Length of a vector.
    room : int
        Bytes of vectors that are kept.
    """

    def __init__(
        self, connections: Connections, generation: int, dim: int, room: int = HELD_BYTES
    ) -> None:
        self._connections = connections
        self._query = _READ.format(n=generation)
        self._dim = dim
        self._room = room
        self._lock = threading.Lock()
        self._held: OrderedDict[int, Windows] = OrderedDict()
        self._size = 0

    def of(self, numbers: Sequence[int]) -> list[Windows]:
        """Return the windows of tracks, in the order asked."""
        found: dict[int, Windows] = {}
        with self._lock:
            for number in numbers:
                if number in self._held:
                    self._held.move_to_end(number)
                    found[number] = self._held[number]
        missing = [number for number in numbers if number not in found]
        if missing:
            read = self._read(missing)
            found |= read
            self._keep(read)
        return [found[number] for number in numbers]

    def _read(self, numbers: Sequence[int]) -> dict[int, Windows]:
        return {
            number: Windows(
                np.frombuffer(vectors, "<f4").reshape(-1, self._dim), np.frombuffer(starts, "<f4")
            )
            for number, vectors, starts in self._connections.rows(self._query, [numbers])
        }

    def _keep(self, read: dict[int, Windows]) -> None:
        # Whoever reads everything once shall not push out what everybody reads.
        if sum(one.vectors.nbytes for one in read.values()) > self._room // 2:
            return
        with self._lock:
            for number, windows in read.items():
                if number not in self._held:
                    self._held[number] = windows
                    self._size += windows.vectors.nbytes
            while self._size > self._room:
                self._size -= self._held.popitem(last=False)[1].vectors.nbytes


class StoredRows(Rows):
    """Every window of a generation by row; each is read from the store when it is asked for.

    Parameters
    ----------
    pieces : Pieces
    layout : Layout
        Tracks one after the other, and nothing between them.
    dim : int
    """

    def __init__(self, pieces: Pieces, layout: Layout, dim: int) -> None:
        self._pieces = pieces
        self._layout = layout
        self._shape = (int(layout.count.sum()), dim)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self._shape

    def __len__(self) -> int:
        return self._shape[0]

    def __getitem__(self, rows: slice | NDArray[np.int64], /) -> FloatArray:
        """Return these rows."""
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(len(self)))
        if len(rows) == 0:
            return np.zeros((0, self._shape[1]), np.float32)
        numbers = self._layout.owners(rows)
        found = self._pieces.of(numbers.tolist())
        joined = (
            found[0].vectors if len(found) == 1 else np.concatenate([one.vectors for one in found])
        )
        counts = self._layout.count[numbers]
        since = np.cumsum(counts) - counts - self._layout.first[numbers]
        return joined[rows + since[np.searchsorted(numbers, self._track_of(rows))]]

    def _track_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.searchsorted(self._layout.first, rows, side="right") - 1
