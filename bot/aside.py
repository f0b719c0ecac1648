"""Short work that blocks, done beside the event loop, in threads of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

T = TypeVar("T")
Given = TypeVarTuple("Given")

_THREADS = 4  # searching and drawing take milliseconds
_RECALLING = 2  # reading a row of the state takes less


class Aside:
    """Holds the threads; to be closed.

    They are not the event loop's: those are taken by look-ups of names when links lead to slow
    ones.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="soundalike")
        self._recalling = ThreadPoolExecutor(_RECALLING, thread_name_prefix="recalling")

    async def do(self, work: Callable[[*Given], T], *arguments: *Given) -> T:
        """Search, draw, or do other work of milliseconds."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, work, *arguments)

    async def recall(self, work: Callable[[*Given], T], *arguments: *Given) -> T:
        """Read a little of the state.

        In threads of its own: Discord waits three seconds to hear that a press was taken, however
        much is being searched and drawn.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._recalling, work, *arguments)

    def close(self) -> None:
        """Wait for what is being done, and let go of the threads."""
        self._threads.shutdown(cancel_futures=True)
        self._recalling.shutdown(cancel_futures=True)
