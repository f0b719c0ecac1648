"""Who may come in: a few asks at once, some more that wait, and a sentence for the rest."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from bot.words import ENGLISH
from models.types import SoundalikeError

EACH = 2
"""How many asks one person may have in hand, wherever they were made."""

_FAREWELL = 2.0  # seconds in which those who are sent out are told why


class BusyError(SoundalikeError):
    """There is no place for an ask just now."""


class Gate:
    """Bounds the asks that are worked on, and with them memory and waiting.

    Parameters
    ----------
    at_once : int
        Asks that are worked on at the same time.
    waiting : int
        Asks that may wait behind them.
    patience : float
        Seconds that an ask may take, its waiting included.
    """

    def __init__(self, at_once: int, waiting: int, patience: float) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._at_once = at_once
        self._room = at_once + waiting
        self._patience = patience
        self._in_hand: Counter[int] = Counter()
        self._limits: set[asyncio.Timeout] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False

    @contextmanager
    def place(self, person: int) -> Iterator[None]:
        """Take a place and hold it; neither waits nor looks anything up.

        Parameters
        ----------
        person : int
            The id of the user who asks.

        Raises
        ------
        BusyError
            The bot is stopping, this person has enough asks in hand, or too many wait already.
        """
        self._remember_task()
        if self._closed:
            raise BusyError(*ENGLISH.say("busy.restarting"))
        if self._in_hand[person] >= EACH:
            raise BusyError(*ENGLISH.say("busy.you"))
        if self._in_hand.total() >= self._room:
            raise BusyError(*ENGLISH.say("busy.everyone"))
        self._in_hand[person] += 1
        try:
            yield
        finally:
            self._in_hand[person] -= 1
            self._in_hand += Counter()  # who has nothing in hand is forgotten

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn and hold it; who does so has a place.

        Raises
        ------
        BusyError
            The bot stops.
        TimeoutError
            It took longer than the gate's patience.
        """
        try:
            async with asyncio.timeout(self._patience) as limit:
                self._limits.add(limit)
                async with self._turns:
                    yield
        except TimeoutError:
            if self._closed and limit.expired():
                raise BusyError(*ENGLISH.say("busy.restarting")) from None
            raise
        finally:
            self._limits.discard(limit)

    def counts(self) -> tuple[int, int]:
        """Return how many asks are worked on, and how many wait."""
        in_hand = self._in_hand.total()
        at_work = min(in_hand, self._at_once)
        return at_work, in_hand - at_work

    async def close(self, grace: float) -> None:
        """Let nobody in any more, and send out with a word who is not done within the grace.

        Parameters
        ----------
        grace : float
            Seconds.
        """
        self._closed = True
        await self._wait(grace)
        now = asyncio.get_running_loop().time()
        for limit in self._limits:
            limit.reschedule(now)
        await self._wait(_FAREWELL)

    def _remember_task(self) -> None:
        # The whole task, for it outlasts the place: the answer or the refusal is sent after it.
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _wait(self, seconds: float) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
