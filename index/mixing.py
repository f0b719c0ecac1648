"""One query of several clips: what sounds like all of them at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from index.tastes import unit_mean
from models.types import FloatArray, Query, Windows

_MOST_WINDOWS = 12  # of each clip


def mix(queries: Sequence[Query]) -> Query:
    """Blend queries so that each of them weighs the same, whatever its length.

    A track's score is a mean over the query's windows: as many are taken of every clip, evenly
    spread, and as many again lie in the middle of them all, so that a track which is like each a
    little comes before one which is like the first a lot.

    Parameters
    ----------
    queries : sequence of Query
        At least one.

    Returns
    -------
    Query
        It belongs to no track; to be asked with `index.points.recognising_nothing`.
    """
    count = min(_MOST_WINDOWS, max(len(query.windows) for query in queries))
    parts = [_evenly(query.windows.vectors, count) for query in queries]
    middle = unit_mean(np.stack([unit_mean(query.windows.vectors) for query in queries]))
    vectors = np.concatenate([*parts, np.repeat(middle[None], count, axis=0)])
    windows = Windows(vectors, np.zeros(len(vectors), np.float32))
    seconds = sum(query.seconds for query in queries)
    return Query(windows, Windows(middle[None], np.zeros(1, np.float32)), "", seconds)


def _evenly(vectors: FloatArray, count: int) -> FloatArray:
    places = np.linspace(0, len(vectors) - 1, count).round().astype(int)
    spread: FloatArray = vectors[places]
    return spread
