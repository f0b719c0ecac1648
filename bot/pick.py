"""Choosing a track of the catalogue by its name, as people type it."""

from __future__ import annotations

import discord
from discord.app_commands import Choice

from bot.asking import Asking
from bot.plain import bare
from bot.words import ENGLISH
from models.types import CatalogueError, ClipError, Track

_MOST, _LONGEST = 25, 100


async def track_choices(
    asking: Asking, interaction: discord.Interaction, typed: str
) -> list[Choice[str]]:
    """Offer the tracks that may be meant, best first: Discord shows 25."""
    service = await asking.service_in(interaction.guild_id)
    tracks = await service.aside(service.index.complete, typed, _MOST)
    return [Choice(name=choice_name(track), value=track.id[:_LONGEST]) for track in tracks]


async def chosen_track(asking: Asking, guild: int | None, given: str) -> str:
    """Return the id of the track that is meant: one that was offered, or the best for a text.

    Raises
    ------
    ClipError
        No track fits.
    """
    service = await asking.service_in(guild)
    tracks = await service.aside(service.index.complete, given, 1)
    try:
        found, _ = await service.track(given)
    except CatalogueError:
        if not tracks:
            raise ClipError(*ENGLISH.say("pick.nothing", typed=bare(given, _LONGEST))) from None
        found = tracks[0]
    return found.id


def choice_name(track: Track) -> str:
    """Return what a choice is called: title and artist, as Discord shows them unformatted."""
    name = " · ".join(filter(None, [track.title, track.artist]))
    return bare(name, _LONGEST) or track.id[:_LONGEST]
