"""Tells who waits how many are before them, as the queue moves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import aiohttp
import discord

from bot.card import saying_card
from bot.gate import Gate
from bot.turns import Before, Waiting
from bot.words import Saying, Words

_log = logging.getLogger(__name__)

_FIRST = 1.0  # seconds: most waits are over by then, and need no word
_EVERY = 5.0  # seconds from one word to the next, at least
_PER_SECOND = 20  # words that all who wait are told together, so that Discord bears them
_LAST_WORD = 2.0  # seconds that one on its way is waited for

Show = Callable[[int], Awaitable[object]]
"""Shows somebody how many are before them."""


@asynccontextmanager
async def telling_place(
    show: Show, first: float = _FIRST, every: float = _EVERY
) -> AsyncIterator[Waiting]:
    """Show somebody their place for as long as they wait.

    Nothing is shown any more once the context is left, so what is sent then stays.

    Parameters
    ----------
    show : callable
        It may fail as Discord fails: who waits is answered all the same.
    first, every : float
        Seconds until the first word, and from then on.
    """
    done, telling = asyncio.Event(), list[asyncio.Task[None]]()

    def waiting(before: Before) -> None:
        telling.append(asyncio.create_task(_tell(before, show, done, first, every)))

    try:
        yield waiting
    finally:
        done.set()
        if telling:
            await asyncio.wait(telling, timeout=_LAST_WORD)
        for task in telling:
            task.cancel()


def place_in(interaction: discord.Interaction, words: Words) -> Show:
    """Show it where an interaction was deferred."""

    async def show(before: int) -> None:
        card = saying_card(place_saying(before, words))
        await interaction.edit_original_response(view=card.view)

    return show


@asynccontextmanager
async def in_turn(
    gate: Gate, interaction: discord.Interaction, words: Words
) -> AsyncIterator[None]:
    """Wait for a turn where an interaction was deferred, the place in sight, and hold it."""
    # discord.py sends one thing after the other there: a late word is followed by the answer.
    async with (
        telling_place(place_in(interaction, words)) as waiting,
        gate.turn(waiting),
    ):
        yield


def place_saying(before: int, words: Words) -> Saying:
    """Say how many are before somebody."""
    sentence = words.count("queue.before", before) if before else words("queue.next")
    return Saying(sentence, words("queue.stay"))


async def _tell(
    before: Before, show: Show, done: asyncio.Event, first: float, every: float
) -> None:
    shown, pause = -1, first
    while not await _is_set(done, pause):
        place = before()
        if place is None:
            return
        if place != shown:
            try:
                await show(place)
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                _log.warning("could not show a person their place: %s", type(error).__name__)
            shown = place
        pause = max(every, place / _PER_SECOND)


async def _is_set(event: asyncio.Event, within: float) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), within)
    return event.is_set()
