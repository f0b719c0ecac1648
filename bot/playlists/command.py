"""`/playlist search`: tracks found by their names, as a file."""

from __future__ import annotations

import io
from collections.abc import Sequence

import discord
from discord import app_commands
from discord.app_commands import Choice, Range
from discord.ext import commands

from bot.asking import Asking
from bot.gate import Gate
from bot.pick import choice_name
from bot.plain import bare
from bot.playlists.formats import FORMATS, file_name
from bot.playlists.playlist import playlist_of_tracks
from bot.reply import edit_file
from bot.words import ENGLISH, words_for
from index.names import fold
from models.types import RequestError, SoundalikeError, Track

MOST = 100
"""Tracks in a playlist that was searched for."""

_MOST_CHOICES, _LONGEST = 25, 100
_MOST_ARTISTS = 5


@app_commands.allowed_installs(guilds=True, users=True)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
class PlaylistCommands(commands.GroupCog, name="playlist"):
    """Holds the command.

    Parameters
    ----------
    asking : Asking
    gate : Gate
    """

    def __init__(self, asking: Asking, gate: Gate) -> None:
        super().__init__()
        self._asking = asking
        self._gate = gate

    @app_commands.command()
    @app_commands.choices(form=[Choice(name=form, value=form) for form in FORMATS])
    async def search(
        self,
        interaction: discord.Interaction,
        query: Range[str, 1, _LONGEST],
        count: Range[int, 1, MOST] = 25,
        form: str = "m3u8",
    ) -> None:
        """Send what is found to who asked."""
        if not interaction.app_permissions.attach_files:
            raise RequestError(*ENGLISH.say("answer.may_not_attach"))
        words = words_for(interaction.locale)
        with self._gate.ask(interaction.user.id, interaction.guild_id):
            await interaction.response.defer(ephemeral=True, thinking=True)
            service = await self._asking.service_in(interaction.guild_id)
            tracks = await service.aside(service.index.complete, query, count)
        if not tracks:
            raise RequestError(*ENGLISH.say("pick.nothing", typed=bare(query, _LONGEST)))
        playlist = playlist_of_tracks(query, tracks)
        file = discord.File(io.BytesIO(FORMATS[form](playlist)), file_name(playlist, form))
        await edit_file(interaction, words.count("playlist.saved", len(tracks)), file)

    @search.autocomplete("query")
    async def _complete(self, interaction: discord.Interaction, typed: str) -> list[Choice[str]]:
        try:
            service = await self._asking.service_in(interaction.guild_id)
            tracks = await service.aside(service.index.complete, typed, _MOST_CHOICES)
        except SoundalikeError:
            return []  # it is told once it is asked
        return query_choices(typed, tracks)


def query_choices(typed: str, tracks: Sequence[Track]) -> list[Choice[str]]:
    """Offer queries for what was typed: artists that it may be, then single tracks."""
    words = fold(typed).split()
    artists = dict.fromkeys(track.artist for track in tracks if _begin(words, track.artist))
    choices = [
        Choice(name=bare(artist, _LONGEST), value=artist[:_LONGEST])
        for artist in list(artists)[:_MOST_ARTISTS]
        if bare(artist, _LONGEST)
    ]
    for track in tracks:
        query = f"{track.title} {track.artist}".strip()
        choices.append(Choice(name=choice_name(track), value=query[:_LONGEST] or track.id))
    return choices[:_MOST_CHOICES]


def _begin(words: Sequence[str], name: str) -> bool:
    """Whether every typed word, of one at least, is the beginning of one of a name's."""
    own = fold(name).split()
    return bool(words) and all(any(each.startswith(word) for each in own) for word in words)
