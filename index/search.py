"""The main line: from a clip's vectors to a ranking."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Catalogue, Layout
from index.cuts import Ranked, cut, is_twin
from index.same import excerpt_likeness
from index.scoring import Scored, best_window, score_tracks, unit_rows
from index.segments import Vectors
from index.vectors import EXACT_UP_TO
from models.types import (
    FloatArray,
    Query,
    Ranking,
    Recommendation,
    Sameness,
    SearchOptions,
    Windows,
)

# Windows asked of the graph for each window of the clip: first this many for each result wanted,
# then four times as many while too few tracks survive the cuts; past the last, all tracks count.
# Whoever wants few results is served as if they wanted more, so that the first is the same however
# many are asked for. Measured with parts of 118 tracks of music: as if for 10, the first of 10
# results was always right and 4 in 100 lists differed from exact search; as if for 30, none did.
FIRST_WIDTH = 8
LEAST_COUNT = 30
WIDER = 4
LAST_WIDTH = 4096

# A long clip asks the graph with this many of its windows, evenly spread; all of them are scored.
MOST_PROBES = 64

# An excerpt's track is among the very best: only so many are compared with the clip in detail.
EXCERPT_SUSPECTS = 8

_PAGE = 64


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """The opened parts of a generation that a search reads."""

    catalogue: Catalogue
    vectors: Vectors
    layout: Layout

    def windows_of(self, number: int) -> Windows:
        """Return the windows of one track."""
        rows = np.asarray(self.vectors.matrix[self.layout.rows(number)])
        return Windows(rows, self.catalogue.starts(number))

    def repeats(self, one: int, others: list[int], sameness: Sameness) -> bool:
        """Whether a track is one recording with any of the others."""
        matrix, rows = self.vectors.matrix, self.layout.rows
        return is_twin(matrix[rows(one)], [matrix[rows(other)] for other in others], sameness)


@dataclass(slots=True)
class _Stopwatch:
    """Adds up the seconds spent in each stage."""

    seconds: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=time.perf_counter)

    def stop(self, stage: str) -> None:
        """Book the time since the last stop to a stage."""
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._since
        self._since = now


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
    """
    watch = _Stopwatch()
    dim = shelf.vectors.matrix.shape[1]
    clip = unit_rows(query.windows.vectors, dim)
    dense = Windows(unit_rows(query.dense.vectors, dim), query.dense.starts)
    same: Ranked | None = None
    kept: list[Ranked] = []
    repeats = partial(shelf.repeats, sameness=options.sameness)
    for numbers in _candidates(shelf, clip, options.count):
        watch.stop("candidates")
        scored = score_tracks(clip, shelf.vectors.matrix, shelf.layout, numbers)
        watch.stop("score")
        same = _find_same(shelf, query.track_id, dense, scored, options.sameness)
        kept = cut(_ranked(shelf, scored), same, repeats, options)
        watch.stop("cuts")
        if len(kept) >= options.count:
            break
    results = tuple(_answer(shelf, clip, rank, one) for rank, one in enumerate(kept, start=1))
    watch.stop("cuts")
    return Ranking(same.track if same else None, results, watch.seconds)


def _candidates(shelf: Shelf, clip: FloatArray, count: int) -> Iterator[NDArray[np.int64]]:
    """Yield the tracks worth scoring, in ascending order: few first, in the end all."""
    everything = np.arange(len(shelf.layout))
    if len(shelf.vectors.matrix) > EXACT_UP_TO:
        spread = np.linspace(0, len(clip) - 1, min(len(clip), MOST_PROBES)).round().astype(int)
        width = FIRST_WIDTH * (max(count, LEAST_COUNT) + 1)
        while width <= LAST_WIDTH:
            yield shelf.layout.owners(shelf.vectors.nearest(clip[spread], width))
            width *= WIDER
    yield everything


def _find_same(
    shelf: Shelf, track_id: str, clip: Windows, scored: Scored, sameness: Sameness
) -> Ranked | None:
    """Return the track that the clip is, or None."""
    number = shelf.catalogue.number_of(track_id)
    if number is not None:
        return Ranked(number, shelf.catalogue.tracks([number])[0], 1.0)
    likeness, best = 0.0, None
    for one in _ranked(shelf, scored, EXCERPT_SUSPECTS):
        alike = excerpt_likeness(clip, shelf.windows_of(one.number), sameness)
        if alike > likeness:
            likeness, best = alike, one
    return best


def _ranked(shelf: Shelf, scored: Scored, most: int | None = None) -> Iterator[Ranked]:
    """Yield scored tracks with what the catalogue says of them, read a page at a time."""
    numbers = scored.numbers[:most].tolist()
    similarities = scored.similarities[:most].tolist()
    for start in range(0, len(numbers), _PAGE):
        page = slice(start, start + _PAGE)
        tracks = shelf.catalogue.tracks(numbers[page])
        yield from map(Ranked, numbers[page], tracks, similarities[page])


def _answer(shelf: Shelf, clip: FloatArray, rank: int, one: Ranked) -> Recommendation:
    windows = shelf.windows_of(one.number)
    at = round(float(windows.starts[best_window(clip, windows.vectors)]), 3)
    return Recommendation(rank, one.track, one.similarity, at)
