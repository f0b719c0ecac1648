"""`/similar`: a file, a link or a track, which part of it, and what is wanted."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands

from bot.answers.cards import MOST
from bot.asking import Asking
from bot.genre import genre_choices
from bot.pick import track_choices
from bot.similar.answer import Answerer, Ask
from bot.similar.clips import Chosen, Offer
from bot.similar.deferred import answer_interaction
from bot.times import parse_span
from bot.words import ENGLISH, words_for
from models.types import ClipError, SoundalikeError


class SimilarCommand(commands.Cog):
    """Holds the command.

    Parameters
    ----------
    answerer : Answerer
    asking : Asking
        Knows the tracks and genres that are offered while somebody types.
    """

    def __init__(self, answerer: Answerer, asking: Asking) -> None:
        self._answerer = answerer
        self._asking = asking

    @app_commands.command()
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def similar(  # noqa: PLR0913, PLR0917  (the command's options)
        self,
        interaction: discord.Interaction,
        file: discord.Attachment | None = None,
        link: str | None = None,
        track: str | None = None,
        start: str | None = None,
        end: str | None = None,
        count: app_commands.Range[int, 1, MOST] = MOST,
        genre: str | None = None,
    ) -> None:
        """Answer the command; every problem is raised, and told by the bot's error handler."""
        # What is wrong with the words is seen in no time, and said to the asker alone.
        given: list[Offer | None] = [file, link, Chosen(track) if track else None]
        offers = [offer for offer in given if offer]
        if not offers:
            raise ClipError(*ENGLISH.say("ask.no_clip"))
        if len(offers) > 1:
            raise ClipError(*ENGLISH.say("ask.two_clips"))
        ask = Ask(offers, parse_span(start, end), count, genre or "")
        await answer_interaction(self._answerer, interaction, ask)

    @similar.autocomplete("track")
    async def offer_tracks(self, interaction: discord.Interaction, typed: str) -> list[Choice[str]]:
        """Offer tracks by title and artist."""
        try:
            return await track_choices(self._asking, interaction, typed)
        except SoundalikeError:
            return []  # it is told once it is asked

    @similar.autocomplete("genre")
    async def offer_genres(self, interaction: discord.Interaction, typed: str) -> list[Choice[str]]:
        """Offer the genres there are."""
        try:
            service = await self._asking.service_in(interaction.guild_id)
            return await genre_choices(service, typed, words_for(interaction.locale))
        except SoundalikeError:
            return []
