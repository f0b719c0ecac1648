"""A server's own tracks: added, listed and removed by those it trusts, found by its members."""

from __future__ import annotations

from discord.ext import commands

from bot.library.commands import LibraryCommands
from bot.library.keeping import LONGEST_DOWNLOAD, MOST_BYTES, Keeper
from bot.library.leaving import Leaving
from bot.library.menu import LibraryMenu
from bot.library.pages import TurnList
from bot.similar.download import Downloads
from index.libraries import Libraries

__all__ = ["LONGEST_DOWNLOAD", "MOST_BYTES", "Keeper", "setup"]


async def setup(
    bot: commands.Bot, keeper: Keeper, libraries: Libraries, downloads: Downloads
) -> None:
    """Add the feature to a bot; where servers may have no tracks, only the promise to delete."""
    await bot.add_cog(Leaving(bot, libraries))
    if not libraries.most:
        return
    bot.add_dynamic_items(TurnList)
    await bot.add_cog(LibraryCommands(keeper, libraries, downloads))
    await bot.add_cog(LibraryMenu(bot.tree, keeper, downloads))
