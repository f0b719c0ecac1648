"""Vectors by row, whether they lie in one array or in several, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.types import FloatArray


class Rows(Protocol):
    """What a search needs of a matrix; every array [n, dim] is one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""

    def __len__(self) -> int:
        """How many rows there are."""

    def __getitem__(self, rows: slice | NDArray[np.int64], /) -> FloatArray:
        """Return these rows; a view where they lie together, else a copy."""


class JoinedRows:
    """Arrays read as if they were one.

    Parameters
    ----------
    parts : sequence of np.ndarray [shape=(n, dim), float32]
        At least one.
    """

    def __init__(self, parts: Sequence[FloatArray]) -> None:
        self._parts = parts
        self._ends = np.cumsum([len(part) for part in parts])
        self._firsts = self._ends - [len(part) for part in parts]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of all parts together."""
        return int(self._ends[-1]), self._parts[0].shape[1]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | NDArray[np.int64], /) -> FloatArray:
        """Return these rows; a view where they lie in one part, else a copy."""
        if isinstance(rows, slice):
            return self._slice(*rows.indices(len(self)))
        found = np.empty((len(rows), self.shape[1]), np.float32)
        where = np.searchsorted(self._ends, rows, side="right")
        for number in np.unique(where):
            here = where == number
            found[here] = self._parts[number][rows[here] - self._firsts[number]]
        return found

    def _slice(self, start: int, stop: int, step: int) -> FloatArray:
        if step != 1:
            return self[np.arange(start, stop, step)]
        pieces = [
            part[max(start - first, 0) : max(stop - first, 0)]
            for first, part in zip(self._firsts.tolist(), self._parts, strict=True)
        ]
        filled = [piece for piece in pieces if len(piece)]
        return np.concatenate(filled) if len(filled) > 1 else (filled or pieces)[0]
