"""Choosing a genre of the catalogue, as people type it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from discord.app_commands import Choice

from bot.plain import bare
from bot.service import Soundalike
from bot.words import ENGLISH, Words
from index.names import fold
from models.types import ClipError, Only, TrackIndex

_MOST, _LONGEST = 25, 100
_NEAR = 3
_LONGEST_TYPED = 40

Labels = Sequence[tuple[str, int]]


async def genre_choices(service: Soundalike, typed: str, words: Words) -> list[Choice[str]]:
    """Offer the genres that may be meant, the most common first: Discord shows 25."""
    found = await service.in_index(_offered, typed)
    return [
        Choice(name=bare(f"{name} · {words.count('card.tracks', tracks)}", _LONGEST), value=name)
        for name, tracks in found
    ]


async def only_genre(service: Soundalike, given: str) -> Only:
    """Return what limits an answer to a genre; everything, if none is given.

    Raises
    ------
    ClipError
        The catalogue knows no such genre; those near to it are named.
    """
    if not given:
        return Only()
    return await service.in_index(_only, given)


def _offered(index: TrackIndex, typed: str) -> list[tuple[str, int]]:
    fitting = _fitting(index.labels(), typed)
    return [label for label in fitting if len(label[0]) <= _LONGEST][:_MOST]


def _only(index: TrackIndex, given: str) -> Only:
    labels = index.labels()
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
    folded = ((fold(label[0]), label) for label in labels)
    held = [(name, label) for name, label in folded if asked in name]
    return [label for _, label in sorted(held, key=lambda one: not one[0].startswith(asked))]


def _near(labels: Labels, given: str) -> list[str]:
    names = {fold(name): bare(name, _LONGEST_TYPED) for name, _ in labels}
    alike = difflib.get_close_matches(fold(given), names, _NEAR)
    found = [bare(name, _LONGEST_TYPED) for name, _ in _fitting(labels, given)]
    found += [names[name] for name in alike]
    return list(dict.fromkeys(found or names.values()))[:_NEAR]
