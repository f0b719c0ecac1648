"""Other ways to ask than by one clip: several at once, one beside another, the way between two."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import numpy as np

from bot.service import Soundalike
from index.mixing import mix
from index.moments import likest_moments
from index.to_taste import PersonalTaste
from index.wandering import for_you as tracks_for
from index.wandering import path_between
from models.types import (
    ClipHeard,
    EmbeddedClip,
    FloatArray,
    Pair,
    Recommendation,
    Recommendations,
    SearchOptions,
    nothing_drawn,
)


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Two sounds side by side.

    Attributes
    ----------
    first, second : ClipHeard
    similarity : float
        How alike they are on the whole, whichever is asked of the other, in [-1, 1].
    match : float or None
        As in `Recommendation.match`.
    alike : np.ndarray [shape=(w1, w2), float32]
        The similarities of all their windows.
    first_starts, second_starts : np.ndarray [float32]
        Where the windows start, in seconds.
    pairs : tuple of Pair
        The moments of the first that are most like one of the second.
    """

    first: ClipHeard
    second: ClipHeard
    similarity: float
    match: float | None
    alike: FloatArray
    first_starts: FloatArray
    second_starts: FloatArray
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Blended:
    """The clips of a blend, by the ids they would have as tracks.

    Attributes
    ----------
    track_ids : frozenset of str
    """

    track_ids: frozenset[str]

    def left_out_of(self, answer: Recommendations) -> Recommendations:
        """Return an answer without what was blended, and without moments that are no clip's."""
        others = [one for one in answer.results if one.track.id not in self.track_ids]
        results = (replace(one, rank=rank, pairs=()) for rank, one in enumerate(others, start=1))
        return replace(answer, results=tuple(results))


def blend_of(clips: Sequence[EmbeddedClip]) -> tuple[EmbeddedClip, Blended]:
    """Mix several clips into one to ask with, each of them as important.

    It is to be asked with `recognise=False`, and the answer passed through `Blended.left_out_of`.
    """
    query = mix([clip.query for clip in clips])
    heard = ClipHeard(
        name=" + ".join(clip.heard.name for clip in clips),
        seconds=query.seconds,
        # The seconds of one of them are not those of another.
        start=0.0,
        end=0.0,
        model=clips[0].heard.model,
        log_mel=nothing_drawn(),
        notes=tuple(dict.fromkeys(note for clip in clips for note in clip.heard.notes)),
    )
    known = frozenset(clip.query.track_id for clip in clips)
    return EmbeddedClip(heard, query, clips[0].stamp), Blended(known)


async def blend(
    service: Soundalike,
    clips: Sequence[EmbeddedClip],
    options: SearchOptions,
    personal: PersonalTaste | None = None,
) -> Recommendations:
    """Find the tracks that sound like several clips at once.

    Raises
    ------
    CatalogueError
        The catalogue cannot be asked.
    """
    mixed, blended = blend_of(clips)
    wider = replace(options, count=options.count + len(clips))
    answer = blended.left_out_of(await service.ask(mixed, wider, personal, recognise=False))
    return replace(answer, results=answer.results[: options.count])


def compare(service: Soundalike, first: EmbeddedClip, second: EmbeddedClip) -> Comparison:
    """Lay two sounds side by side; blocking."""
    here, there = first.query.windows, second.query.windows
    alike = here.vectors @ there.vectors.T
    both = (alike.max(axis=1).mean() + alike.max(axis=0).mean()) / 2
    similarity = float(np.clip(both, -1, 1))
    _, pairs = likest_moments(alike, here.starts, there.starts)
    return Comparison(
        first.heard,
        second.heard,
        similarity,
        service.match(similarity),
        alike,
        here.starts,
        there.starts,
        pairs,
    )


async def path(
    service: Soundalike, first: EmbeddedClip, last: EmbeddedClip, options: SearchOptions
) -> tuple[Recommendation, ...]:
    """Find tracks on the way from one sound to another.

    Parameters
    ----------
    options : SearchOptions
        How many are wanted between the two.

    Raises
    ------
    CatalogueError
        The catalogue cannot be asked.
    """
    ends = frozenset({first.query.track_id, last.query.track_id})
    options = replace(options, sameness=service.sameness)
    return await service.in_index(
        path_between, first.query.windows, last.query.windows, options, ends
    )


async def for_you(
    service: Soundalike, personal: PersonalTaste, options: SearchOptions, shown: AbstractSet[str]
) -> tuple[Recommendation, ...]:
    """Recommend tracks by what a person likes, none that was shown of late.

    Raises
    ------
    CatalogueError
        The catalogue cannot be asked.
    """
    options = replace(options, sameness=service.sameness)
    return await service.in_index(tracks_for, personal, options, shown)
