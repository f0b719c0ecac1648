"""The opened parts of a generation that a search reads, and which of its tracks may be answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from index.catalogue import Layout
from index.protocols import TrackCatalogue, VectorIndex
from index.scope import Scope
from models.types import NothingFoundError, Only, Track, Windows

_SUGGESTED = 3

# What was asked for is kept: a million tracks take some milliseconds to choose from.
_MOST_SCOPES = 16


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """The opened parts of a generation that a search reads."""

    catalogue: TrackCatalogue
    vectors: VectorIndex
    layout: Layout
    _scopes: dict[Only, Scope] = field(default_factory=dict)

    def windows_of(self, number: int) -> Windows:
        """Return the windows of one track."""
        rows = np.asarray(self.vectors.matrix[self.layout.rows(number)])
        return Windows(rows, self.catalogue.starts(number))

    def read(self, numbers: Sequence[int]) -> list[tuple[Track, Windows]]:
        """Return tracks with their windows, in the order asked."""
        matrix, rows = self.vectors.matrix, self.layout.rows
        return [
            (track, Windows(matrix[rows(number)], starts))
            for number, (track, starts) in zip(
                numbers, self.catalogue.entries(numbers), strict=True
            )
        ]

    def scope(self, only: Only) -> Scope:
        """Tell which tracks may be answered.

        Raises
        ------
        NothingFoundError
            No track has one of the labels, artists or sources that are asked for.
        """
        found = self._scopes.get(only)
        if found is None:
            if len(self._scopes) >= _MOST_SCOPES:
                self._scopes.clear()
            found = self._scopes[only] = self._scope(only)
        return found

    def _scope(self, only: Only) -> Scope:
        if only == Only():
            return Scope(None, None, int(self.layout.count.sum()), only)
        tracks = len(self.layout)
        wanted = self.catalogue.matching(only, tracks)
        if not wanted.any():
            self._refuse_unknown(only)
        libraries = Only(libraries=only.libraries)
        visible = self.catalogue.matching(libraries, tracks) if only.libraries else None
        return Scope(wanted, visible, int(self.layout.count[wanted].sum()), only)

    def _refuse_unknown(self, only: Only) -> None:
        """Say which name no track has; a library without tracks is nothing to be told about."""
        for kind, name in self.catalogue.unknown(only):
            if kind != "library":
                known = self.catalogue.names_like(kind, name, _SUGGESTED)
                raise NothingFoundError(
                    f"No track of this catalogue has the {kind} “{name}”.",
                    f"It has, for example, {' and '.join(known)}." if known else "",
                )
