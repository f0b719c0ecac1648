"""The pictures of a card's clips: drawn when it is sent, and found again in its message later."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import discord

from bot.picture import HEIGHT, draw_clip
from models.types import ClipHeard

STRIP = 110
"""Height in pixels of a picture that stands above others."""

_NAMES = re.compile(r"clip(-\d+)?\.png")


def draw_clips(clips: Sequence[ClipHeard]) -> dict[str, bytes]:
    """Draw each clip that was heard just now, by the names of the pictures; blocking."""
    several = len(clips) > 1
    return {
        _name(number if several else ""): draw_clip(clip, STRIP if several else HEIGHT)
        for number, clip in enumerate(clips, start=1)
        if clip.log_mel.size
    }


def picture_of(message: discord.Message, number: str) -> dict[str, str]:
    """Return the address of the picture of one of several clips, by its name, if there is one."""
    name = _name(number)
    return {one: address for one, address in pictures_in(message).items() if one == name}


def attached_pictures(message: discord.Message) -> list[discord.Attachment]:
    """Return those of a message's attachments that are pictures of clips."""
    return [each for each in message.attachments if _NAMES.fullmatch(each.filename)]


def pictures_in(message: discord.Message) -> dict[str, str]:
    """Return the addresses of the pictures that a message shows, by their names.

    In a layout a picture that stays is named by its address; a copy of a card has its pictures by
    their addresses alone, without attaching them.
    """
    attached = attached_pictures(message)
    if attached:
        return {each.filename: each.url for each in attached}
    addresses = [
        item.media.url
        for part in message.components
        for inner in getattr(part, "children", ())
        if isinstance(inner, discord.MediaGalleryComponent)
        for item in inner.items
    ]
    named = {PurePosixPath(urlsplit(address).path).name: address for address in addresses}
    return {name: address for name, address in named.items() if _NAMES.fullmatch(name)}


def _name(number: int | str) -> str:
    return f"clip-{number}.png" if number else "clip.png"
