"""`/admin`: the host's own commands: what goes on, a fresh look at the index, another index."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import discord
from discord import app_commands
from discord.app_commands import Choice
from discord.ext import commands

from bot.gate import Gate
from bot.plain import plain
from bot.service import Soundalike
from bot.trust.panel import Panel
from bot.words import ENGLISH, words_for
from index.opened import open_index
from index.state_file import State
from models.types import ClipError, SoundalikeError

T = TypeVar("T")

_LONGEST = 300
_MOST_CHOICES = 25


@runtime_checkable
class Exchangeable(Protocol):
    """An index that can be looked at anew, and exchanged for another one."""

    def reload(self) -> bool:
        """Take the newest generation; whether there was one."""

    def swap(self, opener: Any) -> None:
        """Take another index."""


# Discord cannot show a command to an application's owner alone: this is as few people as it can.
@app_commands.default_permissions(administrator=True)
@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
class AdminCommands(commands.GroupCog, name="admin"):
    """Holds the commands; nobody but the application's owner is answered.

    They are shown to administrators in servers, and to nobody else.

    Parameters
    ----------
    service : Soundalike
    state : State
    gate : Gate
    folder : Path
        The indexes that can be swapped to lie in here.
    """

    def __init__(self, service: Soundalike, state: State, gate: Gate, folder: Path) -> None:
        super().__init__()
        self._service = service
        self._state = state
        self._gate = gate
        self._folder = folder

    @app_commands.command()
    async def status(self, interaction: discord.Interaction) -> None:
        """Say what goes on."""
        await _check_owner(interaction)
        words = words_for(interaction.locale)
        stamp = self._service.index.stamp
        at_work, waiting = self._gate.counts()
        lines = [
            words("admin.index", tracks=words.count("card.tracks", len(self._service.index))),
            words("about.model", model=plain(stamp.model, _LONGEST), space=plain(stamp.space, 100)),
            words("admin.asks", working=words.number(at_work), waiting=words.number(waiting)),
            words("admin.servers", count=words.number(len(interaction.client.guilds))),
        ]
        notes = [self._service.note, self._state.note]
        lines += [plain(note, _LONGEST) for note in notes if note]
        panel = Panel("\n".join(f"- {line}" for line in lines))
        await interaction.response.send_message(view=panel, ephemeral=True)

    @app_commands.command()
    async def reload(self, interaction: discord.Interaction) -> None:
        """Take the newest generation of the index now."""
        await _check_owner(interaction)
        await interaction.response.defer(ephemeral=True)
        newer = await _told(self._service.aside(self._exchangeable().reload))
        key = "admin.reloaded" if newer else "admin.newest_already"
        await self._say(interaction, key, "")

    @app_commands.command()
    async def swap(self, interaction: discord.Interaction, index: str) -> None:
        """Answer from another index of the data directory from now on."""
        await _check_owner(interaction)
        await interaction.response.defer(ephemeral=True)
        if index not in await self._service.aside(self._names):
            raise ClipError(*ENGLISH.say("admin.no_such_index", name=plain(index, 100)))
        opener: Any = partial(open_index, self._folder / index)
        await _told(self._service.aside(self._exchangeable().swap, opener))
        await self._say(interaction, "admin.swapped", index)

    @swap.autocomplete("index")
    async def _complete(self, interaction: discord.Interaction, typed: str) -> list[Choice[str]]:
        if not await _is_owner(interaction):
            return []
        names = await self._service.aside(self._names)
        fits = [name for name in names if typed.casefold() in name.casefold()]
        return [Choice(name=name[:100], value=name) for name in fits[:_MOST_CHOICES]]

    def _names(self) -> list[str]:
        """List the indexes there are; a name too long for Discord is none."""
        if not self._folder.is_dir():
            return []
        found = (path for path in self._folder.iterdir() if (path / "current").exists())
        return sorted(path.name for path in found if len(path.name) <= 100)

    def _exchangeable(self) -> Exchangeable:
        index = self._service.index
        if not isinstance(index, Exchangeable):
            raise ClipError(*ENGLISH.say("admin.fixed"))
        return index

    async def _say(self, interaction: discord.Interaction, key: str, name: str) -> None:
        words = words_for(interaction.locale)
        tracks = words.count("card.tracks", len(self._service.index))
        text = words(key, name=plain(name, _LONGEST), tracks=tracks)
        await interaction.edit_original_response(view=Panel(text))


async def _is_owner(interaction: discord.Interaction) -> bool:
    client = interaction.client
    return isinstance(client, commands.Bot) and await client.is_owner(interaction.user)


async def _check_owner(interaction: discord.Interaction) -> None:
    if not await _is_owner(interaction):
        raise ClipError(*ENGLISH.say("admin.not_yours"))


async def _told(work: Awaitable[T]) -> T:
    """Do work whose errors the host is to read, who is the one asking."""
    try:
        return await work
    except SoundalikeError as error:
        raise ClipError(*error.args) from error
