"""Clients that the stand-in's own tests let in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import discord
import pytest

from tests.discord_server.driver import Discord
from tests.discord_server.sample_bot import SampleBot


@pytest.fixture
async def client(discord_server: Discord) -> AsyncIterator[discord.Client]:
    """A client that is logged in and has no gateway."""
    client = discord.Client(intents=discord.Intents.none(), connector=discord_server.connector())
    async with client:
        await client.login(discord_server.token)
        yield client


@pytest.fixture
async def bot(discord_server: Discord) -> AsyncIterator[SampleBot]:
    """The sample bot, connected."""
    bot = SampleBot(discord_server)
    async with discord_server.running(bot):
        yield bot
