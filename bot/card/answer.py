"""`Recommendations` as a card: the clips' pictures, what it is, and the results five a page.

The texts are cut so that a page with the longest of titles fits; what they leave free goes to the
links, best result first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import discord
from discord import ui

from bot.card.controls import page_row, pick_row, play_button, play_row
from bot.card.fallback import answer_embed
from bot.card.layout import (
    LONGEST_CARD,
    Card,
    Container,
    Picture,
    container,
    fitted,
    in_view,
    shown,
)
from bot.card.rows import result_line, same_line
from bot.one_clip import is_one_clip
from bot.plain import plain
from bot.times import edges
from bot.words import Words
from models.types import ClipHeard, Recommendation, Recommendations

PAGE = 5
"""Results on one page."""

_NAME, _NOTE, _MODEL = 120, 160, 70
_MOST_NOTES = 3


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an answer, with what is shown beside it.

    Attributes
    ----------
    answer : Recommendations
    tracks : int
        How many tracks the catalogue holds.
    answer_id : str
        What its buttons know the answer by; empty leaves them out.
    number : int
        Which page, from 0; beyond the last one is the last one.
    pictures : mapping of str to (bytes or str)
        The clips, by the names of the files, from top to bottom.
    covers : mapping of str to bytes
        Cover art by the ids of tracks.
    remarks : tuple of str
        Sentences of the bot's own that stand below the clip's name: markdown, each at most 160.
    """

    answer: Recommendations
    tracks: int
    answer_id: str = ""
    number: int = 0
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    covers: Mapping[str, bytes] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def pages(self) -> int:
        """How many pages the answer has, at least one."""
        return max(1, -(-len(self.answer.results) // PAGE))

    @property
    def place(self) -> int:
        """The number of the page that is shown."""
        return min(max(self.number, 0), self.pages - 1)

    @property
    def results(self) -> tuple[Recommendation, ...]:
        """The results on it."""
        return self.answer.results[self.place * PAGE : (self.place + 1) * PAGE]


def answer_card(page: Page, words: Words) -> Card:
    """Lay out a page of an answer, in the words of the person who reads it."""
    answer = page.answer
    top, bottom = _header(page, words), _footer(answer, page.tracks, words)
    tall = bool(page.covers)
    lines = [result_line(result, words, tall=tall) for result in page.results]
    if answer.same:
        lines.insert(0, same_line(answer.same, words))
    nothing = "" if answer.results else words(_nothing_key(answer))
    spare = LONGEST_CARD - len(top) - len(bottom) - len(nothing)
    texts = fitted(lines, spare)

    files: list[discord.File] = []
    box = container()
    box.add_item(ui.TextDisplay(top))
    for name, picture in page.pictures.items():
        # Each in a gallery of its own: side by side they would be cut to squares.
        address = shown(picture, name, files)
        item = discord.MediaGalleryItem(address, description=words("card.picture"))
        box.add_item(ui.MediaGallery(item))
    if answer.same:
        box.add_item(ui.TextDisplay(texts.pop(0)))
    if nothing:
        box.add_item(ui.TextDisplay(nothing))
    else:
        box.add_item(ui.Separator())
        _add_results(box, page, texts, files)
    box.add_item(ui.Separator()).add_item(ui.TextDisplay(bottom))
    if page.answer_id and page.results:
        _add_controls(box, page, words)
    return Card(in_view(box), files, answer_embed(top, lines, nothing, bottom))


def _add_results(
    box: Container, page: Page, texts: Sequence[str], files: list[discord.File]
) -> None:
    for result, text in zip(page.results, texts, strict=True):
        cover = page.covers.get(result.track.id)
        if cover:
            address = shown(cover, f"cover-{result.rank}.jpg", files)
            box.add_item(ui.Section(text, accessory=ui.Thumbnail(address)))
        elif page.answer_id and not page.covers:
            box.add_item(ui.Section(text, accessory=play_button(page.answer_id, result.rank)))
        else:
            box.add_item(ui.TextDisplay(text))


def _add_controls(box: Container, page: Page, words: Words) -> None:
    if page.covers:
        box.add_item(play_row(page.answer_id, page.results))
    box.add_item(pick_row(page.answer_id, page.results, words))
    box.add_item(page_row(page.answer_id, page.place, page.pages, words))


def _nothing_key(answer: Recommendations) -> str:
    return "card.nothing_else" if answer.same else "card.nothing_alike"


def _header(page: Page, words: Words) -> str:
    clip = page.answer.clip
    start, end = edges(clip.start, clip.end)
    heard = [f"-# {words('card.heard', start=start, end=end)}"] if is_one_clip(clip) else []
    lines = [
        f"### 🎧 {plain(clip.name, _NAME) or words('card.clip')}",
        *heard,
        *(f"-# {remark[:_NOTE]}" for remark in page.remarks[:_MOST_NOTES]),
    ]
    return "\n".join(lines)


def _footer(answer: Recommendations, tracks: int, words: Words) -> str:
    clip: ClipHeard = answer.clip
    lines = [plain(words.translate(note), _NOTE) for note in clip.notes[:_MOST_NOTES]]
    facts = [plain(clip.model, _MODEL)]
    if "total" in answer.timing:
        facts.append(words("card.took", seconds=words.number(answer.timing["total"], 2)))
    facts.append(words.count("card.tracks", tracks))
    return "\n".join(f"-# {line}" for line in [*lines, " · ".join(facts)])
