"""Choosing a genre of the catalogue, as people type it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from discord.app_commands import Choice

from bot.plain import bare
from bot.service import Soundalike
from bot.words import ENGLISH, Words
from index.names import fold
from models.types import ClipError, Only

_MOST, _LONGEST = 25, 100
_NEAR = 3
_LONGEST_TYPED = 40

Labels = Sequence[tuple[str, int]]


async def genre_choices(service: Soundalike, typed: str, words: Words) -> list[Choice[str]]:
    """Offer the genres that may be meant, the most common first: Discord shows 25."""
    labels = await service.aside(service.index.labels)
    return [
        Choice(name=bare(f"{name} · {words.count('card.tracks', tracks)}", _LONGEST), value=name)
        for name, tracks in _fitting(labels, typed)
        if len(name) <= _LONGEST
    ][:_MOST]


async def only_genre(service: Soundalike, given: str) -> Only:
    """Return what limits an answer to a genre; everything, if none is given.

    Raises
    ------
    ClipError
        The catalogue knows no such genre; those near to it are named.
    """
    if not given:
        return Only()
    labels = await service.aside(service.index.labels)
    if not labels:
        raise ClipError(*ENGLISH.say("genre.none"))
    asked = fold(given)
    for name, _ in labels:
        if fold(name) == asked:
            return Only(labels=(name,))
    near = ", ".join(_near(labels, given))
    raise ClipError(*ENGLISH.say("genre.unknown", genre=bare(given, _LONGEST_TYPED), near=near))


def _fitting(labels: Labels, typed: str) -> list[tuple[str, int]]:
    """Return the labels that hold what was typed, those that begin so first."""
    asked = fold(typed)
    held = [label for label in labels if asked in fold(label[0])]
    return sorted(held, key=lambda label: not fold(label[0]).startswith(asked))


def _near(labels: Labels, given: str) -> list[str]:
    names = {fold(name): bare(name, _LONGEST_TYPED) for name, _ in labels}
    alike = difflib.get_close_matches(fold(given), names, _NEAR)
    found = [bare(name, _LONGEST_TYPED) for name, _ in _fitting(labels, given)]
    found += [names[name] for name in alike]
    return list(dict.fromkeys(found or names.values()))[:_NEAR]
