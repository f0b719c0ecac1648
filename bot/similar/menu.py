"""Apps → Find similar tracks: on any message, whoever wrote it."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.similar.answer import Answerer, Ask
from bot.similar.clips import find_offers
from bot.similar.deferred import answer_interaction
from bot.words import ENGLISH
from models.types import ClipError


class SimilarMenu(commands.Cog):
    """Holds the menu.

    Parameters
    ----------
    tree : app_commands.CommandTree
        Where it is put.
    answerer : Answerer
    """

    def __init__(self, tree: app_commands.CommandTree[commands.Bot], answerer: Answerer) -> None:
        self._tree = tree
        self._answerer = answerer
        self._menu = app_commands.ContextMenu(
            name=ENGLISH("commands.find_similar_tracks.name"),
            callback=self.find,
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
            allowed_contexts=app_commands.AppCommandContext(
                guild=True, dm_channel=True, private_channel=True
            ),
        )

    async def cog_load(self) -> None:
        """Put the menu in its place."""
        self._tree.add_command(self._menu)

    async def find(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Answer the menu: Discord shows it the message, whatever the bot may read elsewhere."""
        offers = find_offers(message)
        if not offers:
            raise ClipError(*ENGLISH.say("ask.silent_message"))
        await answer_interaction(self._answerer, interaction, Ask(offers))
