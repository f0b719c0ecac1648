"""One result by itself, with all that can be done with it."""

from __future__ import annotations

import discord
from discord import ui

from bot.card.controls import panel_row
from bot.card.layout import Card, container, in_view, shown
from bot.card.rows import result_line
from bot.words import Words
from models.types import Recommendation


def panel_card(
    result: Recommendation, answer_id: str, words: Words, cover: bytes = b"", *, why: bool = True
) -> Card:
    """Lay out one result of an answer, with its buttons.

    Parameters
    ----------
    result : Recommendation
    answer_id : str
    words : Words
    cover : bytes
        Its cover art; empty to go without.
    why : bool
        Whether moments can be shown that matched.
    """
    files: list[discord.File] = []
    text = result_line(result, words, tall=bool(cover)).long
    box = container()
    if cover:
        address = shown(cover, "cover.jpg", files)
        box.add_item(ui.Section(text, accessory=ui.Thumbnail(address)))
    else:
        box.add_item(ui.TextDisplay(text))
    box.add_item(panel_row(answer_id, result.rank, words, why=why))
    return Card(in_view(box), files)
