"""What makes a bot trustworthy: what it keeps, what it is, how it is used, and its host's hand."""

from __future__ import annotations

from discord.ext import commands

from bot.gate import Gate
from bot.service import Soundalike
from bot.settings import Settings
from bot.trust.about import AboutCommand
from bot.trust.admin import AdminCommands
from bot.trust.guide import HelpCommand
from bot.trust.privacy import PrivacyCommand
from index.state_file import State

__all__ = ["setup"]


async def setup(
    bot: commands.Bot, service: Soundalike, state: State, gate: Gate, settings: Settings
) -> None:
    """Add the feature to a bot."""
    privacy = PrivacyCommand(service, state, gate)
    await bot.add_cog(privacy)
    for panel in privacy.known_panels():
        bot.add_view(panel)
    await bot.add_cog(AboutCommand(service))
    await bot.add_cog(HelpCommand())
    await bot.add_cog(AdminCommands(service, state, gate, settings.home / "indexes"))
