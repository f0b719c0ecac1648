"""The main line: from a clip's vectors to a ranking."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from index.candidates import Numbers, candidates, first_looks
from index.cuts import Ranked, cut
from index.same import excerpt_likeness, may_be_excerpts, spread
from index.scope import Scope
from index.scoring import (
    Scored,
    best_pairs,
    best_window,
    gather,
    score_tracks,
    unit_rows,
)
from index.shelf import Shelf
from models.types import (
    FloatArray,
    Pair,
    Query,
    Ranking,
    Recommendation,
    SearchOptions,
    Windows,
)

# An excerpt's track is among the very best: only so many are compared with the clip in detail.
EXCERPT_SUSPECTS = 8

# So many moments of a clip are told with each answer, to say why it is one.
MOST_PAIRS = 8

# So many queries are put to the graph at once.
_MOST_AT_ONCE = 256

# The catalogue is asked about so many tracks more than are wanted, as some may be cut; then about
# twice as many each time, up to so many.
_SPARE, _LAST_PAGE = 2, 256


def search(shelf: Shelf, query: Query, options: SearchOptions) -> Ranking:
    """Rank the tracks that sound like the query.

    Parameters
    ----------
    shelf : Shelf
    query : Query
    options : SearchOptions

    Raises
    ------
    ClipError
        The query's vectors are of another size, not finite, or zero.
    CatalogueError
        No track has what the answer is to be narrowed to.
    """
    return next(search_many(shelf, [query], options))


def search_many(
    shelf: Shelf, queries: Sequence[Query], options: SearchOptions
) -> Iterator[Ranking]:
    """Yield the ranking of each query as `search` makes it; the graph is asked for many at once."""
    line = _Line(shelf, options, shelf.scope(options.only))
    for start in range(0, len(queries), _MOST_AT_ONCE):
        yield from line.rank(queries[start : start + _MOST_AT_ONCE])


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """The way from vectors to a ranking, for queries of the same options."""

    shelf: Shelf
    options: SearchOptions
    scope: Scope

    def rank(self, queries: Sequence[Query]) -> Iterator[Ranking]:
        watch = _Stopwatch()
        clips = [self._unit(query.windows) for query in queries]
        looks = first_looks(self.shelf, [clip.vectors for clip in clips], self.options.count)
        looked = watch.stop() / len(queries)
        for query, clip, first in zip(queries, clips, looks, strict=True):
            yield self._rank(query, clip.vectors, first, looked)

    def _rank(self, query: Query, clip: FloatArray, first: Numbers, looked: float) -> Ranking:
        shelf, scope, options = self.shelf, self.scope, self.options
        dense = spread(self._unit(query.dense))
        repeats = partial(shelf.repeats, sameness=options.sameness)
        timing = {"candidates": looked, "score": 0.0, "cuts": 0.0}
        watch = _Stopwatch()
        same: Ranked | None = None
        kept: list[Ranked] = []
        for numbers in candidates(shelf, clip, options.count, scope, first):
            timing["candidates"] += watch.stop()
            scored = score_tracks(clip, shelf.vectors.matrix, shelf.layout, numbers)
            timing["score"] += watch.stop()
            same = self._find_same(query.track_id, dense, scored.only(scope.visible))
            kept = cut(self._ranked(scored.only(scope.wanted)), same, repeats, options)
            timing["cuts"] += watch.stop()
            if len(kept) >= options.count:
                break
        results = tuple(self._answers(Windows(clip, query.windows.starts), kept))
        timing["cuts"] += watch.stop()
        return Ranking(same.track if same else None, results, timing)

    def _unit(self, windows: Windows) -> Windows:
        return Windows(
            unit_rows(windows.vectors, self.shelf.vectors.matrix.shape[1]), windows.starts
        )

    def _find_same(self, track_id: str, clip: Windows, scored: Scored) -> Ranked | None:
        """Return the track that the clip is, if it may be named, or None."""
        shelf, sameness = self.shelf, self.options.sameness
        number = shelf.catalogue.number_of(track_id)
        if number is not None:
            visible = self.scope.visible is None or self.scope.visible[number]
            return self._named(number, 1.0) if visible else None
        likeness, best = 0.0, 0
        for place in self._suspects(clip, scored.numbers[:EXCERPT_SUSPECTS]):
            windows = shelf.windows_of(int(scored.numbers[place]))
            alike = excerpt_likeness(clip, windows, sameness)
            if alike > likeness:
                likeness, best = alike, place
        if not likeness:
            return None
        return self._named(int(scored.numbers[best]), float(scored.similarities[best]))

    def _suspects(self, clip: Windows, numbers: Numbers) -> list[int]:
        """Return the places of those tracks that the clip may have been cut from."""
        if len(numbers) == 0:
            return []
        layout = self.shelf.layout
        first, counts = layout.first[numbers], layout.count[numbers]
        rows = gather(self.shelf.vectors.matrix, first, counts)
        possible = may_be_excerpts(clip, rows, counts, self.options.sameness)
        return np.flatnonzero(possible).tolist()

    def _named(self, number: int, similarity: float) -> Ranked:
        return Ranked(number, self.shelf.catalogue.tracks([number])[0], similarity)

    def _ranked(self, scored: Scored) -> Iterator[Ranked]:
        """Yield scored tracks with what the catalogue says of them, read a page at a time."""
        numbers, similarities = scored.numbers.tolist(), scored.similarities.tolist()
        start, size = 0, min(self.options.count + _SPARE, _LAST_PAGE)
        while start < len(numbers):
            page = slice(start, start + size)
            tracks = self.shelf.catalogue.tracks(numbers[page])
            yield from map(Ranked, numbers[page], tracks, similarities[page])
            start, size = start + size, min(2 * size, _LAST_PAGE)

    def _answers(self, clip: Windows, kept: Sequence[Ranked]) -> Iterator[Recommendation]:
        starts = self.shelf.catalogue.starts_of([one.number for one in kept])
        for rank, (one, moments) in enumerate(zip(kept, starts, strict=True), start=1):
            alike = clip.vectors @ self.shelf.vectors.matrix[self.shelf.layout.rows(one.number)].T
            at = _moment(moments, best_window(alike))
            pairs = tuple(
                Pair(_moment(clip.starts, here), _moment(moments, there), min(similarity, 1.0))
                for here, there, similarity in best_pairs(alike, MOST_PAIRS)
            )
            yield Recommendation(rank, one.track, one.similarity, at, pairs=pairs)


def _moment(starts: FloatArray, window: int) -> float:
    return round(float(starts[window]), 3)


class _Stopwatch:
    """Tells the seconds since it was last asked."""

    def __init__(self) -> None:
        self._since = time.perf_counter()

    def stop(self) -> float:
        """Return the seconds since the last stop."""
        now = time.perf_counter()
        passed, self._since = now - self._since, now
        return passed
