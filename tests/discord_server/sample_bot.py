"""A small bot that does everything right: what the stand-in's own tests let in."""

from __future__ import annotations

import io
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from tests.discord_server.driver import Discord


class Likes(discord.ui.View):
    """Two buttons under an answer."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Like", custom_id="like")
    async def like(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
        await interaction.response.send_message("Noted.", ephemeral=True)

    @discord.ui.button(label="More", custom_id="more")
    async def more(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
        await interaction.response.edit_message(content="More.", view=None)

    @discord.ui.button(label="Off", custom_id="off", disabled=True)
    async def off(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
        raise AssertionError("a disabled button was pressed")


class Wish(discord.ui.Modal, title="A wish"):
    """A form of one field."""

    words: discord.ui.TextInput[Any] = discord.ui.TextInput(label="What", custom_id="words")

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"Wished for {self.words.value}.")


class SampleBot(commands.Bot):
    """Listens to what it is given; tells how many bytes it got."""

    def __init__(self, server: Discord, intents: discord.Intents | None = None) -> None:
        super().__init__(
            command_prefix="!",
            intents=intents or discord.Intents(guilds=True, messages=True),
            connector=server.connector(),
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.01,
        )
        self.heard: list[discord.Message] = []
        self.resumes = 0
        self._add_commands()

    async def setup_hook(self) -> None:
        """Register the commands."""
        await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Identify again without the usual five seconds of patience."""

    async def on_resumed(self) -> None:
        """Count the resumes."""
        self.resumes += 1

    async def on_message(self, message: discord.Message) -> None:
        """Answer clips in DMs and in messages that mention the bot."""
        self.heard.append(message)
        if message.author.bot or not message.attachments:
            return
        if message.guild is None or self.user in message.mentions:
            data = await message.attachments[0].read()
            await message.reply(f"{len(data)} bytes", view=Likes())

    def _add_commands(self) -> None:
        @self.tree.command(description="Tell how long a clip is")
        @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
        @app_commands.allowed_installs(guilds=True, users=True)
        async def measure(
            interaction: discord.Interaction,
            clip: discord.Attachment,
            count: app_commands.Range[int, 1, 10] = 3,
        ) -> None:
            await interaction.response.defer(thinking=True)
            data = await clip.read()
            file = discord.File(io.BytesIO(data[:count]), "start.bin", description="its start")
            await interaction.edit_original_response(
                content=f"{len(data)} bytes, context {interaction.context.to_array()}",
                attachments=[file],
                view=Likes(),
            )

        @self.tree.command(description="Find a track by its title")
        async def find(interaction: discord.Interaction, title: str) -> None:
            await interaction.response.send_message(f"Found {title}.", ephemeral=True)

        @find.autocomplete("title")
        async def titles(
            interaction: discord.Interaction, typed: str
        ) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=f"{typed} {n}", value=f"{typed}{n}") for n in (1, 2)]

        @self.tree.command(description="Make a wish")
        async def wish(interaction: discord.Interaction) -> None:
            await interaction.response.send_modal(Wish())

        @self.tree.context_menu(name="Measure this")
        async def measure_this(interaction: discord.Interaction, message: discord.Message) -> None:
            data = await message.attachments[0].read()
            await interaction.response.send_message(f"{len(data)} bytes")
            await interaction.followup.send("More to come.")
