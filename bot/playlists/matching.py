"""Finds in the catalogue the songs that a list names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.playlists.wishes import Wish
from index.names import fold
from models.types import Track, TrackIndex

_CANDIDATES = 25

# What services write behind a title, and tags mostly don't: (feat. X), [Remastered], - Live.
_ADDED = re.compile(r"\s*[(\[][^()\[\]]*[)\]]|\s+[-\u2013]\s+.*$")
_ARTISTS_APART = re.compile(r"\s*(?:[,;/&]|\bfeat\b\.?|\bft\b\.?|\bx\b|\band\b)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Matched:
    """Which wishes the catalogue fulfils.

    Attributes
    ----------
    found : tuple of Track
        Each once, in the order of the wishes.
    missing : tuple of Wish
    """

    found: tuple[Track, ...]
    missing: tuple[Wish, ...]


def match_wishes(wishes: Iterable[Wish], index: TrackIndex) -> Matched:
    """Look every wish up by its names; blocking, about a millisecond each.

    A track is the wish if title and an artist are the same but for case, accents, punctuation and
    what stands in brackets; without an artist in either, the title alone has to be the track's.
    """
    found: dict[str, Track] = {}
    missing = []
    for wish in wishes:
        track = _find(wish, index)
        if track is None:
            missing.append(wish)
        else:
            found.setdefault(track.id, track)
    return Matched(tuple(found.values()), tuple(missing))


def _find(wish: Wish, index: TrackIndex) -> Track | None:
    for title in dict.fromkeys([wish.title, _bare(wish.title)]):
        for track in index.complete(f"{title} {wish.artist}".strip(), _CANDIDATES):
            if _same_title(track.title, title) and _same_artist(track.artist, wish.artist):
                return track
        # One artist of several, or another spelling, keeps the words from being found together.
        for track in index.complete(title, _CANDIDATES):
            if _same_title(track.title, title) and _same_artist(track.artist, wish.artist):
                return track
    return None


def _same_title(one: str, other: str) -> bool:
    return fold(one) == fold(other) or fold(_bare(one)) == fold(_bare(other))


def _same_artist(one: str, other: str) -> bool:
    if not one or not other:
        return True
    return bool(_artists(one) & _artists(other))


def _artists(names: str) -> set[str]:
    return {fold(names), *(fold(name) for name in _ARTISTS_APART.split(names) if name)}


def _bare(title: str) -> str:
    return _ADDED.sub("", title).strip() or title
