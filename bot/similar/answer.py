"""From what was handed in to the card: the one path behind the command, the DM and the mention."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from bot.answers.alone import Single, add_menu
from bot.answers.cards import MOST, AnswerCards
from bot.asking import Asker, Asking
from bot.card import Card
from bot.gate import Gate
from bot.genre import only_genre
from bot.pick import chosen_track
from bot.service import Soundalike
from bot.similar.clips import Chosen, Offer
from bot.similar.ear import Ear
from bot.similar.together import hear_all, noted
from bot.turns import Waiting
from bot.ways import blend_of
from bot.words import Words
from models.types import EmbeddedClip, SearchOptions, Span


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody asks.

    Attributes
    ----------
    offers : sequence of Offer
        The clips, at least one; several are asked together.
    span : Span
        The part that is meant, of each.
    count : int
        How many tracks are wanted at most, over all pages.
    genre : str
        What the tracks are to be of, as it was typed; empty for anything.
    """

    offers: Sequence[Offer]
    span: Span = Span()  # noqa: RUF009  (a value that never changes)
    count: int = MOST
    genre: str = ""


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
    def place(self, asker: Asker, ask: Ask) -> Iterator[None]:
        """Take a place for an ask and hold it; neither waits nor looks anything up.

        Parameters
        ----------
        asker : Asker
        ask : Ask

        Raises
        ------
        ClipError
            The one attachment cannot be a clip.
        BusyError
            There is no place for this ask, or there were too many in the last minute.
        """
        if len(ask.offers) == 1:
            self._ear.check(ask.offers[0])
        with self._gate.ask(asker.person, asker.guild):
            yield

    async def answer(
        self,
        ask: Ask,
        words: Words,
        asker: Asker,
        *,
        attach: bool = True,
        waiting: Waiting | None = None,
    ) -> Card:
        """Listen to the clips of an ask that has a place and lay out the answer.

        Parameters
        ----------
        ask : Ask
        words : Words
            Those of the person who asks.
        asker : Asker
        attach : bool
            Whether pictures may be attached.
        waiting : callable or None
            Told how to ask how many are before, if there is no turn at once.

        Raises
        ------
        SoundalikeError
            No clip can be heard, the catalogue cannot be asked, or the bot stops.
        TimeoutError
            It took longer than anybody waits.
        """
        async with self._gate.turn(waiting):
            began = time.perf_counter()
            service = await self._asking.service_in(asker.guild)
            options = SearchOptions(ask.count, only=await only_genre(service, ask.genre))
            heard = await hear_all(partial(self._hear, service, ask, words, asker), ask.offers)
            if len(heard.clips) == 1:
                found = await self._asking.ask(heard.clips[0], options, asker, began)
            else:
                mixed, known = blend_of(heard.clips)
                found = await self._asking.ask(mixed, options, asker, began, recognise=False)
                found = known.left_out_of(found)
            answer = noted(found, heard)
            card = await self._cards.first(
                answer,
                words,
                person=asker.person,
                guild=asker.guild,
                attach=attach,
                clips=[clip.heard for clip in heard.clips],
            )
            if len(heard.clips) > 1:
                singles = [single async for single in self._alone(heard.clips, options, asker)]
                if singles:
                    add_menu(card, singles, words)
            return card

    async def _hear(
        self, service: Soundalike, ask: Ask, words: Words, asker: Asker, offer: Offer
    ) -> EmbeddedClip:
        self._ear.check(offer)
        if isinstance(offer, Chosen):
            offer = Chosen(await chosen_track(self._asking, asker.guild, offer.track))
        return await self._ear.hear(service, offer, ask.span, words)

    async def _alone(
        self, clips: Sequence[EmbeddedClip], options: SearchOptions, asker: Asker
    ) -> AsyncIterator[Single]:
        """Ask each clip alone, so that who wants that later need not hand it in again."""
        for number, clip in enumerate(clips, start=1):
            answer = await self._asking.ask(clip, options, asker)
            answer_id = await self._cards.keep(answer, asker.person, asker.guild)
            if answer_id:
                yield Single(number, clip.heard.name, answer_id)
