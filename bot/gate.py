"""Who may come in: a few asks at once, some more that wait, and a sentence for the rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot import words
from models.types import ClipError


class Gate:
    """Bounds the asks that are worked on, and with them memory and waiting.

    Parameters
    ----------
    at_once : int
        Asks that are worked on at the same time.
    waiting : int
        Asks that may wait behind them.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._room = at_once + waiting

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn and hold it; ClipError at once where too many wait already."""
        if not self._room:
            raise ClipError(*words.BUSY)
        self._room -= 1
        try:
            async with self._turns:
                yield
        finally:
            self._room += 1
