"""`Recommendations` as a Discord card: one container of text, the mel picture and the results.

A card may hold 40 components and 4,000 characters. The texts below are cut so that ten results
with the longest of titles fit; what they leave free goes to the links, best result first.
"""

from __future__ import annotations

import io
from typing import NamedTuple

import discord
from discord import ui

from bot.alike import match_in_words, similarity_in_words
from bot.plain import plain, safe_link
from bot.times import clock, edges
from bot.words import Saying, Words
from models.types import ClipHeard, Recommendation, Recommendations, Track

LONGEST_CARD = 4_000
_NAME, _TITLE, _ARTIST, _NOTE, _SENTENCE = 120, 120, 70, 160, 600
_MOST_NOTES = 3

_ROSE, _AMBER = 0xC6367D, 0xF78354
_PICTURE = "clip.png"


class Card(NamedTuple):
    """A card ready to be sent: its view, and the files that the view shows."""

    view: ui.LayoutView
    files: list[discord.File]


def answer_card(answer: Recommendations, picture: bytes, tracks: int, words: Words) -> Card:
    """Lay out an answer.

    Parameters
    ----------
    answer : Recommendations
        At most 10 results are shown.
    picture : bytes
        A PNG of the clip; empty to go without.
    tracks : int
        How many tracks the catalogue holds.
    words : Words
        Those of the person who reads it.
    """
    top, bottom = _header(answer.clip, words), _footer(answer, tracks, words)
    lines = [(_row(result, words), result.track.url) for result in answer.results[:10]]
    if answer.same:
        lines.insert(0, (words("card.this_is", who=_name(answer.same, words)), answer.same.url))
    if not answer.results:
        lines.append((words("card.nothing_else" if answer.same else "card.nothing_alike"), ""))
    texts = _linked(lines, words("card.listen"), spare=LONGEST_CARD - len(top) - len(bottom))

    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=_ROSE)
    container.add_item(ui.TextDisplay(top))
    files = []
    if picture:
        files = [discord.File(io.BytesIO(picture), _PICTURE)]
        container.add_item(
            ui.MediaGallery(discord.MediaGalleryItem(files[0], description=words("card.picture")))
        )
    for place, text in enumerate(texts):
        container.add_item(ui.TextDisplay(text))
        if answer.same and place == 0:
            container.add_item(ui.Separator())
    container.add_item(ui.Separator()).add_item(ui.TextDisplay(bottom))
    return Card(ui.LayoutView(timeout=None).add_item(container), files)


def saying_card(saying: Saying) -> Card:
    """Lay out a saying: what went wrong or a word of help, and what to do."""
    text = f"**{plain(saying.sentence, _SENTENCE)}**"
    if saying.fix:
        text += f"\n{plain(saying.fix, _SENTENCE)}"
    container: ui.Container[ui.LayoutView] = ui.Container(
        ui.TextDisplay(text), accent_colour=_AMBER
    )
    return Card(ui.LayoutView(timeout=None).add_item(container), [])


def _header(clip: ClipHeard, words: Words) -> str:
    name = plain(clip.name, _NAME) or words("card.clip")
    start, end = edges(clip.start, clip.end)
    return f"### 🎧 {name}\n-# {words('card.heard', start=start, end=end)}"


def _row(result: Recommendation, words: Words) -> str:
    if result.match is None:
        fit = similarity_in_words(result.similarity, words)
    else:
        fit = match_in_words(result.match, words)
    where = words("card.at", clock=clock(result.at))
    return f"**{result.rank}.** {_name(result.track, words)}\n-# {fit} · *{where}*"


def _name(track: Track, words: Words) -> str:
    title = plain(track.title, _TITLE) or words("card.untitled")
    artist = plain(track.artist, _ARTIST)
    return f"**{title}** · {artist}" if artist else f"**{title}**"


def _footer(answer: Recommendations, tracks: int, words: Words) -> str:
    lines = [plain(words.translate(note), _NOTE) for note in answer.clip.notes[:_MOST_NOTES]]
    facts = [plain(answer.clip.model, _ARTIST)]
    if "total" in answer.timing:
        facts.append(words("card.took", seconds=words.number(answer.timing["total"], 2)))
    facts.append(words.count("card.tracks", tracks))
    return "\n".join(f"-# {line}" for line in [*lines, " · ".join(facts)])


def _linked(lines: list[tuple[str, str]], listen: str, spare: int) -> list[str]:
    spare -= sum(len(text) for text, _ in lines)
    texts = []
    for text, url in lines:
        link = safe_link(url)
        addition = f" · [{listen}]({link})" if link else ""
        if len(addition) > spare:
            addition = ""
        spare -= len(addition)
        texts.append(text + addition)
    return texts
