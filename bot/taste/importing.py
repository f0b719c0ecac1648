"""Looks up the songs of a list, however long it is, while everybody else goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import TypeVar, TypeVarTuple

from bot.gate import BusyError, Gate
from bot.playlists.matching import match_wishes
from bot.playlists.wishes import Wish, read_wishes
from bot.words import ENGLISH
from index.tastes import unit_mean
from models.types import CatalogueError, FloatArray, Track, TrackIndex

T = TypeVar("T")
Given = TypeVarTuple("Given")

SECONDS = 60.0
"""Longest that one list is looked up for."""

_SLICE = 20  # songs; between slices others have their turn, and the clock is looked at
_AT_ONCE = 4  # lists in hand, a minute each: an interaction can be answered for fifteen


@dataclass(frozen=True, slots=True)
class Brought:
    """What the catalogue has of a list.

    Attributes
    ----------
    found : tuple of (Track, np.ndarray [shape=(1, dim), float32])
        Each track once, with the direction of its mean.
    missing : tuple of Wish
        What the catalogue has not.
    left : int
        How many songs there was no time for.
    """

    found: tuple[tuple[Track, FloatArray], ...]
    missing: tuple[Wish, ...]
    left: int = 0


class Importer(AbstractContextManager["Importer"]):
    """Looks lists up in one thread of its own; to be closed.

    Parameters
    ----------
    gate : Gate
        Once it closes, no list is looked up any further.
    seconds : float
        Work that one list may make.
    clock : callable
        Seconds that never go back.
    """

    def __init__(
        self, gate: Gate, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._gate = gate
        self._seconds = seconds
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lists")
        self._in_hand = 0

    async def look_up(self, data: bytes, index: TrackIndex) -> Brought:
        """Find the songs that a list names in an index.

        Parameters
        ----------
        data : bytes
            As `read_wishes` reads it.
        index : TrackIndex

        Raises
        ------
        ClipError
            As `read_wishes` raises it.
        BusyError
            Enough lists are being looked up, or the bot stops.
        """
        if self._in_hand >= _AT_ONCE:
            raise BusyError(*ENGLISH.say("busy.everyone"))
        self._in_hand += 1
        try:
            wishes, spent = await self._aside(read_wishes, data)
            return await self._all(wishes, index, spent)
        finally:
            self._in_hand -= 1

    def __exit__(self, *_error: object) -> None:
        self._thread.shutdown(cancel_futures=True)

    async def _all(self, wishes: Sequence[Wish], index: TrackIndex, spent: float) -> Brought:
        found: dict[str, tuple[Track, FloatArray]] = {}
        missing: list[Wish] = []
        for start in range(0, len(wishes), _SLICE):
            if self._gate.closed:
                raise BusyError(*ENGLISH.say("busy.restarting"))
            if spent > self._seconds:
                return Brought(tuple(found.values()), tuple(missing), len(wishes) - start)
            part, more = await self._aside(_look_up, wishes[start : start + _SLICE], index)
            found.update({track.id: (track, mean) for track, mean in part.found})
            missing += part.missing
            spent += more
        return Brought(tuple(found.values()), tuple(missing))

    async def _aside(self, work: Callable[[*Given], T], *arguments: *Given) -> tuple[T, float]:
        """Do work in the thread; return what comes of it and the seconds it took."""

        def timed() -> tuple[T, float]:
            began = self._clock()
            return work(*arguments), self._clock() - began

        return await asyncio.get_running_loop().run_in_executor(self._thread, timed)


def _look_up(wishes: Sequence[Wish], index: TrackIndex) -> Brought:
    matched = match_wishes(wishes, index)
    found = []
    for track in matched.found:
        with suppress(CatalogueError):  # the index may have been built anew this moment
            found.append((track, unit_mean(index.query_of(track).windows.vectors)[None]))
    return Brought(tuple(found), matched.missing)
