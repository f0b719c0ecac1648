"""The buttons and the menu of an answer: what they look like, and how a press is known again."""

from __future__ import annotations

import re
from collections.abc import Sequence

import discord
from discord import ui

from bot.plain import bare
from bot.words import Words
from models.types import Recommendation

TEMPLATE = re.compile(r"answer:(?P<action>[a-z]{1,16}):(?P<answer>[\w-]{1,32}):(?P<number>\d{1,3})")
"""The custom_id of everything that can be pressed on a card: action, answer, and rank or page."""

_LABEL, _PLACEHOLDER, _BUTTON = 100, 150, 80

Row = ui.ActionRow[ui.LayoutView]
Button = ui.Button[ui.LayoutView]


def control_id(action: str, answer_id: str, number: int = 0) -> str:
    """Return the custom_id of a control; `TEMPLATE` reads it."""
    return f"answer:{action}:{answer_id}:{number}"


def play_button(answer_id: str, rank: int, label: str | None = None) -> Button:
    """Return ▶ for one result."""
    return ui.Button(emoji="▶️", label=label, custom_id=control_id("play", answer_id, rank))


def play_row(answer_id: str, results: Sequence[Recommendation]) -> Row:
    """Return ▶ for every result of a page, by rank."""
    buttons = [play_button(answer_id, result.rank, str(result.rank)) for result in results]
    return ui.ActionRow(*buttons)


def pick_row(answer_id: str, results: Sequence[Recommendation], words: Words) -> Row:
    """Return the menu that picks one of a page's results."""
    options = [
        discord.SelectOption(
            label=bare(f"{result.rank}. {result.track.title or words('card.untitled')}", _LABEL),
            description=bare(result.track.artist, _LABEL) or None,
            value=str(result.rank),
        )
        for result in results
    ]
    menu: ui.Select[ui.LayoutView] = ui.Select(
        custom_id=control_id("pick", answer_id),
        placeholder=words("card.pick")[:_PLACEHOLDER],
        options=options,
    )
    return ui.ActionRow(menu)


def page_row(answer_id: str, number: int, pages: int, words: Words) -> Row:
    """Return the way to the other pages, if there are any, and what is done with the whole."""
    row: Row = ui.ActionRow()
    if pages > 1:
        row.add_item(_turn(answer_id, number - 1, pages, words("card.previous")))
        row.add_item(
            ui.Button(
                label=words("card.page", page=number + 1, pages=pages)[:_BUTTON],
                custom_id=control_id("here", answer_id),
                disabled=True,
            )
        )
        row.add_item(_turn(answer_id, number + 1, pages, words("card.next")))
    return row.add_item(
        ui.Button(
            emoji="💾",
            label=words("card.playlist")[:_BUTTON],
            custom_id=control_id("playlist", answer_id),
        )
    )


def panel_row(answer_id: str, rank: int, words: Words, *, why: bool = True) -> Row:
    """Return what can be done with one result."""
    row: Row = ui.ActionRow(
        ui.Button(
            label=words("panel.more")[:_BUTTON],
            emoji="🔍",
            style=discord.ButtonStyle.primary,
            custom_id=control_id("more", answer_id, rank),
        ),
        play_button(answer_id, rank),
        ui.Button(emoji="👍", custom_id=control_id("like", answer_id, rank)),
        ui.Button(emoji="👎", custom_id=control_id("dislike", answer_id, rank)),
    )
    if why:
        row.add_item(
            ui.Button(
                label=words("panel.why")[:_BUTTON],
                emoji="🔬",
                custom_id=control_id("why", answer_id, rank),
            )
        )
    return row


def _turn(answer_id: str, number: int, pages: int, label: str) -> Button:
    allowed = 0 <= number < pages
    # Both ends need ids of their own, also where they lead nowhere.
    place = number if allowed else pages + 1 + (number >= pages)
    return ui.Button(
        label=label[:_BUTTON],
        custom_id=control_id("page", answer_id, place),
        disabled=not allowed,
    )
