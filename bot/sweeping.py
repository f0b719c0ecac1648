"""Every hour, what was kept for as long as was promised is deleted."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from index.kept import sweep
from index.state_file import State
from models.types import StateError

_log = logging.getLogger(__name__)

_EVERY = 3_600.0  # seconds


@asynccontextmanager
async def sweeping(state: State, every: float = _EVERY) -> AsyncIterator[None]:
    """Sweep the state now and every so many seconds, until the context is left."""
    task = asyncio.create_task(_sweep_on(state, every))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _sweep_on(state: State, every: float) -> None:
    def work(database: sqlite3.Connection) -> int:
        return sweep(database, state.kept, time.time())

    while True:
        try:
            swept = await state.erase(work)
            if swept:
                _log.info("deleted what was kept long enough: %d rows", swept)
            dropped = await asyncio.to_thread(state.drop_damaged, time.time())
            if dropped:
                _log.info("deleted damaged files that were moved aside long ago: %d", dropped)
        except StateError as error:
            _log.error("%s", error)
        await asyncio.sleep(every)
