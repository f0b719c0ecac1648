"""The gate lets a few in, some wait, and the rest hear a sentence."""

from __future__ import annotations

import asyncio

import pytest

from bot.gate import BusyError, Gate

LONG = 60.0


async def hold(gate: Gate, person: int, go: asyncio.Event) -> None:
    with gate.place(person):
        async with gate.turn():
            await go.wait()


async def test_so_many_at_once_so_many_waiting_and_no_more() -> None:
    gate, go = Gate(2, 3, LONG), asyncio.Event()
    inside = most = 0

    async def ask(person: int) -> None:
        nonlocal inside, most
        with gate.place(person):
            async with gate.turn():
                inside += 1
                most = max(most, inside)
                await go.wait()
                inside -= 1

    asks = [asyncio.create_task(ask(person)) for person in range(5)]
    await asyncio.sleep(0)
    with pytest.raises(BusyError, match="too many people"):
        await hold(gate, 6, go)
    asks[4].cancel()  # one who waits gives up, and leaves room
    await asyncio.gather(asks[4], return_exceptions=True)
    asks.append(asyncio.create_task(ask(7)))
    go.set()
    await asyncio.gather(*asks[:4], asks[5])
    assert most == 2


async def test_one_person_has_two_asks_in_hand_and_leaves_room_for_others() -> None:
    gate, go = Gate(4, 4, LONG), asyncio.Event()
    asks = [asyncio.create_task(hold(gate, 1, go)) for _ in range(6)]
    await asyncio.sleep(0)
    asks.append(asyncio.create_task(hold(gate, 2, go)))
    with pytest.raises(BusyError, match="your last clips"):
        await hold(gate, 1, go)
    go.set()
    done = await asyncio.gather(*asks, return_exceptions=True)
    assert [type(each) for each in done] == [type(None)] * 2 + [BusyError] * 4 + [type(None)]
    await hold(gate, 1, go)


async def test_a_failure_gives_the_turn_back() -> None:
    gate = Gate(1, 0, LONG)
    for _ in range(3):
        with pytest.raises(KeyError), gate.place(1):
            async with gate.turn():
                raise KeyError


async def test_patience_ends_while_waiting_too() -> None:
    gate, go = Gate(1, 1, 0.05), asyncio.Event()
    asks = [asyncio.create_task(hold(gate, person, go)) for person in (1, 2)]
    done = await asyncio.gather(*asks, return_exceptions=True)
    assert [type(each) for each in done] == [TimeoutError, TimeoutError]


async def test_a_time_out_of_somebody_else_is_passed_on() -> None:
    gate = Gate(1, 0, LONG)
    with pytest.raises(TimeoutError):
        async with gate.turn():
            raise TimeoutError


async def test_closing_waits_a_while_and_then_sends_everybody_out() -> None:
    gate, go, never = Gate(2, 2, LONG), asyncio.Event(), asyncio.Event()
    quick = asyncio.create_task(hold(gate, 1, go))
    stuck = [asyncio.create_task(hold(gate, person, never)) for person in (2, 3)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(gate.close(0.2))
    await asyncio.sleep(0)
    with pytest.raises(BusyError, match="being restarted"):
        await asyncio.create_task(hold(gate, 4, go))
    go.set()
    await quick
    assert not any(each.done() for each in stuck)
    await closing
    for each in stuck:
        with pytest.raises(BusyError, match="being restarted"):
            await each


async def test_nothing_is_kept_of_what_the_forgotten_have_in_hand_and_of_them_alone() -> None:
    gate, go = Gate(4, 4, 60.0), asyncio.Event()

    async def ask(person: int) -> bool:
        with gate.place(person):
            await go.wait()
        return gate.may_keep()

    asks = [asyncio.create_task(ask(person)) for person in (1, 1, 2)]
    await asyncio.sleep(0)
    gate.forget(1)
    later = asyncio.create_task(ask(3))
    go.set()
    assert await asyncio.gather(*asks, later) == [False, False, True, True]
    assert await asyncio.create_task(ask(1))
