"""A saying as a card: what went wrong or a word of help, and what to do."""

from __future__ import annotations

from discord import ui

from bot.card.layout import AMBER, Card, container, in_view
from bot.plain import plain
from bot.words import Saying

_SENTENCE = 600


def saying_card(saying: Saying, colour: int = AMBER) -> Card:
    """Lay out a saying."""
    text = f"**{plain(saying.sentence, _SENTENCE)}**"
    if saying.fix:
        text += f"\n{plain(saying.fix, _SENTENCE)}"
    return Card(in_view(container(colour).add_item(ui.TextDisplay(text))), [])
