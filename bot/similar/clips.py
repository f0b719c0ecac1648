"""Where in a message the clip is, and whether it may be one at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import discord

from bot import words
from models.types import ClipError

Offer = discord.Attachment | str
"""A clip as people hand it in: an attachment, or a link."""

_LINK = re.compile(r"https?://[^\s<>|]+", re.IGNORECASE)
_LINK_TAIL = ".,;:!?)]}'\"*_~`"
_SOUND = re.compile(r"(audio|video)/|application/(octet-stream|ogg|mp4|x-matroska)", re.IGNORECASE)


def find_offer(message: discord.Message) -> Offer | None:
    """Find the clip that a message hands in.

    An attachment comes before a forwarded one, both before a link in the text; last comes the
    message that this one replies to, where Discord shows it. Of several attachments the first
    that may be audio counts.
    """
    replied = message.reference.resolved if message.reference else None
    sources = [message]
    if isinstance(replied, discord.Message) and not replied.author.bot:
        sources.append(replied)
    for source in sources:
        found = _pick(list(_attachments(source))) or _link(source)
        if found:
            return found
    return None


def check_attachment(attachment: discord.Attachment, limit: int) -> None:
    """Refuse what cannot be a clip before a byte of it is downloaded.

    Raises
    ------
    ClipError
        The type says that it holds no sound, or it has more than `limit` bytes.
    """
    if not _may_sound(attachment):
        raise ClipError(*words.not_audio(attachment.filename))
    if attachment.size > limit:
        raise ClipError(*words.too_large(attachment.size, limit))


def _attachments(message: discord.Message) -> Iterator[discord.Attachment]:
    yield from message.attachments
    for snapshot in message.message_snapshots:
        yield from snapshot.attachments


def _pick(attachments: Sequence[discord.Attachment]) -> discord.Attachment | None:
    sounding = [each for each in attachments if _may_sound(each)]
    return next(iter([*sounding, *attachments]), None)


def _may_sound(attachment: discord.Attachment) -> bool:
    # Discord guesses the type from the name and leaves it out where it cannot.
    return attachment.content_type is None or bool(_SOUND.match(attachment.content_type))


def _link(message: discord.Message) -> str | None:
    texts = [message.content, *(snapshot.content for snapshot in message.message_snapshots)]
    found = next(filter(None, map(_LINK.search, texts)), None)
    return found.group().rstrip(_LINK_TAIL) if found else None
