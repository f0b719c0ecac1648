"""Who may come in: a few asks at once, some more that wait, and a sentence for the rest."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from weakref import WeakSet

from bot.cooldown import Cooldown
from bot.turns import Turns, Waiting
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
    cooldown : Cooldown or None
        How many asks there may be in a minute; None for any number.
    """

    def __init__(
        self, at_once: int, waiting: int, patience: float, cooldown: Cooldown | None = None
    ) -> None:
        self._turns = Turns(at_once)
        self._cooldown = cooldown
        self._at_once = at_once
        self._room = at_once + waiting
        self._patience = patience
        self._in_hand: Counter[int] = Counter()
        self._limits: set[asyncio.Timeout] = set()
        self._tasks: dict[asyncio.Task[Any], int] = {}  # and whose they are
        self._forgotten: WeakSet[asyncio.Task[Any]] = WeakSet()
        self._closed = False

    @contextmanager
    def ask(self, person: int, guild: int | None) -> Iterator[None]:
        """Take a place for an ask that something is listened to or looked for, and hold it.

        Unlike most presses on what was found, it counts: there may be so many in a minute.

        Parameters
        ----------
        person : int
            The id of the user who asks.
        guild : int or None
            That of the server; None in a direct message.

        Raises
        ------
        BusyError
            As `place` raises it; or this person or server asked too often in the last minute.
        """
        with self.place(person):
            self.count(person, guild)
            yield

    def count(self, person: int, guild: int | None) -> None:
        """Count an ask of somebody who has a place already, as `ask` does.

        Raises
        ------
        BusyError
            This person or server asked too often in the last minute.
        """
        pause = self._cooldown.take(person, guild) if self._cooldown else None
        if pause:
            key = "busy.too_often_here" if pause.of_guild else "busy.too_often"
            raise BusyError(*ENGLISH.say(key, seconds=pause.seconds))

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
        self._remember_task(person)
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
    async def turn(
        self, waiting: Waiting | None = None, *, turns: Turns | None = None
    ) -> AsyncIterator[None]:
        """Wait for a turn and hold it; who does so has a place.

        Parameters
        ----------
        waiting : callable or None
            Told how to ask how many are before, if the turn does not come at once.
        turns : Turns or None
            Those that are waited for; None for the turns to listen.

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
                async with (turns or self._turns).turn(waiting):
                    yield
        except TimeoutError:
            if self._closed and limit.expired():
                raise BusyError(*ENGLISH.say("busy.restarting")) from None
            raise
        finally:
            self._limits.discard(limit)

    def forget(self, person: int) -> None:
        """Let nothing be kept of what a person has in hand: they want to be forgotten."""
        self._forgotten.update(task for task, whose in self._tasks.items() if whose == person)

    def may_keep(self) -> bool:
        """Whether something may be kept of the ask that is worked on here.

        It holds until the next await: what is to be kept is handed to the state before that.
        """
        return asyncio.current_task() not in self._forgotten

    def check_keeping(self) -> None:
        """Check the same.

        Raises
        ------
        BusyError
            Nothing may be kept: the person was forgotten since they asked.
        """
        if not self.may_keep():
            raise BusyError(*ENGLISH.say("privacy.forgotten"))

    @property
    def closed(self) -> bool:
        """Whether nobody is let in any more: the bot stops."""
        return self._closed

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

    def _remember_task(self, person: int) -> None:
        # The whole task, for it outlasts the place: the answer or the refusal is sent after it.
        task = asyncio.current_task()
        if task is not None:
            self._tasks[task] = person
            task.add_done_callback(lambda done: self._tasks.pop(done, None))

    async def _wait(self, seconds: float) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
