"""Several clips of one message: heard one after the other, and asked together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import discord

from bot.plain import bare
from bot.similar.clips import Chosen, Offer
from bot.words import ENGLISH
from models.types import ClipError, EmbeddedClip, Recommendations

_NAME = 40


class Heard(NamedTuple):
    """What was heard, and the names of what could not be."""

    clips: list[EmbeddedClip]
    left_out: list[str]


async def hear_all(
    hear: Callable[[Offer], Awaitable[EmbeddedClip]], offers: Sequence[Offer]
) -> Heard:
    """Listen to one after the other: only one of them is in memory at a time.

    Raises
    ------
    ClipError
        None of them can be heard; the first one's reason.
    """
    heard, problems = Heard([], []), list[ClipError]()
    for offer in offers:
        try:
            heard.clips.append(await hear(offer))
        except ClipError as problem:
            problems.append(problem)
            heard.left_out.append(_name_of(offer))
    if not heard.clips:
        raise problems[0]
    return heard


def noted(answer: Recommendations, heard: Heard) -> Recommendations:
    """Note on an answer that several clips were asked together, and what was left out."""
    said = [
        ENGLISH.say("together.left_out", name=bare(name, _NAME)).sentence for name in heard.left_out
    ]
    if len(heard.clips) > 1:
        said.insert(0, ENGLISH.say("together.asked", clips=len(heard.clips)).sentence)
    return replace(answer, clip=replace(answer.clip, notes=(*said, *answer.clip.notes)))


def _name_of(offer: Offer) -> str:
    if isinstance(offer, discord.Attachment):
        return offer.filename
    return offer.track if isinstance(offer, Chosen) else offer
