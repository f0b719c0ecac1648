"""Tracks that nobody asked for by a clip: those for a person, and those on the way to another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import zip_longest

from index.cuts import known_artist
from index.points import query_of_point, recognising_nothing
from index.tastes import between, sides, unit_mean
from index.to_taste import PersonalTaste, search_to_taste
from models.types import Recommendation, SearchOptions, TrackIndex, Windows


def for_you(
    index: TrackIndex,
    personal: PersonalTaste,
    options: SearchOptions,
    shown: AbstractSet[str],
) -> tuple[Recommendation, ...]:
    """Recommend tracks by what a person likes: some of each side of the taste.

    Parameters
    ----------
    index : TrackIndex
    personal : PersonalTaste
        With a like of the index's embedding space at least; without one nothing is recommended.
    options : SearchOptions
        How many are wanted, and which they may be.
    shown : set of str
        Ids of tracks that were shown of late: none of them comes again.

    Returns
    -------
    tuple of Recommendation
        Best of the largest side first, then of the next; fewer where there are no more. The
        similarity of each is to the side of the taste that it is for.
    """
    if len(personal.taste.liked) == 0:
        return ()
    known = personal.liked | personal.disliked | shown
    # The likes are asked for already: they need not pull a second time.
    calm = replace(personal, taste=replace(personal.taste, liked=personal.taste.liked[:0]))
    unknown = replace(recognising_nothing(options), without=options.without | known)
    rows = [
        search_to_taste(index, query_of_point(side), unknown, calm).results
        for side in sides(personal.taste.liked)
    ]
    return _ranked(_in_turns(rows), options)


def path_between(
    index: TrackIndex,
    first: Windows,
    last: Windows,
    options: SearchOptions,
    ends: AbstractSet[str],
) -> tuple[Recommendation, ...]:
    """Find tracks on the way from one sound to another, each a little further.

    Parameters
    ----------
    index : TrackIndex
    first, last : Windows
    options : SearchOptions
        How many are wanted between the two, and which they may be.
    ends : set of str
        Ids of tracks that are not to be on the way: the two themselves.

    Returns
    -------
    tuple of Recommendation
        In the order of the way, each track once; fewer where the catalogue is too small. The
        similarity of each is to its own point of the way.
    """
    used = {*options.without, *ends}
    way = []
    points = between(unit_mean(first.vectors), unit_mean(last.vectors), options.count)
    for point in points:
        next_one = replace(recognising_nothing(options), count=1, without=frozenset(used))
        for found in index.search(query_of_point(point), next_one).results:
            used.add(found.track.id)
            way.append(found)
    return tuple(replace(one, rank=rank) for rank, one in enumerate(way, start=1))


def _in_turns(rows: list[tuple[Recommendation, ...]]) -> Iterator[Recommendation]:
    for turn in zip_longest(*rows):
        yield from (one for one in turn if one is not None)


def _ranked(found: Iterator[Recommendation], options: SearchOptions) -> tuple[Recommendation, ...]:
    """Keep each track once and few of any artist, and number what is left."""
    kept: dict[str, Recommendation] = {}
    by: Counter[str] = Counter()
    for one in found:
        artist = known_artist(one.track)
        most = options.per_artist
        if one.track.id in kept or (artist and most is not None and by[artist] >= most):
            continue
        kept[one.track.id] = replace(one, rank=len(kept) + 1)
        by[artist] += 1
        if len(kept) == options.count:
            break
    return tuple(kept.values())
