"""From what was handed in to the card: the one path behind the command, the DM and the mention."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import discord

from bot.answers.cards import MOST, AnswerCards
from bot.card import Card
from bot.gate import Gate
from bot.service import Soundalike
from bot.similar.clips import Offer, check_attachment
from bot.similar.download import Downloads
from bot.words import Words
from models.types import ClipSource, Recommendations, SearchOptions, Span


class Asker(NamedTuple):
    """Who asks, and in which server; None in a direct message."""

    person: int
    guild: int | None


class Answerer:
    """Answers clips with cards, a bounded number at a time.

    Parameters
    ----------
    service : Soundalike
    cards : AnswerCards
        Lays out what is found.
    gate : Gate
        Where asks wait for their turn.
    downloads : Downloads
        Brings attachments.
    max_bytes : int
        The largest attachment taken.
    """

    def __init__(
        self,
        service: Soundalike,
        cards: AnswerCards,
        gate: Gate,
        downloads: Downloads,
        max_bytes: int,
    ) -> None:
        self._service = service
        self._cards = cards
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
        asker: Asker,
        *,
        count: int = MOST,
        attach: bool = True,
    ) -> Card:
        """Listen to a clip that has a place and lay out the answer.

        Parameters
        ----------
        offer : Offer
        span : Span
        words : Words
            Those of the person who asks.
        asker : Asker
        count : int
            How many tracks are wanted at most, over all pages.
        attach : bool
            Whether pictures may be attached.

        Raises
        ------
        SoundalikeError
            The clip cannot be heard, the catalogue cannot be asked, or the bot stops.
        TimeoutError
            It took longer than anybody waits.
        """
        async with self._gate.turn():
            answer = await self._recommend(offer, span, words, SearchOptions(count))
            return await self._cards.first(
                answer, words, person=asker.person, guild=asker.guild, attach=attach
            )

    async def _recommend(
        self, offer: Offer, span: Span, words: Words, options: SearchOptions
    ) -> Recommendations:
        if isinstance(offer, str):
            return await self._service.recommend_link(offer, span, options)
        name = words("card.voice_message") if offer.is_voice_message() else offer.filename
        source = ClipSource(await self._downloads.read(offer), name)
        return await self._service.recommend(source, span, options)
