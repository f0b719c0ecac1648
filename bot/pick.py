"""Choosing a track of the catalogue by its name, as people type it."""

from __future__ import annotations

import discord
from discord.app_commands import Choice

from bot.asking import Asking
from bot.plain import bare
from bot.words import ENGLISH
from models.types import ClipError, NothingFoundError, Track, TrackIndex

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

    The beginning of an id is a text too: people type “face” and “dead beef” and mean a name.

    Raises
    ------
    ClipError
        No track fits.
    """
    service = await asking.service_in(guild)
    offered = await service.aside(_of_id, service.index, given.strip())
    if offered is not None:
        return offered.id
    tracks = await service.aside(service.index.complete, given, 1)
    if not tracks:
        raise ClipError(*ENGLISH.say("pick.nothing", typed=bare(given, _LONGEST)))
    return tracks[0].id


def choice_name(track: Track) -> str:
    """Return what a choice is called: title and artist, as Discord shows them unformatted."""
    name = " · ".join(filter(None, [track.title, track.artist]))
    return bare(name, _LONGEST) or track.id[:_LONGEST]


def _of_id(index: TrackIndex, given: str) -> Track | None:
    """Return the track with this id, and no other whose id only begins so; blocking."""
    try:
        found = index.find(given)
    except NothingFoundError:
        return None
    return found if given in (found.id, found.id[:_LONGEST]) else None
