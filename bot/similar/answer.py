"""From what was handed in to the card: the one path behind the command, the DM and the mention."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import discord

from bot.card import Card, answer_card
from bot.gate import Gate
from bot.picture import draw_clip
from bot.service import Soundalike
from bot.similar.clips import Offer, check_attachment
from bot.similar.download import Downloads
from bot.words import Words
from models.types import ClipSource, Recommendations, SearchOptions, Span

COUNT = 5
"""How many tracks are shown to those who do not say."""


class Answerer:
    """Answers clips with cards, a bounded number at a time.

    Parameters
    ----------
    service : Soundalike
    gate : Gate
        Where asks wait for their turn.
    downloads : Downloads
        Brings attachments.
    max_bytes : int
        The largest attachment taken.
    """

    def __init__(
        self, service: Soundalike, gate: Gate, downloads: Downloads, max_bytes: int
    ) -> None:
        self._service = service
        self._gate = gate
        self._downloads = downloads
        self._max_bytes = max_bytes

    @contextmanager
    def place(self, person: int, offer: Offer) -> Iterator[None]:
        """Take a place for an ask and hold it; neither waits nor looks anything up.

        Parameters
        ----------
        person : int
            The id of the user who asks.
        offer : Offer

        Raises
        ------
        ClipError
            The attachment cannot be a clip.
        BusyError
            There is no place for this ask.
        """
        if isinstance(offer, discord.Attachment):
            check_attachment(offer, self._max_bytes)
        with self._gate.place(person):
            yield

    async def answer(
        self,
        offer: Offer,
        span: Span,
        words: Words,
        *,
        count: int = COUNT,
        picture: bool = True,
    ) -> Card:
        """Listen to a clip that has a place and lay out the answer.

        Parameters
        ----------
        offer : Offer
        span : Span
        words : Words
            Those of the person who asks.
        count : int
        picture : bool
            Whether a picture may be attached.

        Raises
        ------
        SoundalikeError
            The clip cannot be heard, the catalogue cannot be asked, or the bot stops.
        TimeoutError
            It took longer than anybody waits.
        """
        async with self._gate.turn():
            answer = await self._recommend(offer, span, words, SearchOptions(count))
            png = b""
            if picture and answer.clip.log_mel.size:
                png = await self._service.aside(draw_clip, answer.clip)
            return answer_card(answer, png, self._service.tracks, words)

    async def _recommend(
        self, offer: Offer, span: Span, words: Words, options: SearchOptions
    ) -> Recommendations:
        if isinstance(offer, str):
            return await self._service.recommend_link(offer, span, options)
        name = words("card.voice_message") if offer.is_voice_message() else offer.filename
        source = ClipSource(await self._downloads.read(offer), name)
        return await self._service.recommend(source, span, options)
