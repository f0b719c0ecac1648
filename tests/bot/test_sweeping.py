"""What was kept long enough goes, every hour, and a state that fails stops no later sweep."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

import numpy as np
import pytest

from bot.sweeping import sweeping
from index.answers import DAYS, Answers
from index.state_file import State
from models.types import ClipHeard, Recommendations, StateError
from tests.bot.fakes import make_query

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
    async with sweeping(state):
        await until(lambda: kept(state) < 2)
    assert kept(state) == 1


async def test_a_sweep_that_fails_is_noted_and_the_next_one_comes(
    state: State, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real, failures = state.write, [StateError("The disk is full.")]

    async def write(work: object) -> object:
        if failures:
            raise failures.pop()
        return await real(work)

    monkeypatch.setattr(state, "write", write)
    with caplog.at_level(logging.INFO):
        async with sweeping(state, every=0.01):
            await until(lambda: not failures)
            await Answers(state, lambda: 0.0).keep(1, None, ANSWER)
            await until(lambda: not kept(state))
    assert "The disk is full." in caplog.text
    assert "deleted what was kept long enough: 1 rows" in caplog.text
