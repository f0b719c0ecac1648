"""The windows of a generation in a store: the graph is pgvector's, the vectors are read exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Layout
from index.postgres.catalogue import StoredCatalogue
from index.postgres.connections import Connections
from index.postgres.pieces import StoredRows
from index.scope import Scope
from models.types import FloatArray

# What is nearest to each probe, all places in one row: the order among them does not matter.
_PROBES = """
WITH probe AS MATERIALIZED (  -- or a vector would be read from its text for every window
    SELECT n, spelled::halfvec AS vector
    FROM unnest(%s::text[]) WITH ORDINALITY AS given (spelled, n)
)
SELECT n, (SELECT array_agg(place) FROM ({near}) AS near) FROM probe ORDER BY n
"""
_NEAR = """
SELECT place FROM soundalike.windows_{n}{where}
ORDER BY windows_{n}.vector <#> probe.vector LIMIT %s
"""
# What is added keeps the planner from the graph, which would leave some out.
_EXACTLY_NEAR = """
SELECT place FROM soundalike.windows_{n} WHERE track = ANY(%s)
ORDER BY (windows_{n}.vector <#> probe.vector) + 0 LIMIT %s
"""

# Following the graph past a window costs about as much as reading ten windows in turn: measured.
_FOLLOWING = 10


class StoredVectors:
    """The windows of one generation; safe to ask from several threads.

    Parameters
    ----------
    connections : Connections
    generation : int
    catalogue : StoredCatalogue
    layout : Layout
    matrix : StoredRows

    Attributes
    ----------
    matrix : StoredRows
        Every window, of unit length, in float32.
    """

    def __init__(
        self,
        connections: Connections,
        generation: int,
        catalogue: StoredCatalogue,
        layout: Layout,
        matrix: StoredRows,
    ) -> None:
        self.matrix = matrix
        self._connections = connections
        self._generation = generation
        self._catalogue = catalogue
        self._layout = layout

    def nearest(self, queries: FloatArray, count: int) -> list[NDArray[np.int64]]:
        """Return about the `count` nearest rows of each query."""
        return self._ask(_NEAR, "", queries, [], count)

    def nearest_within(
        self, queries: FloatArray, count: int, scope: Scope
    ) -> list[NDArray[np.int64]]:
        """Return about the `count` nearest rows of each query that belong to wanted tracks.

        Where many are wanted the graph is followed until enough of them were met; where few are,
        or the graph ends before, all of them are read.
        """
        wanted = min(count, scope.windows)
        if scope.windows**2 > _FOLLOWING * count * len(self.matrix):
            kinds = self._catalogue.facet_ids(scope.only)
            where = " WHERE " + " AND ".join(["facets && %s::int4[]"] * len(kinds))
            found = self._ask(_NEAR, where, queries, kinds, count)
            if min(map(len, found)) >= wanted:
                return found
        assert scope.wanted is not None
        tracks = np.flatnonzero(scope.wanted).tolist()
        return self._ask(_EXACTLY_NEAR, "", queries, [tracks], count)

    def close(self) -> None:
        """Let go of the connections."""
        self._connections.close()

    def _ask(
        self, near: str, where: str, queries: FloatArray, values: Sequence[Any], count: int
    ) -> list[NDArray[np.int64]]:
        query = _PROBES.format(near=near.format(n=self._generation, where=where))
        probes = [spelled(vector) for vector in queries]
        rows = self._connections.rows(query, [probes, *values, count])
        return [np.array(places or [], np.int64) for _, places in rows]


def spelled(vector: FloatArray) -> str:
    """Return a vector as pgvector reads it."""
    return f"[{','.join(map(repr, vector.tolist()))}]"
