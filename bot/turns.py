"""Turns in the order of coming, and how many are before each of those who wait."""

from __future__ import annotations

import asyncio
import itertools
from bisect import bisect_left
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

Before = Callable[[], int | None]
"""Tells how many wait before one who waits; None once the turn has come."""

Waiting = Callable[[Before], None]
"""Is told, once, when somebody has to wait, how to ask for their place; must not wait itself."""


@dataclass(frozen=True, slots=True, eq=False)
class _Ticket:
    number: int
    called: asyncio.Future[None]


class Turns:
    """So many turns at the same time; whoever comes later waits, first come, first served.

    Parameters
    ----------
    at_once : int
        Turns that are held at the same time.
    """

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._waiting: list[_Ticket] = []  # by their numbers
        self._numbers = itertools.count()

    @asynccontextmanager
    async def turn(self, waiting: Waiting | None = None) -> AsyncIterator[None]:
        """Wait for a turn and hold it; `waiting` is told if there is none at once."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(waiting)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, waiting: Waiting | None) -> None:
        ticket = _Ticket(next(self._numbers), asyncio.get_running_loop().create_future())
        self._waiting.append(ticket)
        if waiting:
            waiting(lambda: self._before(ticket))
        try:
            await ticket.called
        except asyncio.CancelledError:
            if ticket.called.cancelled():
                with suppress(ValueError):
                    self._waiting.remove(ticket)
            else:
                self._pass_on()  # called and gone in the same moment
            raise

    def _before(self, ticket: _Ticket) -> int | None:
        if ticket.called.done():
            return None
        return bisect_left(self._waiting, ticket.number, key=lambda each: each.number)

    def _pass_on(self) -> None:
        # A turn goes from hand to hand: nobody slips in between.
        while self._waiting:
            ticket = self._waiting.pop(0)
            if not ticket.called.done():
                ticket.called.set_result(None)
                return
        self._free += 1
