"""Keeps an answer and lays out its pages, with the pictures that belong to them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.card import Card, Page, answer_card
from bot.card.layout import Picture
from bot.clip_pictures import draw_clips
from bot.gate import Gate
from bot.service import Soundalike
from bot.words import Words
from index.answers import Answers, KeptAnswer
from models.covers import read_cover
from models.types import ClipHeard, Recommendation, Recommendations, StateError

MOST = 25
"""Results in an answer: five pages."""

_log = logging.getLogger(__name__)


class AnswerCards:
    """Makes the cards of answers.

    Parameters
    ----------
    service : Soundalike
    answers : Answers
        Where they are kept, so that their buttons work later.
    gate : Gate
        Knows who is to be forgotten.
    """

    def __init__(self, service: Soundalike, answers: Answers, gate: Gate) -> None:
        self._service = service
        self._answers = answers
        self._gate = gate

    async def first(
        self,
        answer: Recommendations,
        words: Words,
        *,
        person: int,
        guild: int | None,
        attach: bool = True,
        clips: Sequence[ClipHeard] = (),
    ) -> Card:
        """Keep a new answer and lay out its first page.

        Parameters
        ----------
        answer : Recommendations
        words : Words
            Those of the person who reads it.
        person : int
            Who asked.
        guild : int or None
            Where; None in a direct message.
        attach : bool
            Whether pictures may be attached.
        clips : sequence of ClipHeard
            What is pictured where several were asked together; none for the answer's own clip.
        """
        pictures: Mapping[str, Picture] = {}
        if attach:
            pictures = await self._service.aside(draw_clips, clips or [answer.clip])
        answer_id = await self.keep(answer, person, guild)
        return await self._card(answer, answer_id, 0, pictures, words, attach=attach)

    async def keep(self, answer: Recommendations, person: int, guild: int | None) -> str:
        """Keep an answer; return its id, or nothing if it has no results or is not to be kept."""
        if not answer.results or answer.query is None or not self._gate.may_keep():
            return ""
        try:
            return await self._answers.keep(person, guild, answer)
        except StateError as error:
            # The answer is worth more than its buttons.
            _log.error("%s", error)
            return ""

    async def page(
        self,
        kept: KeptAnswer,
        number: int,
        words: Words,
        *,
        pictures: Mapping[str, Picture],
        attach: bool = True,
    ) -> Card:
        """Lay out a page of an answer that was kept; its pictures are those it was sent with."""
        return await self._card(kept.answer, kept.id, number, pictures, words, attach=attach)

    async def cover(self, result: Recommendation) -> bytes:
        """Return the cover of one result's track; empty where there is none."""
        covers = await self._service.aside(self._covers, [result])
        return covers.get(result.track.id, b"")

    async def _card(
        self,
        answer: Recommendations,
        answer_id: str,
        number: int,
        pictures: Mapping[str, Picture],
        words: Words,
        *,
        attach: bool,
    ) -> Card:
        page = Page(answer, self._service.tracks, answer_id, number, pictures)
        if attach:
            covers = await self._service.aside(self._covers, page.results)
            page = Page(answer, self._service.tracks, answer_id, number, pictures, covers)
        return answer_card(page, words)

    def _covers(self, results: Sequence[Recommendation]) -> dict[str, bytes]:
        paths = self._service.paths([result.track.id for result in results])
        covers = {track: read_cover(Path(path)) for track, path in paths.items()}
        return {track: cover for track, cover in covers.items() if cover}
