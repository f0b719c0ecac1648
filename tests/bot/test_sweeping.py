"""What was kept long enough goes, every hour, and a state that fails stops no later sweep."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable

import numpy as np
import pytest

from bot.sweeping import sweeping
from index.answers import DAYS, Answers
from index.state_file import DAMAGED_DAYS, State
from models.types import ClipHeard, Recommendations, StateError
from tests.bot.fakes import make_query

AS_MOVED = ((1, ""), (1, "-wal"), (2, ""))

ANSWER = Recommendations(
    ClipHeard("c", 1.0, 0.0, 1.0, "m", np.zeros((0, 0), np.float32)), None, (), {}, make_query()
)


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not look():  # noqa: ASYNC110 - SQLite sends no word
            await asyncio.sleep(0.01)


def kept(state: State) -> int:
    return state.read(lambda db: db.execute("SELECT count(*) FROM answers").fetchone())[0]


async def test_old_answers_go_and_young_ones_stay(state: State) -> None:
    long_ago = time.time() - DAYS * 86_400 - 60
    await Answers(state, lambda: long_ago).keep(1, None, ANSWER)
    await Answers(state).keep(1, None, ANSWER)
    log = state.path.with_name(state.path.name + "-wal")
    async with sweeping(state):
        await until(lambda: kept(state) < 2 and not log.stat().st_size)
    assert kept(state) == 1


async def test_a_damaged_file_that_was_moved_aside_goes_after_its_days(state: State) -> None:
    moved = [state.path.with_name(f"state.damaged-{n}.sqlite{end}") for n, end in AS_MOVED]
    for part in moved:
        part.write_bytes(b"of somebody")
    host_s = state.path.with_name("state.backup.sqlite")
    host_s.write_bytes(b"the host's own")
    long_ago = time.time() - DAMAGED_DAYS * 86_400 - 60
    for part in (moved[0], moved[1], host_s):
        os.utime(part, (long_ago, long_ago))
    async with sweeping(state):
        await until(lambda: not moved[0].exists() and not moved[1].exists())
    assert moved[2].exists()
    assert host_s.exists()
    assert kept(state) == 0


async def test_a_sweep_that_fails_is_noted_and_the_next_one_comes(
    state: State, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real, failures = state.erase, [StateError("The disk is full.")]

    async def erase(work: object) -> object:
        if failures:
            raise failures.pop()
        return await real(work)

    monkeypatch.setattr(state, "erase", erase)
    with caplog.at_level(logging.INFO):
        async with sweeping(state, every=0.01):
            await until(lambda: not failures)
            await Answers(state, lambda: 0.0).keep(1, None, ANSWER)
            await until(lambda: "deleted what was kept long enough: 1 rows" in caplog.text)
    assert "The disk is full." in caplog.text
    assert kept(state) == 0
