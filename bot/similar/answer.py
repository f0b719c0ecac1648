"""From what was handed in to the card: the one path behind the command, the DM and the mention."""

from __future__ import annotations

import asyncio

import aiohttp
import discord

from bot import words
from bot.card import Card, answer_card
from bot.gate import Gate
from bot.picture import draw_clip
from bot.service import Soundalike
from bot.similar.clips import Offer, check_attachment
from models.types import ClipError, ClipSource, Recommendations, SearchOptions, Span

COUNT = 5
"""How many tracks are shown to those who do not say."""

_PATIENCE = 300.0  # seconds, the waiting included; an interaction can be answered for 900


class Answerer:
    """Answers clips with cards, a bounded number at a time.

    Parameters
    ----------
    service : Soundalike
    gate : Gate
        Where asks wait for their turn.
    max_bytes : int
        The largest attachment taken.
    """

    def __init__(self, service: Soundalike, gate: Gate, max_bytes: int) -> None:
        self._service = service
        self._gate = gate
        self._max_bytes = max_bytes

    async def answer(
        self, offer: Offer, span: Span, *, count: int = COUNT, picture: bool = True
    ) -> Card:
        """Listen to a clip and lay out the answer, with its picture where one may be attached.

        Raises
        ------
        SoundalikeError
            The clip cannot be heard, the catalogue cannot be asked, or too many are waiting.
        TimeoutError
            It took longer than anybody waits.
        """
        if isinstance(offer, discord.Attachment):
            check_attachment(offer, self._max_bytes)
        async with asyncio.timeout(_PATIENCE), self._gate.turn():
            answer = await self._recommend(offer, span, SearchOptions(count))
            png = b""
            if picture and answer.clip.log_mel.size:
                png = await asyncio.to_thread(draw_clip, answer.clip)
            return answer_card(answer, png, self._service.tracks)

    async def _recommend(self, offer: Offer, span: Span, options: SearchOptions) -> Recommendations:
        if isinstance(offer, str):
            return await self._service.recommend_link(offer, span, options)
        name = words.VOICE if offer.is_voice_message() else offer.filename
        source = ClipSource(await _download(offer), name)
        return await self._service.recommend(source, span, options)


async def _download(attachment: discord.Attachment) -> bytes:
    # Its size was checked before, and Discord states it truly.
    try:
        return await attachment.read()
    except (discord.NotFound, discord.Forbidden):
        raise ClipError(*words.CLIP_GONE) from None
    except (discord.HTTPException, aiohttp.ClientError, OSError):
        raise ClipError(*words.CLIP_STUCK) from None
