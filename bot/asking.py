"""Asking as somebody: with their server's own tracks beside the catalogue, and to their taste."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import NamedTuple

from bot.service import Soundalike
from bot.words import ENGLISH
from index.choices import TASTE, Choices
from index.libraries import Libraries
from index.likes import Likes
from index.to_taste import PersonalTaste, taste_of
from index.with_library import IndexWithLibrary
from models.types import EmbeddedClip, Recommendations, SearchOptions

ON, OFF = "on", "off"
"""What a person can choose of whether their thumbs count."""


class Asker(NamedTuple):
    """Who asks, in which server, None for none, and whether nobody else reads the answer."""

    person: int
    guild: int | None
    alone: bool


class Asking:
    """Puts what was heard to the tracks that a person may find.

    Parameters
    ----------
    service : Soundalike
    likes : Likes
    choices : Choices
    libraries : Libraries
    """

    def __init__(
        self, service: Soundalike, likes: Likes, choices: Choices, libraries: Libraries
    ) -> None:
        self._service = service
        self._likes = likes
        self._choices = choices
        self._libraries = libraries

    async def service_in(self, guild: int | None) -> Soundalike:
        """Return the façade over the catalogue and the tracks of a server.

        Raises
        ------
        StateError
            The server's tracks cannot be read.
        """
        if guild is None or not self._libraries.most:
            return self._service
        space = self._service.space
        shelf = await self._service.aside(self._libraries.shelf, guild, space)
        if len(shelf) == 0:
            return self._service
        return self._service.over(partial(IndexWithLibrary, shelf=shelf))

    async def taste_of(self, person: int) -> PersonalTaste:
        """Gather a person's thumbs, whether or not they chose that these count."""
        stamp = self._service.index.stamp
        thumbs = await self._service.aside(self._likes.of, person)
        return await self._service.aside(taste_of, thumbs, stamp.space, stamp.dim)

    async def counts(self, person: int) -> bool:
        """Whether a person's thumbs are to move what they find."""
        chosen = await self._service.recall(self._choices.of, person, TASTE, ON)
        return chosen != OFF

    async def ask(
        self,
        clip: EmbeddedClip,
        options: SearchOptions,
        asker: Asker,
        began: float | None = None,
        *,
        recognise: bool = True,
    ) -> Recommendations:
        """Find the tracks that sound like what was heard, as `Soundalike.ask` does.

        Where the asker's thumbs had a say, a note says so, but to the asker alone: that they gave
        any is nobody else's business, and "your taste" would be everybody's.
        """
        service = await self.service_in(asker.guild)
        personal = None
        if await self.counts(asker.person):
            personal = await self.taste_of(asker.person)
        answer = await service.ask(clip, options, personal, began, recognise=recognise)
        moved = personal is not None and bool(personal or personal.disliked)
        if not (asker.alone and answer.results and moved):
            return answer
        yours = ENGLISH.say("taste.yours").sentence
        return replace(answer, clip=replace(answer.clip, notes=(*answer.clip.notes, yours)))
