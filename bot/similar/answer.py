"""From what was handed in to the card: the one path behind the command, the DM and the mention."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from bot.answers.cards import MOST, AnswerCards
from bot.asking import Asker, Asking
from bot.card import Card
from bot.gate import Gate
from bot.similar.clips import Offer
from bot.similar.ear import Ear
from bot.turns import Waiting
from bot.words import Words
from models.types import SearchOptions, Span


class Answerer:
    """Answers clips with cards, a bounded number at a time.

    Parameters
    ----------
    asking : Asking
    cards : AnswerCards
        Lays out what is found.
    gate : Gate
        Where asks wait for their turn.
    ear : Ear
    """

    def __init__(self, asking: Asking, cards: AnswerCards, gate: Gate, ear: Ear) -> None:
        self._asking = asking
        self._cards = cards
        self._gate = gate
        self._ear = ear

    @contextmanager
    def place(self, asker: Asker, offer: Offer) -> Iterator[None]:
        """Take a place for an ask and hold it; neither waits nor looks anything up.

        Parameters
        ----------
        asker : Asker
        offer : Offer

        Raises
        ------
        ClipError
            The attachment cannot be a clip.
        BusyError
            There is no place for this ask, or there were too many in the last minute.
        """
        self._ear.check(offer)
        with self._gate.ask(asker.person, asker.guild):
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
        waiting: Waiting | None = None,
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
        waiting : callable or None
            Told how to ask how many are before, if there is no turn at once.

        Raises
        ------
        SoundalikeError
            The clip cannot be heard, the catalogue cannot be asked, or the bot stops.
        TimeoutError
            It took longer than anybody waits.
        """
        async with self._gate.turn(waiting):
            began = time.perf_counter()
            service = await self._asking.service_in(asker.guild)
            clip = await self._ear.hear(service, offer, span, words)
            answer = await self._asking.ask(clip, SearchOptions(count), asker, began)
            return await self._cards.first(
                answer, words, person=asker.person, guild=asker.guild, attach=attach
            )
