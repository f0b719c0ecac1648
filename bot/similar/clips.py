"""Where in a message the clip is, and whether it may be one at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import discord

from bot.words import ENGLISH
from models.types import ClipError


class Chosen(NamedTuple):
    """A track that was chosen, by its id."""

    track: str


Offer = discord.Attachment | str | Chosen
"""A clip as people hand it in: an attachment, a link, or a track."""

_MEGABYTE = 1_000_000
_LINK = re.compile(r"https?://[^\s<>|]+", re.IGNORECASE)
_LINK_TAIL = ".,;:!?)]}'\"*_~`"
_SOUND = re.compile(r"(audio|video)/|application/(octet-stream|ogg|mp4|x-matroska)", re.IGNORECASE)


def find_offer(message: discord.Message) -> Offer | None:
    """Find the clip that a message hands in.

    Its own attachments and those it forwards come before a link in its text, and all of them
    before the message it replies to, where Discord shows that. A file that cannot be audio comes
    last, so that its sender is told.
    """
    replied = message.reference.resolved if message.reference else None
    sources = [message]
    if isinstance(replied, discord.Message) and not replied.author.bot:
        sources.append(replied)
    silent: list[Offer] = []
    for source in sources:
        found = find_sound(source) or _link(source)
        if found:
            return found
        silent += _attachments(source)
    return silent[0] if silent else None


def find_sound(message: discord.Message) -> discord.Attachment | None:
    """Find an attachment of a message that may sound, and look no further."""
    return next(filter(_may_sound, _attachments(message)), None)


def check_attachment(attachment: discord.Attachment, limit: int) -> None:
    """Refuse what cannot be a clip before a byte of it is downloaded.

    Raises
    ------
    ClipError
        The type says that it holds no sound, or it has more than `limit` bytes.
    """
    if not _may_sound(attachment):
        raise ClipError(*ENGLISH.say("clip.not_audio", name=attachment.filename))
    if attachment.size > limit:
        raise too_large(attachment.size, limit)


def too_large(size: int, limit: int) -> ClipError:
    """Explain that a file is too large; both in bytes."""
    megabytes = {"size": round(size / _MEGABYTE), "limit": limit / _MEGABYTE}
    return ClipError(*ENGLISH.say("clip.too_large", **megabytes))


def _attachments(message: discord.Message) -> Iterator[discord.Attachment]:
    yield from message.attachments
    for snapshot in message.message_snapshots:
        yield from snapshot.attachments


def _may_sound(attachment: discord.Attachment) -> bool:
    # Discord guesses the type from the name and leaves it out where it cannot.
    return attachment.content_type is None or bool(_SOUND.match(attachment.content_type))


def _link(message: discord.Message) -> str | None:
    texts = [message.content, *(snapshot.content for snapshot in message.message_snapshots)]
    found = next(filter(None, map(_LINK.search, texts)), None)
    return found.group().rstrip(_LINK_TAIL) if found else None
