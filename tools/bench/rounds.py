"""Timing ways of doing the same, in turns: what else the machine does falls on all alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import numpy as np

ROUNDS: Final = 3

_TURNS = 16
_T = TypeVar("_T")


def best_of_rounds(
    ways: Sequence[Callable[[_T], object]], tasks: Sequence[_T], rounds: int = ROUNDS
) -> list[tuple[float, ...]]:
    """Return for every way the best time that each task took in so many rounds.

    A task is done again only after all the others, so that no cache holds it.

    Parameters
    ----------
    ways : sequence of callable
        Each does a task.
    tasks : sequence
    rounds : int
    """
    best = np.full((len(ways), len(tasks)), np.inf)
    for turn in range(rounds * _TURNS):
        for place in range(len(ways)):
            way = (turn + place) % len(ways)
            for task in _share(len(tasks), turn % _TURNS):
                best[way, task] = min(best[way, task], _seconds(ways[way], tasks[task]))
    return [tuple(times.tolist()) for times in best]


def _share(tasks: int, turn: int) -> range:
    return range(tasks * turn // _TURNS, tasks * (turn + 1) // _TURNS)


def _seconds(way: Callable[[Any], object], task: object) -> float:
    began = time.perf_counter()
    way(task)
    return time.perf_counter() - began
