"""Two sounds side by side, as a card and as a picture."""

from __future__ import annotations

import discord
from discord import ui

from bot.alike import match_in_words, similarity_in_words, similarity_word
from bot.card.layout import Card, container, in_view, shown
from bot.plain import plain
from bot.times import clock
from bot.ways import Comparison
from bot.why_picture import Why, draw_why
from bot.words import Words

_NAME = 120
_MOST_SENTENCES = 3


def draw_comparison(found: Comparison, words: Words) -> bytes:
    """Draw both sounds as lines, with ribbons between what is alike; a PNG."""
    names = words("compare.first"), words("compare.second")
    first, second = found.first, found.second
    return draw_why(Why(first.start, first.end, second.end, found.pairs, names))


def compare_card(found: Comparison, picture: bytes, words: Words) -> Card:
    """Lay a comparison out.

    Parameters
    ----------
    found : Comparison
    picture : bytes
        A PNG; empty to go without.
    words : Words
    """
    names = [plain(clip.name, _NAME) or words("card.clip") for clip in (found.first, found.second)]
    if found.match is None:
        fit = similarity_in_words(found.similarity, words)
    else:
        fit = match_in_words(found.match, words)
    files: list[discord.File] = []
    box = container()
    box.add_item(ui.TextDisplay(f"### {words('compare.title', first=names[0], second=names[1])}"))
    box.add_item(ui.TextDisplay(f"**{fit}**"))
    if picture:
        address = shown(picture, "compare.png", files)
        item = discord.MediaGalleryItem(address, description=words("why.picture"))
        box.add_item(ui.MediaGallery(item))
    best = sorted(found.pairs, key=lambda pair: -pair.similarity)[:_MOST_SENTENCES]
    lines = [
        words(
            "compare.pair",
            first=clock(found.first.start + pair.clip),
            second=clock(found.second.start + pair.track),
            alike=similarity_word(pair.similarity, words),
        )
        for pair in best
    ]
    box.add_item(ui.TextDisplay("\n".join(lines)))
    return Card(in_view(box), files)
