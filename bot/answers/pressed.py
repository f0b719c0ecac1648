"""A press on a card, whichever card and however long ago it was sent."""

from __future__ import annotations

import re
from typing import Any, Protocol, Self

import discord
from discord import ui

from bot.card.controls import TEMPLATE


class Handler(Protocol):
    """Does what was pressed."""

    async def handle(
        self, interaction: discord.Interaction, action: str, answer_id: str, number: int
    ) -> None:
        """Do it, and tell the person what came of it, whatever that is."""


class Pressed(ui.DynamicItem[ui.Item[Any]], template=TEMPLATE):
    """A button or a menu of an answer; it hands the press to the bot's `actions`."""

    def __init__(self, item: ui.Item[Any], action: str, answer_id: str, number: int) -> None:
        super().__init__(item)
        # Not `self.id`: that is what discord.py numbers components by.
        self._action = action
        self._answer_id = answer_id
        self._number = number

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction, item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Read what is meant from the custom_id."""
        return cls(item, match["action"], match["answer"], int(match["number"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        """Hand the press on; nothing is raised, for discord.py would only log it."""
        handler: Handler = interaction.client.actions  # type: ignore[attr-defined]
        await handler.handle(interaction, self._action, self._answer_id, self._number)
