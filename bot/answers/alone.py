"""One of several clips by itself: its answer was found and kept when they were asked together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import discord
from discord import ui

from bot.answers.actions import Press
from bot.card import Card
from bot.card.controls import control_id
from bot.clip_pictures import picture_of
from bot.plain import bare
from bot.reply import edit_card
from bot.words import Words

ACTION = "alone"

_LABEL = 100
_PREFIX = f"answer:{ACTION}:"


class Single(NamedTuple):
    """A clip's number among several, from 1, its name, and the id of the answer to it alone."""

    number: int
    name: str
    answer_id: str


def add_menu(card: Card, singles: Sequence[Single], words: Words) -> None:
    """Put a menu of several clips below a card."""
    options = [
        discord.SelectOption(
            label=bare(f"{single.number}. {single.name or words('card.clip')}", _LABEL),
            value=f"{single.answer_id}:{single.number}",
        )
        for single in singles
    ]
    menu: ui.Select[ui.LayoutView] = ui.Select(
        custom_id=control_id(ACTION, singles[0].answer_id),
        placeholder=words("together.placeholder"),
        options=options,
    )
    card.view.add_item(ui.ActionRow(menu))


def keep_menu(card: Card, message: discord.Message) -> None:
    """Put the menu that a message has below the card that takes its place, if it has one."""
    for row in message.components:
        for part in getattr(row, "children", ()):
            if isinstance(part, discord.SelectMenu) and part.custom_id.startswith(_PREFIX):
                card.view.add_item(ui.ActionRow(ui.Select.from_component(part)))


async def ask_alone(press: Press) -> None:
    """Show the answer to the clip that was chosen, to who chose it."""
    interaction, tools = press.interaction, press.tools
    # Cards of before name the id alone, and have no pictures.
    value = cast("dict[str, list[str]]", interaction.data)["values"][0]
    chosen, _, number = value.partition(":")
    await interaction.response.defer(ephemeral=True, thinking=True)
    kept = await tools.find(chosen, interaction.guild_id)
    message = interaction.message
    pictures = picture_of(message, number) if message else {}
    card = await tools.cards.page(kept, 0, press.words, pictures=pictures, attach=press.may_attach)
    await edit_card(interaction, card)
