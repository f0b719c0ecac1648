"""The menu of a card: one result by itself, for who chose it."""

from __future__ import annotations

from typing import cast

from bot.answers.actions import Press
from bot.card import panel_card
from bot.one_clip import is_one_clip
from bot.reply import edit_card


async def open_panel(press: Press) -> None:
    """Show the chosen result with all that can be done with it."""
    interaction = press.interaction
    data = cast("dict[str, list[str]]", interaction.data)
    result = press.result(int(data["values"][0]))
    await interaction.response.defer(ephemeral=True, thinking=True)
    cover = await press.tools.cards.cover(result) if press.may_attach else b""
    why = is_one_clip(press.kept.answer.clip)
    await edit_card(interaction, panel_card(result, press.kept.id, press.words, cover, why=why))
