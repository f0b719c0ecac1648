"""`/foryou`: tracks by what a person likes, new each time."""

from __future__ import annotations

import time

import discord
from discord import app_commands
from discord.ext import commands

from bot.place import in_turn
from bot.taste.kit import Kit, asker_of
from bot.ways import for_you
from bot.words import ENGLISH, Words, words_for
from index.points import query_of_point
from index.tastes import unit_mean
from index.to_taste import PersonalTaste
from models.types import (
    ClipHeard,
    Recommendation,
    Recommendations,
    RequestError,
    SearchOptions,
    nothing_drawn,
)

_COUNT = 10


class ForYouCommand(commands.Cog):
    """Holds the command."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    @app_commands.command()
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def foryou(
        self,
        interaction: discord.Interaction,
        count: app_commands.Range[int, 1, 25] = _COUNT,
    ) -> None:
        """Answer the asker alone: it is their taste."""
        kit, words = self._kit, words_for(interaction.locale)
        with kit.gate.ask(interaction.user.id, interaction.guild_id):
            await interaction.response.defer(ephemeral=True, thinking=True)
            async with in_turn(kit.gate, interaction, words):
                began = time.perf_counter()
                personal = await kit.asking.taste_of(interaction.user.id)
                if len(personal.taste.liked) == 0:
                    raise RequestError(*ENGLISH.say("foryou.no_likes"))
                results = await self._fresh(interaction, personal, SearchOptions(count))
                if not results:
                    raise RequestError(*ENGLISH.say("foryou.nothing"))
                # Before they are seen: who asks again at once is to see others.
                if kit.gate.may_keep():
                    await kit.shown.add(interaction.user.id, [one.track.id for one in results])
                answer = self._answer(results, personal, words, time.perf_counter() - began)
                await kit.show(interaction, answer, words, public=False)

    async def _fresh(
        self, interaction: discord.Interaction, personal: PersonalTaste, options: SearchOptions
    ) -> tuple[Recommendation, ...]:
        """Find what was not shown of late; begin anew where everything was."""
        kit, asker = self._kit, asker_of(interaction)
        service = await kit.asking.service_in(asker.guild)
        shown = await kit.service.aside(kit.shown.of, asker.person)
        found = await for_you(service, personal, options, shown)
        if found or not shown:
            return found
        again = await for_you(service, personal, options, frozenset())
        if again:
            await kit.shown.forget(asker.person)
        return again

    def _answer(
        self,
        results: tuple[Recommendation, ...],
        personal: PersonalTaste,
        words: Words,
        seconds: float,
    ) -> Recommendations:
        service = self._kit.service
        liked = len(personal.taste.liked)
        heard = ClipHeard(
            name=words.count("foryou.title", liked),
            seconds=0.0,
            start=0.0,
            end=0.0,
            model=service.index.stamp.model,
            log_mel=nothing_drawn(),
        )
        query = query_of_point(unit_mean(personal.taste.liked))
        return Recommendations(heard, None, results, {"total": seconds}, query, service.space)
