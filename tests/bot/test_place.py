"""Who waits sees their place, at once not, then now and again, and never after their turn."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bot.place import place_saying, telling_place
from bot.words import LANGUAGES, words_for


async def test_the_place_is_shown_as_it_moves_and_once_each() -> None:
    shown, places = list[int](), iter([3, 3, 1, 1, 0, None])
    seen = asyncio.Event()

    def before() -> int | None:
        place = next(places)
        if place is None:
            seen.set()
        return place

    async def show(place: int) -> None:
        shown.append(place)

    async with telling_place(show, 0.0, 0.0) as waiting:
        waiting(before)
        await asyncio.wait_for(seen.wait(), 5)
    assert shown == [3, 1, 0]


async def test_a_short_wait_is_not_worth_a_word() -> None:
    async def show(_place: int) -> None:
        raise AssertionError

    async with telling_place(show, 30.0) as waiting:
        waiting(lambda: 5)
    await asyncio.sleep(0)


async def test_a_word_on_its_way_arrives_before_the_answer() -> None:
    begun, go, said = asyncio.Event(), asyncio.Event(), list[str]()

    async def show(_place: int) -> None:
        begun.set()
        await go.wait()
        said.append("place")

    async with telling_place(show, 0.0, 0.0) as waiting:
        waiting(lambda: 5)
        await asyncio.wait_for(begun.wait(), 5)
        asyncio.get_running_loop().call_later(0.02, go.set)
    said.append("answer")
    await asyncio.sleep(0.05)
    assert said == ["place", "answer"]


async def test_a_word_that_fails_is_noted_and_the_next_one_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shown, places, told = list[int](), iter([2, 1]), asyncio.Event()

    async def show(place: int) -> None:
        if place == 2:
            raise ConnectionError
        shown.append(place)
        told.set()

    with caplog.at_level(logging.WARNING):
        async with telling_place(show, 0.0, 0.0) as waiting:
            waiting(lambda: next(places, None))
            await asyncio.wait_for(told.wait(), 5)
    assert shown == [1]
    assert "could not show a person their place: ConnectionError" in caplog.text


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_place_is_a_sentence(locale: str) -> None:
    words = words_for(locale)
    said = [place_saying(before, words) for before in (0, 1, 37)]
    assert len({each.sentence for each in said}) == 3
    assert all(each.fix for each in said)
    assert "37" in said[2].sentence


def test_the_place_in_english() -> None:
    assert place_saying(37, words_for("en")).sentence == "37 are before you."
