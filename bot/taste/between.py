"""`/blend`, `/compare` and `/path`: what lies between sounds, and how far they are apart."""

from __future__ import annotations

import time

import discord
from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands

from bot.answers.cards import MOST
from bot.pick import chosen_track, track_choices
from bot.place import in_turn
from bot.reply import edit_card
from bot.similar.clips import Chosen, Offer
from bot.taste.compare_card import compare_card, draw_comparison
from bot.taste.kit import Kit, asker_of, offers_of
from bot.ways import blend_of, compare, path
from bot.words import ENGLISH, words_for
from models.types import (
    ClipHeard,
    EmbeddedClip,
    Recommendations,
    RequestError,
    SearchOptions,
    SoundalikeError,
    nothing_drawn,
)

_STEPS = 5
_MOST_BLENDED = 3


class BetweenCommands(commands.Cog):
    """Holds the commands."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    @app_commands.command()
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def blend(
        self,
        interaction: discord.Interaction,
        file: discord.Attachment | None = None,
        file2: discord.Attachment | None = None,
        file3: discord.Attachment | None = None,
        track: str | None = None,
        track2: str | None = None,
    ) -> None:
        """Find what is like two or three sounds at once."""
        offers = offers_of([file, file2, file3], [track, track2])
        if not 2 <= len(offers) <= _MOST_BLENDED:
            raise RequestError(*ENGLISH.say("blend.how_many"))
        kit, words = self._kit, words_for(interaction.locale)
        with kit.gate.ask(interaction.user.id, interaction.guild_id):
            await self._begin(interaction, offers)
            async with in_turn(kit.gate, interaction, words):
                began = time.perf_counter()
                clips = await self._hear(interaction, offers)
                mixed, known = blend_of(clips)
                options = SearchOptions(MOST)
                answer = await kit.asking.ask(
                    mixed, options, asker_of(interaction), began, recognise=False
                )
                answer = known.left_out_of(answer)
                await kit.show(interaction, answer, words, public=True, clips=clips)

    @app_commands.command()
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def compare(
        self,
        interaction: discord.Interaction,
        file: discord.Attachment | None = None,
        file2: discord.Attachment | None = None,
        track: str | None = None,
        track2: str | None = None,
    ) -> None:
        """Say how alike two sounds are, and where."""
        offers = offers_of([file, file2], [track, track2])
        if len(offers) != 2:
            raise RequestError(*ENGLISH.say("compare.how_many"))
        kit, words = self._kit, words_for(interaction.locale)
        with kit.gate.ask(interaction.user.id, interaction.guild_id):
            await self._begin(interaction, offers)
            async with in_turn(kit.gate, interaction, words):
                first, second = await self._hear(interaction, offers)
                found = await kit.service.aside(compare, kit.service, first, second)
                picture = b""
                if interaction.app_permissions.attach_files:
                    picture = await kit.service.aside(draw_comparison, found, words)
        await edit_card(interaction, compare_card(found, picture, words), public=True)

    @app_commands.command()
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def path(
        self,
        interaction: discord.Interaction,
        start: str,
        goal: str,
        steps: app_commands.Range[int, 1, 20] = _STEPS,
    ) -> None:
        """Lead from one track to another."""
        kit, words = self._kit, words_for(interaction.locale)
        with kit.gate.ask(interaction.user.id, interaction.guild_id):
            await interaction.response.defer(thinking=True)
            async with in_turn(kit.gate, interaction, words):
                began = time.perf_counter()
                first, last = await self._hear(interaction, [Chosen(start), Chosen(goal)])
                service = await kit.asking.service_in(interaction.guild_id)
                way = await path(service, first, last, SearchOptions(steps))
                if not way:
                    raise RequestError(*ENGLISH.say("path.nothing"))
                heard = ClipHeard(
                    name=words("path.title", start=first.heard.name, goal=last.heard.name),
                    seconds=0.0,
                    start=0.0,
                    end=0.0,
                    model=first.heard.model,
                    log_mel=nothing_drawn(),
                )
                took = {"total": time.perf_counter() - began}
                answer = Recommendations(heard, None, way, took, first.query, service.space)
                await kit.show(interaction, answer, words, public=True)

    @blend.autocomplete("track")
    @blend.autocomplete("track2")
    @compare.autocomplete("track")
    @compare.autocomplete("track2")
    @path.autocomplete("start")
    @path.autocomplete("goal")
    async def _complete(self, interaction: discord.Interaction, typed: str) -> list[Choice[str]]:
        try:
            return await track_choices(self._kit.asking, interaction, typed)
        except SoundalikeError:
            return []  # it is told once it is asked

    async def _begin(self, interaction: discord.Interaction, offers: list[Offer]) -> None:
        for offer in offers:
            self._kit.ear.check(offer)
        await interaction.response.defer(thinking=True)

    async def _hear(
        self, interaction: discord.Interaction, offers: list[Offer]
    ) -> list[EmbeddedClip]:
        guild, asking = interaction.guild_id, self._kit.asking
        meant = [
            Chosen(await chosen_track(asking, guild, offer.track))
            if isinstance(offer, Chosen)
            else offer
            for offer in offers
        ]
        return await self._kit.hear(meant, guild, words_for(interaction.locale))
