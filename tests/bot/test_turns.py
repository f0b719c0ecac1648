"""Turns go first come, first served, and everybody who waits knows how many are before them."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.turns import Before, Turns


async def rest() -> None:
    for _ in range(4):
        await asyncio.sleep(0)


async def test_places_move_up_as_turns_end_and_people_leave() -> None:
    turns, places, order = Turns(1), dict[int, Before](), list[int]()
    ends = {person: asyncio.Event() for person in range(5)}

    async def take(person: int) -> None:
        async with turns.turn(lambda before: places.update({person: before})):
            order.append(person)
            await ends[person].wait()

    tasks = [asyncio.create_task(take(person)) for person in range(5)]
    await rest()
    assert {person: before() for person, before in places.items()} == {1: 0, 2: 1, 3: 2, 4: 3}
    tasks[2].cancel()
    await rest()
    assert [places[person]() for person in (1, 3, 4)] == [0, 1, 2]
    ends[0].set()
    await rest()
    assert [places[person]() for person in (1, 3, 4)] == [None, 0, 1]
    for each in ends.values():
        each.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == [0, 1, 3, 4]


async def test_who_is_called_and_leaves_at_once_passes_the_turn_on() -> None:
    turns, end, got = Turns(1), asyncio.Event(), list[str]()

    async def take(name: str) -> None:
        async with turns.turn():
            got.append(name)
            await end.wait()

    first = asyncio.create_task(take("first"))
    await rest()
    second, third = asyncio.create_task(take("second")), asyncio.create_task(take("third"))
    await rest()
    end.set()
    await asyncio.sleep(0)  # the first ends and calls the second, who has not run yet
    second.cancel()
    await asyncio.wait_for(asyncio.gather(first, third), 5)
    assert got == ["first", "third"]


@settings(max_examples=60, deadline=None)
@given(
    at_once=st.integers(1, 3),
    steps=st.lists(st.tuples(st.sampled_from(["take", "end", "cancel"]), st.integers(0, 9))),
)
def test_whatever_happens_no_turn_is_lost_or_doubled(
    at_once: int, steps: list[tuple[str, int]]
) -> None:
    async def play() -> None:
        turns, inside, most = Turns(at_once), 0, 0
        tasks = dict[int, asyncio.Task[None]]()
        ends = dict[int, asyncio.Event]()

        async def take(person: int) -> None:
            nonlocal inside, most
            async with turns.turn():
                inside += 1
                most = max(most, inside)
                try:
                    await ends[person].wait()
                finally:
                    inside -= 1

        for number, (step, person) in enumerate(steps):
            if step == "take" and person not in tasks:
                ends[person] = asyncio.Event()
                tasks[person] = asyncio.create_task(take(person))
            elif step == "end" and person in tasks:
                ends[person].set()
            elif step == "cancel" and person in tasks:
                tasks[person].cancel()
            if number % 2:
                await rest()
        for each in ends.values():
            each.set()
        async with asyncio.timeout(5):
            await asyncio.gather(*tasks.values(), return_exceptions=True)
            for _ in range(at_once):  # all turns are free again
                async with turns.turn():
                    pass
        assert most <= at_once

    asyncio.run(play())
