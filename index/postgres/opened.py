"""An index in a store, opened for asking: the same answers as from files."""

from __future__ import annotations

import numpy as np

from index.asked import AskedShelf
from index.catalogue import Layout
from index.manifest import Manifest
from index.postgres.address import StoreAddress
from index.postgres.catalogue import NUMBER, StoredCatalogue
from index.postgres.connections import Connections, connect, explained
from index.postgres.pieces import Pieces, StoredRows
from index.postgres.tables import check_version, version_of
from index.postgres.vectors import StoredVectors
from index.protocols import VectorIndex
from index.segments import InMemory
from index.shelf import Shelf
from index.vectors import EXACT_UP_TO
from models.types import CatalogueError

LIVE = """
SELECT number, identity, manifest, counts FROM soundalike.generations
JOIN soundalike.current ON generation = number
"""
# A store that was emptied and filled again numbers its generations alike.
_CURRENT = """
SELECT number, identity FROM soundalike.generations
JOIN soundalike.current ON generation = number
"""


def open_store(address: StoreAddress) -> StoredIndex:
    """Open the live generation of the index in a store.

    Raises
    ------
    CatalogueError
        The store cannot be reached, holds no index, or is of another version.
    """
    with explained(address), connect(address) as connection:
        check_version(version_of(connection), address)
    connections = Connections(address)
    try:
        live = connections.rows(LIVE)
        if not live:
            check_version(0, address)
        number, identity, manifest, counts = live[0]
        generation = (number, identity)
        return StoredIndex(connections, generation, Manifest.from_json(manifest), counts)
    except BaseException:
        connections.close()
        raise


class StoredIndex(AskedShelf):
    """One generation of an index in a store; made by `open_store`.

    Attributes
    ----------
    generation : int
        Its number.
    manifest : Manifest
        That of the index it was copied from.
    """

    def __init__(
        self,
        connections: Connections,
        generation: tuple[int, str],
        manifest: Manifest,
        counts: bytes,
    ) -> None:
        self.generation, self._identity = generation
        self._connections = connections
        count = np.frombuffer(counts, NUMBER).astype(np.int64)
        layout = Layout(np.cumsum(count) - count, count)
        pieces = Pieces(connections, self.generation, manifest.stamp.dim)
        catalogue = StoredCatalogue(connections, self.generation, pieces)
        rows = StoredRows(pieces, layout, manifest.stamp.dim)
        vectors: VectorIndex
        if len(rows) <= EXACT_UP_TO:
            vectors = InMemory(rows[:])
        else:
            vectors = StoredVectors(connections, self.generation, catalogue, layout, rows)
        shelf = Shelf(catalogue, vectors, layout)
        super().__init__(connections.address.name, manifest, shelf)

    def is_current(self) -> bool:
        """Whether this is still the live generation: cheap enough to ask every few seconds.

        Raises
        ------
        CatalogueError
            The store cannot be reached.
        """
        found = self._connections.rows(_CURRENT)
        if not found:
            raise CatalogueError(
                f"The store at {self._connections.address.name} holds no index any more.",
                "Put one there with `soundalike index push`.",
            )
        return tuple(found[0]) == (self.generation, self._identity)
