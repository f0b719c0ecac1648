"""What a search needs of a generation, wherever it is kept: in files, or in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from index.rows import Rows
from index.scope import Scope
from models.types import FloatArray, Only, Track


class VectorIndex(Protocol):
    """The windows that a search reads; safe to ask from several threads."""

    @property
    def matrix(self) -> Rows:
        """Every window [windows, dim], of unit length, and rows that no track owns any more."""

    def nearest(self, queries: FloatArray, count: int) -> list[NDArray[np.int64]]:
        """Return about the `count` nearest rows of each query; see `WindowVectors.nearest`."""

    def close(self) -> None:
        """Let go of the files, or of the connections."""


@runtime_checkable
class NarrowableIndex(Protocol):
    """A `VectorIndex` that can look among some of its windows alone."""

    def nearest_within(
        self, queries: FloatArray, count: int, scope: Scope
    ) -> list[NDArray[np.int64]]:
        """Return about the `count` nearest rows of each query that belong to wanted tracks.

        They are fewer only where fewer are wanted.
        """


class TrackCatalogue(Protocol):
    """The tracks of a generation, numbered from 0; safe to ask from several threads."""

    def tracks(self, numbers: Sequence[int]) -> list[Track]:
        """Return the tracks with these numbers, in the order asked."""

    def entries(self, numbers: Sequence[int]) -> list[tuple[Track, FloatArray]]:
        """Return the same, each with the start of every one of its windows, in seconds."""

    def starts(self, number: int) -> FloatArray:
        """Return the start of every window of a track, in seconds."""

    def number_of(self, track_id: str) -> int | None:
        """Return the number of the track with exactly this id, or None."""

    def beginning(self, prefix: str, limit: int) -> list[Track]:
        """Return the first tracks, by id, whose id begins so."""

    def complete(self, text: str, limit: int) -> list[int]:
        """Return the numbers of the tracks that a person who typed this may mean, best first."""

    def matching(self, only: Only, tracks: int) -> NDArray[np.bool_]:
        """Tell which of the tracks, so many in all, are wanted."""

    def unknown(self, only: Only) -> list[tuple[str, str]]:
        """Return the kind and the name of everything wanted that no track has."""

    def names_of(self, kind: str) -> list[tuple[str, int]]:
        """Return every label, artist, source or library with its count of tracks, most first."""

    def names_like(self, kind: str, name: str, limit: int) -> list[str]:
        """Return some labels, artists or sources that begin so, or else the most common ones."""

    def close(self) -> None:
        """Let go of the file, or of the connections."""
