"""Keeps the promise that a library goes 30 days after its server removed the bot."""

from __future__ import annotations

import discord
from discord.ext import commands

from index.libraries import Libraries


class Leaving(commands.Cog):
    """Takes note of the servers the bot is in, also of those it left while it was not running.

    Parameters
    ----------
    bot : commands.Bot
    libraries : Libraries
    """

    def __init__(self, bot: commands.Bot, libraries: Libraries) -> None:
        self._bot = bot
        self._libraries = libraries

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Look which servers are left."""
        await self._note()

    @commands.Cog.listener()
    async def on_guild_remove(self, _guild: discord.Guild) -> None:
        """Begin to count the days."""
        await self._note()

    @commands.Cog.listener()
    async def on_guild_join(self, _guild: discord.Guild) -> None:
        """Count no more."""
        await self._note()

    async def _note(self) -> None:
        # A server that is out of order for a while is among them: nobody removed the bot there.
        await self._libraries.present(guild.id for guild in self._bot.guilds)
