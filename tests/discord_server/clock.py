"""Time and identifiers: a clock that a test can move on, and snowflakes made from it."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime

DISCORD_EPOCH_MS = 1_420_070_400_000


class Clock:
    """The server's time; `advance` moves it on without anybody waiting."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        """Return seconds since 1970."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let `seconds` have passed."""
        self._ahead += seconds


class Snowflakes:
    """Identifiers that grow with time, as Discord's do."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._count = itertools.count(1)

    def next(self) -> int:
        """Return an identifier greater than all before it."""
        since = int(self._clock.now() * 1000) - DISCORD_EPOCH_MS
        return (since << 22) | next(self._count)


def iso(seconds: float) -> str:
    """Write a time as Discord does."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()
