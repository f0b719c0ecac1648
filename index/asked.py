"""A shelf that is asked from several threads, until it is closed: whatever it stands on."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.finding import find_track
from index.manifest import Manifest
from index.search import search, search_many
from index.shelf import Shelf
from models.types import (
    CatalogueError,
    ModelStamp,
    Query,
    Ranking,
    SearchOptions,
    Track,
    Windows,
)

_PAGE = 256


class AskedShelf:
    """One generation of an index, opened; safe to ask from several threads.

    Parameters
    ----------
    place : str
        Where the index is, for sentences.
    manifest : Manifest
        What the generation says of itself.
    shelf : Shelf
        Let go of when this is closed and the last question is answered.
    """

    def __init__(self, place: str, manifest: Manifest, shelf: Shelf) -> None:
        self.manifest = manifest
        self._place = place
        self._shelf = shelf
        self._lock = threading.Lock()
        self._readers = 0
        self._open = True

    @property
    def stamp(self) -> ModelStamp:
        """The model the catalogue was made with."""
        return self.manifest.stamp

    @property
    def others(self) -> tuple[ModelStamp, ...]:
        """Other files of that model which made some of its vectors; empty mostly."""
        return self.manifest.others

    def __len__(self) -> int:
        return self.manifest.tracks

    def search(self, query: Query, options: SearchOptions) -> Ranking:
        """Rank the tracks that sound like the query, best first.

        Raises
        ------
        ClipError
            The query's vectors are of another size, not finite, or zero.
        CatalogueError
            No track has what the answer is to be narrowed to.
        """
        with self._read() as shelf:
            return search(shelf, query, options)

    def search_many(self, queries: Sequence[Query], options: SearchOptions) -> Iterator[Ranking]:
        """Yield the ranking of each query, in their order: quicker than one after the other.

        Raises
        ------
        ClipError, CatalogueError
            As `search`, once the first ranking of some hundred queries is asked for.
        """
        with self._read() as shelf:
            yield from search_many(shelf, queries, options)

    def find(self, track_id: str) -> Track:
        """Return the track with this id, or the only one whose id begins so.

        Raises
        ------
        CatalogueError
            No track, or more than one, or fewer than four characters.
        """
        with self._read() as shelf:
            return find_track(shelf.catalogue, track_id)

    def query_of(self, track: Track) -> Query:
        """Return the query that asks for the likes of a track of this catalogue.

        Raises
        ------
        CatalogueError
            The catalogue has no such track.
        """
        with self._read() as shelf:
            number = shelf.catalogue.number_of(track.id)
            if number is None:
                raise CatalogueError(
                    f"“{track.title}” is not in this catalogue any more.",
                    "Ask with a clip, or with a track of another answer.",
                )
            windows = shelf.windows_of(number)
        # It is recognised by its id, so windows at every patch are not needed.
        return Query(windows, windows, track.id, track.seconds)

    def complete(self, text: str, limit: int = 25) -> tuple[Track, ...]:
        """Return the tracks that a person who typed this may mean, best first.

        Titles that begin so come first, by alphabet; then tracks with words in title, artist and
        album that begin as the typed ones do. Case, accents and punctuation make no difference.

        Parameters
        ----------
        text : str
            Any text; an empty one asks for the first titles of all.
        limit : int
            At most so many.
        """
        with self._read() as shelf:
            return tuple(shelf.catalogue.tracks(shelf.catalogue.complete(text, limit)))

    def labels(self) -> tuple[tuple[str, int], ...]:
        """Return every label and how many tracks have it, most first."""
        with self._read() as shelf:
            return tuple(shelf.catalogue.names_of("label"))

    def counts(self) -> NDArray[np.int64]:
        """Return how many windows each track has, in the order of their ids."""
        with self._read() as shelf:
            return shelf.layout.count

    def contents(self, first: int = 0) -> Iterator[tuple[Track, Windows]]:
        """Yield every track and its windows, in the order of their ids, from the first-th on."""
        with self._read() as shelf:
            for start in range(first, len(shelf.layout), _PAGE):
                numbers = range(start, min(start + _PAGE, len(shelf.layout)))
                yield from shelf.read(numbers)

    def close(self) -> None:
        """Take no more questions, and let go of all once the last one is answered."""
        with self._lock:
            self._open = False
            if self._readers == 0:
                self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _read(self) -> Iterator[Shelf]:
        with self._lock:
            if not self._open:
                raise CatalogueError(
                    f"The index in {self._place} was closed.", "Open it again, then ask."
                )
            self._readers += 1
        try:
            yield self._shelf
        finally:
            self._leave()

    def _leave(self) -> None:
        with self._lock:
            self._readers -= 1
            if self._readers == 0 and not self._open:
                self._release()

    def _release(self) -> None:
        self._shelf.catalogue.close()
        self._shelf.vectors.close()
