"""The gate lets a few in, some wait, and the rest hear a sentence."""

from __future__ import annotations

import asyncio

import pytest

from bot.gate import Gate
from models.types import ClipError


async def test_so_many_at_once_so_many_waiting_and_no_more() -> None:
    gate, go = Gate(2, 3), asyncio.Event()
    inside = most = 0

    async def ask() -> None:
        nonlocal inside, most
        async with gate.turn():
            inside += 1
            most = max(most, inside)
            await go.wait()
            inside -= 1

    asks = [asyncio.create_task(ask()) for _ in range(5)]
    await asyncio.sleep(0)
    with pytest.raises(ClipError, match="too many people"):
        async with gate.turn():
            pass
    asks[4].cancel()  # one who waits gives up, and leaves room
    await asyncio.gather(asks[4], return_exceptions=True)
    asks.append(asyncio.create_task(ask()))
    go.set()
    await asyncio.gather(*asks[:4], asks[5])
    assert most == 2


async def test_a_failure_gives_the_turn_back() -> None:
    gate = Gate(1, 0)
    for _ in range(3):
        with pytest.raises(KeyError):
            async with gate.turn():
                raise KeyError
