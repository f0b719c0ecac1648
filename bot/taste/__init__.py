"""What a person likes, and other ways to ask than by one clip."""

from __future__ import annotations

from discord.ext import commands

from bot.taste.between import BetweenCommands
from bot.taste.for_you import ForYouCommand
from bot.taste.importing import Importer
from bot.taste.kit import Kit
from bot.taste.likes import LikesCommands

__all__ = ["Importer", "Kit", "setup"]


async def setup(bot: commands.Bot, kit: Kit) -> None:
    """Add the feature to a bot."""
    await bot.add_cog(ForYouCommand(kit))
    await bot.add_cog(BetweenCommands(kit))
    await bot.add_cog(LikesCommands(kit))
