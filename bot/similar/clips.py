"""Where in a message the clip is, and whether it may be one at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import discord

from bot.words import ENGLISH
from models.types import ClipError


class Chosen(NamedTuple):
    """A track that was chosen, by its id."""

    track: str


Offer = discord.Attachment | str | Chosen
"""A clip as people hand it in: an attachment, a link, or a track."""

MOST_CLIPS = 5
"""How many clips of one message are listened to."""

_MEGABYTE = 1_000_000
_LINK = re.compile(r"https?://[^\s<>|]+", re.IGNORECASE)
_LINK_TAIL = ".,;:!?)]}'\"*_~`"
_SOUND = re.compile(r"(audio|video)/|application/(octet-stream|ogg|mp4|x-matroska)", re.IGNORECASE)


def find_offers(message: discord.Message) -> tuple[Offer, ...]:
    """Find the clips that a message hands in: `MOST_CLIPS` at most.

    Its own attachments and those it forwards come before links in its text, and all of them
    before the message it replies to, where Discord shows that. A file that cannot be audio is
    only found where nothing else is, so that its sender is told.
    """
    replied = message.reference.resolved if message.reference else None
    sources = [message]
    if isinstance(replied, discord.Message) and not replied.author.bot:
        sources.append(replied)
    silent: list[Offer] = []
    for source in sources:
        found = find_sounds(source) or _links(source)
        if found:
            return found
        silent += _attachments(source)
    return tuple(silent[:1])


def find_sounds(message: discord.Message) -> tuple[Offer, ...]:
    """Find the attachments of a message that may sound, and look no further."""
    return tuple(islice(filter(_may_sound, _attachments(message)), MOST_CLIPS))


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


def _links(message: discord.Message) -> tuple[Offer, ...]:
    texts = [message.content, *(snapshot.content for snapshot in message.message_snapshots)]
    found = (link.rstrip(_LINK_TAIL) for text in texts for link in _LINK.findall(text))
    return tuple(islice(dict.fromkeys(found), MOST_CLIPS))
