"""`/library`: add a track, remove it, list them, see how full it is, take in a zip."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import discord
from discord import app_commands
from discord.app_commands import Choice, Range
from discord.ext import commands

from bot.card import text_card
from bot.card.rows import track_name
from bot.gate import BusyError
from bot.library.adding import add_file
from bot.library.archive import LARGEST_ARCHIVE, Archive
from bot.library.importing import Progress, import_archive
from bot.library.keeping import Keeper, Naming, server_of
from bot.library.report import Report
from bot.library.texts import list_card, progress_text, report_text, stats_text
from bot.pick import choice_name
from bot.reply import edit_card
from bot.similar.download import Downloads
from bot.words import ENGLISH, words_for
from index.libraries import Libraries
from index.names import fold
from models.types import ClipError, RequestError, Track

_LONGEST = 200
_MOST_CHOICES = 25


@app_commands.default_permissions(manage_guild=True)
@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
class LibraryCommands(commands.GroupCog, name="library"):
    """Holds the commands: for a server's admins, and whom they let in its settings.

    Parameters
    ----------
    keeper : Keeper
    libraries : Libraries
    downloads : Downloads
        Brings what is to be kept.
    """

    def __init__(self, keeper: Keeper, libraries: Libraries, downloads: Downloads) -> None:
        super().__init__()
        self._keeper = keeper
        self._libraries = libraries
        self._downloads = downloads
        self._importing: set[int] = set()

    @app_commands.command()
    async def add(
        self,
        interaction: discord.Interaction,
        file: discord.Attachment,
        title: Range[str, 1, _LONGEST] = "",
        artist: Range[str, 1, _LONGEST] = "",
        genre: Range[str, 1, _LONGEST] = "",
    ) -> None:
        """Add a file."""
        naming = Naming(title, artist, genre)
        await add_file(self._keeper, self._downloads, interaction, file, naming)

    @app_commands.command()
    async def remove(self, interaction: discord.Interaction, track: str) -> None:
        """Take a track out for good."""
        guild, words = server_of(interaction), words_for(interaction.locale)
        await interaction.response.defer(ephemeral=True, thinking=True)
        meant = _meant(await self._tracks(guild), track)
        if meant is None or not await self._libraries.remove(guild, meant.id):
            raise RequestError(*ENGLISH.say("library.none_such"))
        await edit_card(
            interaction, text_card(words("library.removed", who=track_name(meant, words)))
        )

    @remove.autocomplete("track")
    async def _complete(self, interaction: discord.Interaction, typed: str) -> list[Choice[str]]:
        guild = interaction.guild_id
        tracks = () if guild is None else await self._tracks(guild)
        wanted = fold(typed)
        fits = [each for each in tracks if wanted in fold(f"{each.title} {each.artist}")]
        return [Choice(name=choice_name(each), value=each.id) for each in fits[:_MOST_CHOICES]]

    @app_commands.command(name="list")
    async def show(self, interaction: discord.Interaction) -> None:
        """List the tracks."""
        guild = server_of(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._show(interaction, guild, 0)

    async def turn(self, interaction: discord.Interaction, page: int) -> None:
        """Turn the list that a button was pressed below."""
        guild = server_of(interaction)
        await interaction.response.defer()
        await self._show(interaction, guild, page)

    @app_commands.command()
    async def stats(self, interaction: discord.Interaction) -> None:
        """Say how full it is."""
        guild, words = server_of(interaction), words_for(interaction.locale)
        await interaction.response.defer(ephemeral=True, thinking=True)
        service = self._keeper.service
        usage = await service.aside(self._libraries.usage, guild)
        shelf = await service.aside(self._libraries.shelf, guild, service.space)
        deaf = usage.tracks - len(shelf)
        card = text_card(*stats_text(usage, self._libraries.most, deaf, words))
        await edit_card(interaction, card)

    @app_commands.command(name="import")
    async def bring(self, interaction: discord.Interaction, file: discord.Attachment) -> None:
        """Take in what a zip holds; all may watch, and read what came of it."""
        guild, words = server_of(interaction), words_for(interaction.locale)
        _check_zip(file)

        async def show(report: Report) -> None:
            card = text_card(progress_text(report, words))
            await interaction.edit_original_response(view=card.view)

        keeper = self._keeper
        with keeper.gate.ask(interaction.user.id, guild), self._alone(guild):
            await interaction.response.defer(thinking=True)
            with tempfile.TemporaryFile() as held:
                await self._downloads.save(file, held, LARGEST_ARCHIVE)
                archive = await keeper.service.aside(Archive, held)
                if not archive.entries:
                    raise ClipError(*ENGLISH.say("library.no_audio"))
                report = await import_archive(keeper, guild, archive, Progress(show))
        await edit_card(interaction, text_card(report_text(report, words)), public=True)

    async def _show(self, interaction: discord.Interaction, guild: int, page: int) -> None:
        words = words_for(interaction.locale)
        await edit_card(interaction, list_card(await self._tracks(guild), page, words))

    async def _tracks(self, guild: int) -> tuple[Track, ...]:
        return await self._keeper.service.aside(self._libraries.tracks, guild)

    @contextmanager
    def _alone(self, guild: int) -> Iterator[None]:
        if guild in self._importing:
            raise BusyError(*ENGLISH.say("library.importing"))
        self._importing.add(guild)
        try:
            yield
        finally:
            self._importing.discard(guild)


def _check_zip(file: discord.Attachment) -> None:
    if not file.filename.lower().endswith(".zip"):
        raise ClipError(*ENGLISH.say("library.no_zip"))
    if file.size > LARGEST_ARCHIVE:
        size, limit = round(file.size / 1e6), round(LARGEST_ARCHIVE / 1e6)
        raise ClipError(*ENGLISH.say("library.zip_too_large", size=size, limit=limit))


def _meant(tracks: tuple[Track, ...], given: str) -> Track | None:
    """Return the track that was offered, or the only one that is called so."""
    for track in tracks:
        if track.id == given:
            return track
    called = [track for track in tracks if fold(track.title) == fold(given)]
    return called[0] if len(called) == 1 else None
