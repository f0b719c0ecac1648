"""Keeps a file in a server's library: heard whole, named, and found from then on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import NamedTuple

import discord

from bot.gate import Gate
from bot.service import Soundalike
from bot.turns import Turns, Waiting
from bot.words import ENGLISH
from index.libraries import Added, Libraries
from models.tags import clean, split_labels
from models.types import ClipSource, RequestError, Track

MOST_BYTES = 60_000_000
"""The largest file that is kept as a track; of the sound itself only a minute is."""

LONGEST_DOWNLOAD = 600.0
"""Seconds that a file may take to come from Discord."""


class Naming(NamedTuple):
    """What a person calls a track; what is empty is read from its file."""

    title: str = ""
    artist: str = ""
    genre: str = ""

    def over(self, track: Track) -> Track:
        """Return a track under these names."""
        artist, labels = clean(self.artist), split_labels([self.genre])
        return replace(
            track,
            title=clean(self.title) or track.title,
            artist=artist or track.artist,
            artist_known=bool(artist) or track.artist_known,
            labels=labels or track.labels,
        )


class Kept(NamedTuple):
    """A track as the library has it, and whether it is new there."""

    track: Track
    added: Added


class Keeper:
    """Hears files and puts them into libraries, one at a time.

    Parameters
    ----------
    service : Soundalike
    libraries : Libraries
    gate : Gate
        Where whoever listens waits for a turn.
    """

    def __init__(self, service: Soundalike, libraries: Libraries, gate: Gate) -> None:
        self.service = service
        self.gate = gate
        self._libraries = libraries
        self._turns = Turns(1)

    @asynccontextmanager
    async def turn(self, waiting: Waiting | None = None) -> AsyncIterator[None]:
        """Wait for a turn and hold it: only who has one holds a whole file in memory.

        Raises
        ------
        BusyError
            The bot stops.
        TimeoutError
            It took longer than the gate's patience.
        """
        # A line of their own: however many tracks are added, those who ask find a turn.
        async with self._turns.turn(waiting), self.gate.turn():
            yield

    async def keep(self, guild: int, source: ClipSource, naming: Naming = Naming()) -> Kept:  # noqa: B008
        """Put a file into a server's library, by who has a turn.

        What is there already is known by its hash, and not heard again.

        Raises
        ------
        ClipError
            It cannot be heard.
        RequestError
            The library is full.
        SoundalikeError
            The model cannot listen, or nothing can be kept.
        """
        known = await self._find(guild, await self.service.identify(source))
        if known is not None:
            return Kept(known, Added.KNOWN)
        usage = await self.service.aside(self._libraries.usage, guild)
        if usage.tracks >= self._libraries.most:
            raise self._full()
        heard = await self.service.hear_whole(source)
        embedded = replace(heard.embedded, track=naming.over(heard.embedded.track))
        added = await self._libraries.add(guild, embedded, heard.stamp, heard.preview)
        if added is Added.FULL:
            raise self._full()
        return Kept(embedded.track, added)

    async def _find(self, guild: int, track_id: str) -> Track | None:
        space = self.service.space
        return await self.service.aside(self._libraries.find, guild, track_id, space)

    def _full(self) -> RequestError:
        return RequestError(*ENGLISH.say("library.full", most=self._libraries.most))


def server_of(interaction: discord.Interaction) -> int:
    """Return the server an interaction was made in.

    Raises
    ------
    RequestError
        It was none.
    """
    if interaction.guild_id is None:
        raise RequestError(*ENGLISH.say("library.only_in_servers"))
    return interaction.guild_id
