"""Finding the tracks that sound like a clip: the command, the dropped clip, the mention."""

from __future__ import annotations

from discord.ext import commands

from bot.similar.answer import Answerer
from bot.similar.command import SimilarCommand
from bot.similar.drop import ClipDrop

__all__ = ["Answerer", "setup"]


async def setup(bot: commands.Bot, answerer: Answerer) -> None:
    """Add the feature to a bot."""
    await bot.add_cog(SimilarCommand(answerer))
    await bot.add_cog(ClipDrop(answerer))
