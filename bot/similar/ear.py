"""Brings what was handed in, whatever it is, and listens to it."""

from __future__ import annotations

import discord

from bot.service import Soundalike
from bot.similar.clips import Chosen, Offer, check_attachment
from bot.similar.download import Downloads
from bot.words import Words
from models.types import ClipSource, EmbeddedClip, Span


class Ear:
    """Listens to attachments, links and tracks of the catalogue.

    Parameters
    ----------
    downloads : Downloads
        Brings attachments.
    max_bytes : int
        The largest attachment taken.
    """

    def __init__(self, downloads: Downloads, max_bytes: int) -> None:
        self._downloads = downloads
        self._max_bytes = max_bytes

    def check(self, offer: Offer) -> None:
        """Refuse what can be seen to be no clip, before a byte of it is brought.

        Raises
        ------
        ClipError
        """
        if isinstance(offer, discord.Attachment):
            check_attachment(offer, self._max_bytes)

    async def hear(
        self, service: Soundalike, offer: Offer, span: Span, words: Words
    ) -> EmbeddedClip:
        """Listen to an offer.

        Raises
        ------
        SoundalikeError
            It cannot be brought or heard, or there is no such track.
        """
        if isinstance(offer, Chosen):
            return await service.hear_track(offer.track)
        if isinstance(offer, str):
            return await service.hear_link(offer, span)
        name = words("card.voice_message") if offer.is_voice_message() else offer.filename
        return await service.hear(ClipSource(await self._downloads.read(offer), name), span)
