"""The main line: from a clip's vectors to a ranking."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from index.candidates import Numbers, candidates, first_looks
from index.cuts import Ranked, cut, is_twin
from index.moments import likest_moments
from index.same import excerpt_likeness, may_be_excerpts, spread
from index.scope import Scope
from index.scoring import Scored, gather, score_tracks, unit_rows
from index.shelf import Shelf
from models.types import (
    Query,
    Ranking,
    Recommendation,
    Sameness,
    SearchOptions,
    Windows,
)

# An excerpt's track is among the very best: only so many are compared with the clip in detail.
EXCERPT_SUSPECTS = 8

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


@dataclass(frozen=True, slots=True)
class _Read(Ranked):
    """A track in its place, with its windows."""

    windows: Windows


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
            yield self._rank(query, clip, first, looked)

    def _rank(self, query: Query, clip: Windows, first: Numbers, looked: float) -> Ranking:
        shelf, scope, options = self.shelf, self.scope, self.options
        dense = spread(self._unit(query.dense))
        repeats = partial(_repeats, options.sameness)
        timing = {"candidates": looked, "score": 0.0, "cuts": 0.0}
        watch = _Stopwatch()
        same: _Read | None = None
        kept: list[_Read] = []
        for numbers in candidates(shelf, clip.vectors, options.count, scope, first):
            timing["candidates"] += watch.stop()
            scored = score_tracks(clip.vectors, shelf.vectors.matrix, shelf.layout, numbers)
            timing["score"] += watch.stop()
            same = self._find_same(query.track_id, dense, scored.only(scope.visible))
            kept = cut(self._ranked(scored.only(scope.wanted)), same, repeats, options)
            timing["cuts"] += watch.stop()
            if len(kept) >= options.count:
                break
        results = tuple(_answer(rank, clip, one) for rank, one in enumerate(kept, start=1))
        timing["cuts"] += watch.stop()
        return Ranking(same.track if same else None, results, timing)

    def _unit(self, windows: Windows) -> Windows:
        return Windows(
            unit_rows(windows.vectors, self.shelf.vectors.matrix.shape[1]), windows.starts
        )

    def _find_same(self, track_id: str, clip: Windows, scored: Scored) -> _Read | None:
        """Return the track that the clip is, if it may be named, or None."""
        number = self.shelf.catalogue.number_of(track_id)
        if number is not None:
            visible = self.scope.visible is None or self.scope.visible[number]
            return self._read([number], [1.0])[0] if visible else None
        suspects = self._suspects(clip, scored[:EXCERPT_SUSPECTS])
        read = self._read(suspects.numbers.tolist(), suspects.similarities.tolist())
        likeness = [excerpt_likeness(clip, one.windows, self.options.sameness) for one in read]
        return read[int(np.argmax(likeness))] if any(likeness) else None

    def _suspects(self, clip: Windows, scored: Scored) -> Scored:
        """Return those tracks that the clip may have been cut from."""
        if len(scored) == 0:
            return scored
        layout, numbers = self.shelf.layout, scored.numbers
        first, counts = layout.first[numbers], layout.count[numbers]
        rows = gather(self.shelf.vectors.matrix, first, counts)
        return scored[may_be_excerpts(clip, rows, counts, self.options.sameness)]

    def _ranked(self, scored: Scored) -> Iterator[_Read]:
        """Yield scored tracks with what the catalogue says of them, read a page at a time."""
        numbers, similarities = scored.numbers.tolist(), scored.similarities.tolist()
        start, size = 0, min(self.options.count + _SPARE, _LAST_PAGE)
        while start < len(numbers):
            page = slice(start, start + size)
            yield from self._read(numbers[page], similarities[page])
            start, size = start + size, min(2 * size, _LAST_PAGE)

    def _read(self, numbers: list[int], similarities: list[float]) -> list[_Read]:
        return [
            _Read(number, track, similarity, windows)
            for number, similarity, (track, windows) in zip(
                numbers, similarities, self.shelf.read(numbers), strict=True
            )
        ]


def _repeats(sameness: Sameness, one: _Read, others: Sequence[_Read]) -> bool:
    return is_twin(one.windows.vectors, [other.windows.vectors for other in others], sameness)


def _answer(rank: int, clip: Windows, one: _Read) -> Recommendation:
    alike = clip.vectors @ one.windows.vectors.T
    at, pairs = likest_moments(alike, clip.starts, one.windows.starts)
    return Recommendation(rank, one.track, one.similarity, at, pairs=pairs)


class _Stopwatch:
    """Tells the seconds since it was last asked."""

    def __init__(self) -> None:
        self._since = time.perf_counter()

    def stop(self) -> float:
        """Return the seconds since the last stop."""
        now = time.perf_counter()
        passed, self._since = now - self._since, now
        return passed
