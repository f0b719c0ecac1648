"""Why: which second of the clip sounds like which second of the track, as a picture and a word."""

from __future__ import annotations

import discord
from discord import ui

from bot.alike import similarity_word
from bot.answers.actions import Press
from bot.card.layout import Card, container, in_view, shown
from bot.card.rows import track_name
from bot.one_clip import is_one_clip
from bot.reply import edit_card
from bot.times import clock
from bot.why_picture import Why, draw_why
from bot.words import ENGLISH, Words
from models.types import Pair, Recommendation, RequestError

_MOST_SENTENCES = 3


async def show_why(press: Press) -> None:
    """Explain one result to who pressed."""
    result, clip = press.result(), press.kept.answer.clip
    await press.interaction.response.defer(ephemeral=True, thinking=True)
    if not (result.pairs and is_one_clip(clip)):
        raise RequestError(*ENGLISH.say("why.unknown"))
    picture = b""
    if press.may_attach:
        names = (press.words("why.clip"), press.words("why.track"))
        why = Why(clip.start, clip.end, result.track.seconds, result.pairs, names)
        picture = await press.tools.service.aside(draw_why, why)
    await edit_card(press.interaction, why_card(result, clip.start, picture, press.words))


def why_card(result: Recommendation, start: float, picture: bytes, words: Words) -> Card:
    """Lay out why a track is a result.

    Parameters
    ----------
    result : Recommendation
        With its pairs.
    start : float
        Where in the clip listening began, in seconds.
    picture : bytes
        Empty to go without.
    words : Words
    """
    files: list[discord.File] = []
    box = container()
    box.add_item(ui.TextDisplay(f"### {words('why.title', who=track_name(result.track, words))}"))
    if picture:
        address = shown(picture, "why.png", files)
        item = discord.MediaGalleryItem(address, description=words("why.picture"))
        box.add_item(ui.MediaGallery(item))
    best = sorted(result.pairs, key=lambda pair: -pair.similarity)[:_MOST_SENTENCES]
    box.add_item(ui.TextDisplay("\n".join(_sentence(pair, start, words) for pair in best)))
    return Card(in_view(box), files)


def _sentence(pair: Pair, start: float, words: Words) -> str:
    return words(
        "why.pair",
        clip=clock(start + pair.clip),
        track=clock(pair.track),
        alike=similarity_word(pair.similarity, words),
    )
