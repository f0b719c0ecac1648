"""`/similar`: a file or a link, the part that is meant, and how many tracks to show."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.answers.cards import MOST
from bot.asking import Asker
from bot.place import place_in, telling_place
from bot.reply import edit_card
from bot.similar.answer import Answerer
from bot.times import parse_span
from bot.words import ENGLISH, words_for
from models.types import ClipError


class SimilarCommand(commands.Cog):
    """Holds the command."""

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer

    @app_commands.command()
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def similar(
        self,
        interaction: discord.Interaction,
        file: discord.Attachment | None = None,
        link: str | None = None,
        start: str | None = None,
        end: str | None = None,
        count: app_commands.Range[int, 1, MOST] = MOST,
    ) -> None:
        """Answer the command; every problem is raised, and told by the bot's error handler."""
        # What is wrong with the words is seen in no time, and said to the asker alone.
        offer = file or link
        if file and link:
            raise ClipError(*ENGLISH.say("ask.two_clips"))
        if not offer:
            raise ClipError(*ENGLISH.say("ask.no_clip"))
        span = parse_span(start, end)
        words = words_for(interaction.locale)
        asker = Asker(interaction.user.id, interaction.guild_id)
        with self._answerer.place(asker, offer):
            # Discord waits three seconds: this comes before anything that takes time.
            await interaction.response.defer(thinking=True)
            async with telling_place(place_in(interaction, words)) as waiting:
                card = await self._answerer.answer(
                    offer,
                    span,
                    words,
                    asker,
                    count=count,
                    attach=interaction.app_permissions.attach_files,
                    waiting=waiting,
                )
        await edit_card(interaction, card, public=True)
