"""`/privacy`: what is kept of a person, why and for how long; to take along, or to be deleted."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.gate import Gate
from bot.service import Soundalike
from bot.trust.export import export_files
from bot.trust.panel import Panel
from bot.words import ENGLISH, Words, words_for
from index.kept import Kept, count_of_person, forget_person, of_person
from index.state_file import State
from models.types import ClipError

LARGEST_FILE = 10 << 20
"""Bytes of one file of an export; what Discord takes from anybody."""

_FILES, _MESSAGES = 10, 4  # in a message, as Discord has it; and for one press


class PrivacyCommand(commands.Cog):
    """Holds the command and answers its buttons.

    Parameters
    ----------
    service : Soundalike
        Its threads read the state.
    state : State
    gate : Gate
    """

    def __init__(self, service: Soundalike, state: State, gate: Gate) -> None:
        self._service = service
        self._state = state
        self._gate = gate

    def known_panels(self) -> tuple[Panel, ...]:
        """Return panels with every button, so that those of earlier days are known again."""
        # The text is never shown: a panel that was sent keeps its own.
        buttons = self._buttons(ENGLISH), self._sure_buttons(ENGLISH)
        return tuple(Panel("-", buttons=each, answers=True) for each in buttons)

    @app_commands.command()
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def privacy(self, interaction: discord.Interaction) -> None:
        """Show what is kept, to the asker alone."""
        await interaction.response.defer(ephemeral=True)
        words = words_for(interaction.locale)
        text = kept_text(self._state.kept, await self._counts(interaction.user.id), words)
        panel = Panel(words("privacy.head"), text, buttons=self._buttons(words))
        await interaction.edit_original_response(view=panel)

    async def export(self, interaction: discord.Interaction) -> None:
        """Hand a person all that is kept of them, as JSON."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        words = words_for(interaction.locale)
        if not interaction.app_permissions.attach_files:
            raise ClipError(*ENGLISH.say("privacy.no_files"))
        with self._gate.place(interaction.user.id):
            await self._hand_over(interaction, words)

    async def ask_again(self, interaction: discord.Interaction) -> None:
        """Ask whether a person really wants to be forgotten."""
        words = words_for(interaction.locale)
        panel = Panel(words("privacy.sure"), buttons=self._sure_buttons(words))
        await interaction.response.edit_message(view=panel)

    async def forget(self, interaction: discord.Interaction) -> None:
        """Delete all that is kept of a person."""
        await interaction.response.defer()
        person = interaction.user.id

        def delete(database: sqlite3.Connection) -> int:
            return forget_person(database, self._state.kept, person)

        self._gate.forget(person)  # before: what is on its way is not to come after it
        deleted = await self._state.erase(delete)
        words = words_for(interaction.locale)
        await interaction.edit_original_response(
            view=Panel(words.count("privacy.deleted", deleted))
        )

    async def leave_it(self, interaction: discord.Interaction) -> None:
        """Leave all as it is."""
        words = words_for(interaction.locale)
        await interaction.response.edit_message(view=Panel(words("privacy.left")))

    async def _hand_over(self, interaction: discord.Interaction, words: Words) -> None:
        person = interaction.user.id
        limit = min(interaction.filesize_limit, LARGEST_FILE)
        mine = await self._mine(person)
        parts = export_files(mine, f"soundalike-{person}", limit)
        said = words("privacy.exported")
        for _ in range(_MESSAGES):
            some = await self._service.aside(lambda: list(islice(parts, _FILES)))
            if not some:
                return
            files = [discord.File(io.BytesIO(data), name) for name, data in some]
            await interaction.followup.send(said, files=files, ephemeral=True)
            said = words("privacy.more")
        if await self._service.aside(next, parts, None):
            rest = words.say("privacy.too_much")
            await interaction.followup.send(f"{rest.sentence} {rest.fix}", ephemeral=True)

    async def _counts(self, person: int) -> dict[str, int]:
        def look(database: sqlite3.Connection) -> dict[str, int]:
            return count_of_person(database, self._state.kept, person)

        return await self._service.recall(self._state.read, look)

    async def _mine(self, person: int) -> dict[str, list[dict[str, Any]]]:
        def look(database: sqlite3.Connection) -> dict[str, list[dict[str, Any]]]:
            return of_person(database, self._state.kept, person)

        return await self._service.aside(self._state.read, look)

    def _buttons(self, words: Words) -> tuple[ui.Button[Panel], ...]:
        return (
            _Button("export", words, self.export, discord.ButtonStyle.secondary),
            _Button("delete", words, self.ask_again, discord.ButtonStyle.danger),
        )

    def _sure_buttons(self, words: Words) -> tuple[ui.Button[Panel], ...]:
        return (
            _Button("forget", words, self.forget, discord.ButtonStyle.danger),
            _Button("keep", words, self.leave_it, discord.ButtonStyle.secondary),
        )


def kept_text(kept: tuple[Kept, ...], mine: dict[str, int], words: Words) -> str:
    """Word what is kept: why, for how long, and how much of it is the reader's."""
    lines = []
    for each in kept:
        why = words(f"kept.{each.table}")
        lasting = each.days is None or each.lasting
        days = words("privacy.until_deleted") if lasting else _days(each.days or 0, words)
        count = words.count("privacy.yours", mine[each.table]) if each.table in mine else ""
        lines.append(f"- {why}\n-# {' · '.join(filter(None, [days, count]))}")
    return "\n".join(lines)


def _days(days: int, words: Words) -> str:
    return words.count("privacy.days", days)


class _Button(ui.Button[Panel]):
    """A button of the panel; it is known by its name."""

    def __init__(
        self,
        name: str,
        words: Words,
        work: Callable[[discord.Interaction], Awaitable[None]],
        style: discord.ButtonStyle,
    ) -> None:
        super().__init__(
            label=words(f"privacy.buttons.{name}"), custom_id=f"privacy:{name}", style=style
        )
        self._work = work

    async def callback(self, interaction: discord.Interaction) -> None:
        """Do what it says."""
        await self._work(interaction)
