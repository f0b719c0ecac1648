"""Finding the tracks that sound like a clip: the command, the dropped clip, the mention."""

from __future__ import annotations

from discord.ext import commands

from bot.similar.answer import Answerer
from bot.similar.command import SimilarCommand
from bot.similar.download import Downloads
from bot.similar.drop import ClipDrop
from bot.similar.ear import Ear

__all__ = ["Answerer", "Downloads", "Ear", "setup"]


async def setup(bot: commands.Bot, answerer: Answerer, only_guild: int | None = None) -> None:
    """Add the feature to a bot; its command may be known in one server only."""
    await bot.add_cog(SimilarCommand(answerer))
    await bot.add_cog(ClipDrop(answerer, only_guild))
