"""`/help`: what can be asked, each with an example."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.trust.panel import Panel
from bot.words import Words, words_for

_PARTS = ("clip", "command", "menu", "card", "taste", "more")


class HelpCommand(commands.Cog):
    """Holds the command."""

    @app_commands.command(name="help")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def guide(self, interaction: discord.Interaction) -> None:
        """Show the guide, to the asker alone."""
        words = words_for(interaction.locale)
        await interaction.response.send_message(view=help_panel(words), ephemeral=True)


def help_panel(words: Words) -> Panel:
    """Lay the guide out."""
    return Panel(words("help.head"), *(words(f"help.{part}") for part in _PARTS))
