"""One generation of an index for all of an operation: what it finds, it can ask for again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, runtime_checkable

from models.types import TrackIndex


@runtime_checkable
class Lending(Protocol):
    """An index that may be exchanged while it is asked."""

    def pinned(self) -> AbstractContextManager[TrackIndex]:
        """Lend the generation that is there now; it stays open until the context is left."""


@contextmanager
def pinned(index: TrackIndex) -> Iterator[TrackIndex]:
    """Lend one generation of an index; one that never changes is lent itself."""
    if isinstance(index, Lending):
        with index.pinned() as generation:
            yield generation
    else:
        yield index
