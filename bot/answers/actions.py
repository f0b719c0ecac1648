"""Runs what was pressed: through the gate, with the answer it belongs to, or with a sentence."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import discord

from bot.answers.cards import AnswerCards
from bot.answers.previews import Previews
from bot.answers.seen import seen_in
from bot.asking import Asking
from bot.gate import Gate
from bot.reply import answer_error
from bot.service import Soundalike
from bot.words import ENGLISH, Words, words_for
from index.answers import Answers, KeptAnswer
from index.libraries import Libraries
from index.likes import Likes
from models.types import CatalogueError, Recommendation, RequestError, Track, Windows


@dataclass(frozen=True, slots=True)
class Tools:
    """What actions work with."""

    service: Soundalike
    asking: Asking
    answers: Answers
    likes: Likes
    libraries: Libraries
    cards: AnswerCards
    previews: Previews
    gate: Gate

    async def find(self, answer_id: str, guild: int | None) -> KeptAnswer:
        """Return an answer that was kept, as it may be seen in a server.

        Raises
        ------
        RequestError
            It is not kept any more.
        """
        kept = await self.service.recall(self.answers.find, answer_id)
        if kept is None:
            raise RequestError(*ENGLISH.say("answer.expired"))
        return seen_in(kept, guild)


@dataclass(frozen=True, slots=True)
class Press:
    """A press on a card, with all there is to know of it.

    Attributes
    ----------
    interaction : discord.Interaction
        Not answered yet: an action defers it before anything that takes time.
    kept : KeptAnswer
        The answer on the card.
    number : int
        A rank, a page, or 0, as the action needs.
    words : Words
        Those of the person who pressed.
    """

    interaction: discord.Interaction
    kept: KeptAnswer
    number: int
    words: Words
    tools: Tools

    @property
    def may_attach(self) -> bool:
        """Whether files may be sent where the card is."""
        return self.interaction.app_permissions.attach_files

    def result(self, rank: int | None = None) -> Recommendation:
        """Return the result that is meant.

        Raises
        ------
        RequestError
            The answer has no such result.
        """
        wanted = self.number if rank is None else rank
        for result in self.kept.answer.results:
            if result.rank == wanted:
                return result
        raise RequestError(*ENGLISH.say("answer.no_result"))

    async def track(self, rank: int | None = None) -> tuple[Track, Windows]:
        """Return the track of the result that is meant, as the catalogue knows it today.

        Raises
        ------
        RequestError
            The catalogue has it no more.
        """
        try:
            service = await self.tools.asking.service_in(self.interaction.guild_id)
            return await service.track(self.result(rank).track.id)
        except CatalogueError as error:
            raise RequestError(*ENGLISH.say("answer.track_gone")) from error


Action = Callable[[Press], Awaitable[None]]


class Actions:
    """Does what is pressed on cards.

    Parameters
    ----------
    tools : Tools
    table : mapping of str to callable
        What to do, by the name in the custom_id.
    """

    def __init__(self, tools: Tools, table: Mapping[str, Action]) -> None:
        self._tools = tools
        self._table = table

    async def handle(
        self, interaction: discord.Interaction, action: str, answer_id: str, number: int
    ) -> None:
        """Do it; every problem is told by the bot's one error handler, `answer_error`."""
        try:
            with self._tools.gate.place(interaction.user.id):
                act = self._action(action)
                await act(await self._press(interaction, answer_id, number))
        except Exception as error:  # noqa: BLE001 - discord.py would only log it
            await answer_error(interaction, error)

    def _action(self, name: str) -> Action:
        try:
            return self._table[name]
        except KeyError:
            # The card is of an older Soundalike, or of a newer one.
            raise RequestError(*ENGLISH.say("answer.no_action")) from None

    async def _press(self, interaction: discord.Interaction, answer_id: str, number: int) -> Press:
        kept = await self._tools.find(answer_id, interaction.guild_id)
        return Press(interaction, kept, number, words_for(interaction.locale), self._tools)
