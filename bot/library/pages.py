"""The buttons below a library's list: they turn it, also after a restart."""

from __future__ import annotations

import re
from typing import Any, Protocol, Self

import discord
from discord import ui

from bot.library.texts import TURN
from bot.reply import answer_error


class Lister(Protocol):
    """Lists the library of a server."""

    async def turn(self, interaction: discord.Interaction, page: int) -> None:
        """Show another page in place of the one that is shown."""


class TurnList(ui.DynamicItem[ui.Item[Any]], template=re.compile(rf"{TURN}(?P<page>\d{{1,5}})")):
    """A button that turns to a page."""

    def __init__(self, item: ui.Item[Any], page: int) -> None:
        super().__init__(item)
        self._page = page

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction, item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Read the page from the custom_id."""
        return cls(item, int(match["page"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        """Turn; nothing is raised, for discord.py would only log it."""
        lister: Lister = interaction.client.get_cog("library")  # type: ignore[attr-defined]
        try:
            await lister.turn(interaction, self._page)
        except Exception as error:  # noqa: BLE001
            await answer_error(interaction, error)
