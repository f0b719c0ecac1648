"""Values as Discord cards: an answer a page at a time, one result by itself, a sentence, texts."""

from __future__ import annotations

from bot.card.answer import PAGE, Page, answer_card
from bot.card.layout import LONGEST_CARD, MOST_PARTS, Card
from bot.card.panel import panel_card
from bot.card.saying import saying_card
from bot.card.text import text_card

__all__ = [
    "LONGEST_CARD",
    "MOST_PARTS",
    "PAGE",
    "Card",
    "Page",
    "answer_card",
    "panel_card",
    "saying_card",
    "text_card",
]
