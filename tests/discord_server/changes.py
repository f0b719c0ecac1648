"""Waiting for something to become true while the client and the server talk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

WITHIN_S = 30.0
"""How long a test waits for a change: long enough for a machine with much else to do."""

# Time passes without an event when a test moves the clock, so look again now and then.
_LOOK_AGAIN_S = 0.05


class Changes:
    """A bell that rings whenever the world changed."""

    def __init__(self, story: Callable[[], str] = str) -> None:
        # Told when somebody waited in vain: what happened instead.
        self._story = story
        self._bell = asyncio.Event()

    def ring(self) -> None:
        """Tell everybody who waits to look again."""
        self._bell.set()
        self._bell = asyncio.Event()

    async def until(self, look: Callable[[], T | None], within: float, what: str) -> T:
        """Return the first truthy value of `look()`; fail the test after `within` seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        while not (found := look()):
            left = deadline - loop.time()
            if left <= 0:
                raise AssertionError(f"waited {within:g} s in vain for {what}; {self._story()}")
            bell = self._bell
            try:
                await asyncio.wait_for(bell.wait(), min(left, _LOOK_AGAIN_S))
            except TimeoutError:
                continue
        return found
