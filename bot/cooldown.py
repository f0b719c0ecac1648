"""So many asks a minute: for each person, and for all of a server together."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

GUILD_TIMES = 5
"""How many times as much as one person a server may ask."""

_WINDOW = 60.0  # seconds
_MOST_KEYS = 10_000  # of people or servers, each with a handful of numbers

Clock = Callable[[], float]


class Pause(NamedTuple):
    """How long somebody has to wait until they may ask again.

    Attributes
    ----------
    seconds : int
        At least 2: a word in the plural fits.
    of_guild : bool
        Whether it is the server that asked too much, or else the person.
    """

    seconds: int
    of_guild: bool


class SlidingWindow:
    """Counts what each of many did in the last minute; its memory is bounded.

    Parameters
    ----------
    most : int
        How often each of them may, at least 1.
    clock : callable
        Seconds that never go back.
    """

    def __init__(self, most: int, clock: Clock = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._times: dict[int, deque[float]] = {}  # in the order of their latest

    def __len__(self) -> int:
        return len(self._times)

    def wait(self, key: int) -> float:
        """Return the seconds until it may once more; 0 if it may now."""
        times = self._times.get(key)
        if times is None or len(times) < self._most:
            return 0.0
        return max(times[0] + _WINDOW - self._clock(), 0.0)

    def note(self, key: int) -> None:
        """Count one time more."""
        now = self._clock()
        times = self._times.pop(key, None) or deque(maxlen=self._most)
        times.append(now)
        self._times[key] = times
        while len(self._times) > _MOST_KEYS or self._is_over(now):
            del self._times[next(iter(self._times))]

    def _is_over(self, now: float) -> bool:
        oldest = next(iter(self._times.values()))
        return oldest[-1] + _WINDOW <= now


class Cooldown:
    """Asks a minute, of people and of servers.

    Parameters
    ----------
    per_minute : int
        Asks that a person may make in a minute; a server may make `GUILD_TIMES` as many.
    exempt : callable
        Tells of a person's id whether they may always ask, and count for nobody.
    clock : callable
        Seconds that never go back.
    """

    def __init__(
        self,
        per_minute: int,
        exempt: Callable[[int], bool] = lambda _: False,
        clock: Clock = time.monotonic,
    ) -> None:
        self._people = SlidingWindow(per_minute, clock)
        self._guilds = SlidingWindow(per_minute * GUILD_TIMES, clock)
        self._exempt = exempt

    def take(self, person: int, guild: int | None) -> Pause | None:
        """Count an ask, or say how long to wait until there may be one; that counts nothing."""
        if self._exempt(person):
            return None
        own = self._people.wait(person)
        theirs = 0.0 if guild is None else self._guilds.wait(guild)
        if own or theirs:
            return Pause(max(math.ceil(max(own, theirs)), 2), theirs > own)
        self._people.note(person)
        if guild is not None:
            self._guilds.note(guild)
        return None
