"""Finding the tracks that sound like a clip: by command, menu, message."""

from __future__ import annotations

from discord.ext import commands

from bot.asking import Asking
from bot.similar.answer import Answerer
from bot.similar.command import SimilarCommand
from bot.similar.download import Downloads
from bot.similar.drop import ClipDrop
from bot.similar.ear import Ear
from bot.similar.menu import SimilarMenu

__all__ = ["Answerer", "Downloads", "Ear", "setup"]


async def setup(
    bot: commands.Bot, asking: Asking, answerer: Answerer, only_guild: int | None = None
) -> None:
    """Add the feature to a bot; its commands may be known in one server only."""
    await bot.add_cog(SimilarCommand(answerer, asking))
    await bot.add_cog(SimilarMenu(bot.tree, answerer))
    await bot.add_cog(ClipDrop(answerer, only_guild))
