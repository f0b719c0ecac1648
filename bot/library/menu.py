"""Apps → Add to the library: on a message with audio."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.library.adding import add_file
from bot.library.keeping import Keeper, Naming
from bot.similar.clips import find_sounds
from bot.similar.download import Downloads
from bot.words import ENGLISH
from models.types import ClipError


class LibraryMenu(commands.Cog):
    """Holds the menu.

    Parameters
    ----------
    tree : app_commands.CommandTree
        Where it is put.
    keeper : Keeper
    downloads : Downloads
    """

    def __init__(
        self,
        tree: app_commands.CommandTree[commands.Bot],
        keeper: Keeper,
        downloads: Downloads,
    ) -> None:
        self._tree = tree
        self._keeper = keeper
        self._downloads = downloads
        self._menu = app_commands.ContextMenu(
            name=ENGLISH("commands.add_to_the_library.name"),
            callback=self.add,
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            allowed_contexts=app_commands.AppCommandContext(
                guild=True, dm_channel=False, private_channel=False
            ),
        )
        self._menu.default_permissions = discord.Permissions(manage_guild=True)

    async def cog_load(self) -> None:
        """Put the menu in its place."""
        self._tree.add_command(self._menu)

    async def add(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Add the first file of a message that may sound, under the names its tags say."""
        for file in find_sounds(message):
            if isinstance(file, discord.Attachment):
                await add_file(self._keeper, self._downloads, interaction, file, Naming())
                return
        raise ClipError(*ENGLISH.say("library.silent_message"))
