"""The bot's presence: how many tracks the catalogue holds, also after it was built anew."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import discord

from bot.service import Soundalike
from bot.words import ENGLISH
from models.types import SoundalikeError

_log = logging.getLogger(__name__)

_EVERY = 60.0  # seconds


def presence_of(tracks: int) -> discord.Activity:
    """Return what stands below the bot's name."""
    name = ENGLISH.count("card.tracks", tracks)
    return discord.Activity(type=discord.ActivityType.listening, name=name)


@asynccontextmanager
async def following(
    client: discord.Client, service: Soundalike, every: float = _EVERY
) -> AsyncIterator[None]:
    """Keep the presence up to date, until the context is left.

    Parameters
    ----------
    client : discord.Client
        One that was made with the presence of now.
    service : Soundalike
    every : float
        Seconds from one look to the next.
    """
    task = asyncio.create_task(_follow(client, service, every))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _follow(client: discord.Client, service: Soundalike, every: float) -> None:
    shown = service.tracks
    while True:
        await asyncio.sleep(every)
        await client.wait_until_ready()
        tracks = await _count(service)
        if tracks == shown:
            continue
        presence = presence_of(tracks)
        client.activity = presence  # for the next login
        with suppress(ConnectionError):  # between two connections: the next one brings it along
            await client.change_presence(activity=presence)
        shown = tracks


async def _count(service: Soundalike) -> int:
    try:
        # An index looks for a newer generation when it is asked something.
        await service.aside(service.index.complete, "", 1)
    except SoundalikeError as error:
        _log.error("%s", error)
    return service.tracks
