"""An index that is opened anew once it was built anew, under a running bot."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, Self

from bot.stamps import compare_stamps
from models.types import (
    ModelStamp,
    Query,
    Ranking,
    SearchOptions,
    SoundalikeError,
    Track,
    TrackIndex,
)

_log = logging.getLogger(__name__)

_EVERY = 5.0  # seconds


class OpenedIndex(TrackIndex, Protocol):
    """One generation of an index."""

    def is_current(self) -> bool:
        """Whether there is no newer generation; SoundalikeError where that cannot be told."""

    def close(self) -> None:
        """Let go of the files."""


@dataclass(slots=True, eq=False)
class _Generation:
    """An opened index and how many are asking it."""

    index: OpenedIndex
    readers: int = 0


class LiveIndex:
    """A `TrackIndex` that always answers from the newest generation; to be closed.

    It looks for a newer one when it is asked, in the thread that asks. One that cannot be opened,
    or is of another embedding space, is noted in the log, and the old one goes on answering.

    Parameters
    ----------
    opener : callable
        Opens the newest generation.
    every : float
        Seconds from one look to the next, at least.

    Raises
    ------
    SoundalikeError
        The index cannot be opened.
    """

    def __init__(self, opener: Callable[[], OpenedIndex], every: float = _EVERY) -> None:
        self._opener = opener
        self._every = every
        self._now = _Generation(opener())
        self._looked = time.monotonic()
        self._counting = threading.Lock()
        self._renewing = threading.Lock()
        self._complaint = ""

    @property
    def stamp(self) -> ModelStamp:
        """The model the catalogue was made with."""
        return self._now.index.stamp

    @property
    def others(self) -> tuple[ModelStamp, ...]:
        """Other files of that model which made some of its vectors; empty mostly."""
        return self._now.index.others

    def __len__(self) -> int:
        return len(self._now.index)

    def search(self, query: Query, options: SearchOptions) -> Ranking:
        """Rank the tracks that sound like the query; raises as the index does."""
        with self.pinned() as index:
            return index.search(query, options)

    def find(self, track_id: str) -> Track:
        """Return the track with this id, or how it begins; raises as the index does."""
        with self.pinned() as index:
            return index.find(track_id)

    def query_of(self, track: Track) -> Query:
        """Return the query for the likes of a track; raises as the index does."""
        with self.pinned() as index:
            return index.query_of(track)

    def complete(self, text: str, limit: int = 25) -> tuple[Track, ...]:
        """Return the tracks that a person who typed this may mean, best first."""
        with self.pinned() as index:
            return index.complete(text, limit)

    def labels(self) -> tuple[tuple[str, int], ...]:
        """Return every label and how many tracks have it, most first."""
        with self.pinned() as index:
            return index.labels()

    @contextmanager
    def pinned(self) -> Iterator[OpenedIndex]:
        """Lend the newest generation for several questions; it stays open until the end."""
        self._look()
        with self._counting:
            generation = self._now
            generation.readers += 1
        try:
            yield generation.index
        finally:
            with self._counting:
                generation.readers -= 1
                self._drop(generation)

    def reload(self) -> bool:
        """Look for a newer generation now; return whether there was one.

        Raises
        ------
        SoundalikeError
            It cannot be opened, or is of another embedding space; the old one goes on answering.
        """
        with self._renewing:
            old = self._now
            self._renew()
            return self._now is not old

    def swap(self, opener: Callable[[], OpenedIndex]) -> None:
        """Answer from another index from now on.

        Raises
        ------
        SoundalikeError
            As `reload` raises it.
        """
        with self._renewing:
            self._exchange(opener())
            self._opener = opener

    def close(self) -> None:
        """Let go of the files once nobody asks any more."""
        self._now.index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _look(self) -> None:
        # Whoever comes while another one opens the new generation is answered by the old one.
        if time.monotonic() - self._looked < self._every or not self._renewing.acquire(False):
            return
        try:
            self._renew()
            self._complaint = ""
        except SoundalikeError as error:
            if str(error) != self._complaint:
                _log.error("the catalogue stays as it was opened: %s", error)
            self._complaint = str(error)
        finally:
            self._looked = time.monotonic()
            self._renewing.release()

    def _renew(self) -> None:
        if not self._now.index.is_current():
            self._exchange(self._opener())

    def _exchange(self, index: OpenedIndex) -> None:
        old = self._now
        try:
            compare_stamps(old.index.stamp, index.stamp)
        except SoundalikeError:
            index.close()
            raise
        with self._counting:
            self._now = _Generation(index)
            self._drop(old)
        _log.info("the catalogue was built anew: %d tracks", len(index))

    def _drop(self, generation: _Generation) -> None:
        if generation is not self._now and generation.readers == 0:
            generation.index.close()
