"""What every card is made of, within Discord's limits of 40 components and 4,000 characters."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, NamedTuple

import discord
from discord import ui

LONGEST_CARD = 4_000
MOST_PARTS = 40

ROSE, AMBER = 0xC6367D, 0xF78354

Container = ui.Container[ui.LayoutView]
Picture = bytes | str
"""A picture as its bytes, to be attached, or the address at which Discord has it already."""


class Card(NamedTuple):
    """A card ready to be sent.

    Attributes
    ----------
    view : ui.LayoutView
    files : list of discord.File
        What the view shows and is sent along.
    fallback : discord.Embed or None
        The same in the older form, without buttons, for where a layout is refused.
    """

    view: ui.LayoutView
    files: list[discord.File]
    fallback: discord.Embed | None = None


class Line(NamedTuple):
    """A text in two lengths; the longer one is taken if the card has room for it."""

    short: str
    long: str


def container(colour: int = ROSE) -> Container:
    """Return an empty box with a coloured edge."""
    return ui.Container(accent_colour=colour)


def in_view(*items: ui.Item[Any]) -> ui.LayoutView:
    """Put items in a view that is never waited for: its buttons are known by their ids alone."""
    view = ui.LayoutView(timeout=None)
    for item in items:
        view.add_item(item)
    # Stopped, it is not held in memory after it was sent: presses go by the pattern of their
    # ids (`bot.answers`), today as after a restart.
    view.stop()
    return view


def fitted(lines: Sequence[Line], spare: int) -> list[str]:
    """Take each line's longer text as long as there is room, first come, first served.

    Parameters
    ----------
    spare : int
        Characters for all of them; the shorter texts fit.
    """
    spare -= sum(len(line.short) for line in lines)
    texts = []
    for line in lines:
        more = len(line.long) - len(line.short)
        fits = more <= spare
        spare -= more if fits else 0
        texts.append(line.long if fits else line.short)
    return texts


def shown(picture: Picture, name: str, files: list[discord.File]) -> str:
    """Return where a view finds a picture; one that is new is put with the files."""
    if isinstance(picture, str):
        return picture
    files.append(discord.File(io.BytesIO(picture), name))
    return f"attachment://{name}"
