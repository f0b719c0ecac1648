"""A ranking to a person's taste: turned towards likes, without dislikes, and honest about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from index.likes import Like
from index.moments import likest_moments
from index.tastes import Taste, dislike_cost, lean, unit_mean
from models.types import (
    FloatArray,
    Query,
    Ranking,
    Recommendation,
    SearchOptions,
    TrackIndex,
    Windows,
)

# So many times the wanted results are looked at before dislikes have their say.
_MORE = 3


@dataclass(frozen=True, slots=True, eq=False)
class PersonalTaste:
    """The thumbs of one person, as far as an index can use them.

    Attributes
    ----------
    taste : Taste
    liked, disliked : frozenset of str
        Track ids.
    """

    taste: Taste
    liked: frozenset[str]
    disliked: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.taste)


def taste_of(thumbs: Iterable[Like], space: str, dim: int) -> PersonalTaste:
    """Gather a person's thumbs; those of another embedding space hide tracks, and do no more."""
    vectors: dict[int, list[FloatArray]] = {1: [], -1: []}
    ids: dict[int, list[str]] = {1: [], -1: []}
    for thumb in thumbs:
        ids[thumb.vote].append(thumb.track)
        if thumb.space == space and thumb.vectors.shape[1] == dim:
            vectors[thumb.vote].append(unit_mean(thumb.vectors))
    nothing = np.zeros((0, dim), np.float32)
    liked, disliked = (np.stack(vectors[vote]) if vectors[vote] else nothing for vote in (1, -1))
    return PersonalTaste(Taste(liked, disliked), frozenset(ids[1]), frozenset(ids[-1]))


def search_to_taste(
    index: TrackIndex, query: Query, options: SearchOptions, personal: PersonalTaste
) -> Ranking:
    """Rank the tracks that sound like the query and are to a person's taste.

    The taste decides which tracks come, and in which order. Their similarities, and where they
    sound alike, are told as they are: between the clip and the track, whoever asks. Disliked tracks
    are never among them, and take up nobody's place.

    Raises
    ------
    SoundalikeError
        As `TrackIndex.search` does.
    """
    options = replace(options, without=options.without | personal.disliked)
    if not personal:
        return index.search(query, options)
    clip = query.windows
    leaned = Windows(lean(clip.vectors, personal.taste.liked), clip.starts)
    asked = replace(query, windows=leaned)
    ranking = index.search(asked, replace(options, count=_MORE * options.count))
    found = ranking.results
    windows = [index.query_of(each.track).windows for each in found]
    means = np.stack([unit_mean(each.vectors) for each in windows]) if windows else None
    cost = dislike_cost(means, personal.taste.disliked) if means is not None else np.zeros(0)
    scores = np.array([each.similarity for each in found]) - cost
    order = np.argsort(-scores, kind="stable")[: options.count]
    results = tuple(
        _as_it_is(rank, found[place], clip, windows[place])
        for rank, place in enumerate(order.tolist(), start=1)
    )
    return replace(ranking, results=results)


def _as_it_is(rank: int, found: Recommendation, clip: Windows, track: Windows) -> Recommendation:
    """Say how alike clip and track are without any taste."""
    alike = clip.vectors @ track.vectors.T
    similarity = float(np.clip(alike.max(axis=1).mean(dtype=np.float64), -1, 1))
    at, pairs = likest_moments(alike, clip.starts, track.starts)
    return replace(found, rank=rank, similarity=similarity, at=at, pairs=pairs)
