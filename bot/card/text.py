"""A card of nothing but text."""

from __future__ import annotations

from discord import ui

from bot.card.layout import LONGEST_CARD, Card, container, in_view


def text_card(*texts: str) -> Card:
    """Lay out texts one below the other, with lines between; cut to what a card holds."""
    box = container()
    left = LONGEST_CARD
    for place, text in enumerate(texts):
        if place:
            box.add_item(ui.Separator())
        box.add_item(ui.TextDisplay(text[:left]))
        left -= len(text[:left])
        if left == 0:
            break
    return Card(in_view(box), [])
