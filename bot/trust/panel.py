"""A card of text with buttons that go on working after a restart."""

from __future__ import annotations

from typing import Any

import discord
from discord import ui

from bot.card import saying_card
from bot.explain import explain
from bot.reply import noting_silence
from bot.words import words_for

_ROSE = 0xC6367D


class Panel(ui.LayoutView):
    """Shows texts one below the other, and a row of buttons.

    Parameters
    ----------
    *texts : str
        Markdown; together at most 4,000 characters.
    buttons : sequence of ui.Button
        At most five, each with a custom_id, so that the bot knows them again.
    answers : bool
        Whether it answers the presses on every panel with the same buttons: it is given to the
        bot once, with `add_view`, and never sent.
    """

    def __init__(
        self, *texts: str, buttons: tuple[ui.Button[Any], ...] = (), answers: bool = False
    ) -> None:
        super().__init__(timeout=None)
        container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=_ROSE)
        for place, text in enumerate(texts):
            if place:
                container.add_item(ui.Separator())
            container.add_item(ui.TextDisplay(text))
        self.add_item(container)
        if buttons:
            container.add_item(ui.ActionRow(*buttons))
        if not answers:
            # Or else discord.py would hold every panel that was ever sent.
            self.stop()

    async def on_error(
        self, interaction: discord.Interaction, error: Exception, _item: ui.Item[Any], /
    ) -> None:
        """Answer who pressed with a sentence, in private; the panel stays as it is."""
        await tell_presser(interaction, error)


async def tell_presser(interaction: discord.Interaction, error: Exception) -> None:
    """Tell the person who pressed a button what went wrong, in private."""
    card = saying_card(explain(error, words_for(interaction.locale)))
    with noting_silence():
        if interaction.response.is_done():
            await interaction.followup.send(view=card.view, ephemeral=True)
        else:
            await interaction.response.send_message(view=card.view, ephemeral=True)
