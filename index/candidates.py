"""Which tracks are worth scoring: those of the nearest windows, or all that are wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from index.protocols import NarrowableIndex
from index.scope import Scope
from index.shelf import Shelf
from index.vectors import EXACT_UP_TO
from models.types import FloatArray

# Windows asked of the graph for each window of the clip: first this many for each result wanted
# (twice those of a mean track where it has fewer than four, as its neighbours then take up few
# places), then four times as many while too few tracks survive the cuts; past the last, all count.
# Whoever wants few results is served as if they wanted more, so that the first is the same however
# many are asked for. Measured with parts of 118 tracks of music: as if for 10, the first of 10
# results was always right and 4 in 100 lists differed from exact search; as if for 30, none did.
FIRST_WIDTH = 8
LEAST_COUNT = 30
WIDER = 4
LAST_WIDTH = 4096

# A long clip asks the graph with this many of its windows, evenly spread; all of them are scored.
MOST_PROBES = 64

Numbers = NDArray[np.int64]


def first_looks(shelf: Shelf, clips: Sequence[FloatArray], count: int) -> list[Numbers]:
    """Return the tracks of the windows that are nearest to each clip, ascending.

    Where there are few windows all are read for every clip: then these are all tracks.

    Parameters
    ----------
    shelf : Shelf
    clips : sequence of np.ndarray [shape=(c, dim), float32]
        Of unit length.
    count : int
        Results wanted for each.
    """
    if _is_small(shelf):
        return [np.arange(len(shelf.layout))] * len(clips)
    return _look(shelf, clips, min(_first_width(shelf, count), LAST_WIDTH))


def candidates(
    shelf: Shelf, clip: FloatArray, count: int, scope: Scope, first: Numbers
) -> Iterator[Numbers]:
    """Yield the tracks worth scoring, ascending: few first, in the end all that may be answered.

    Among them are always those nearest to the clip, whether they may be answered or not: one of
    them may be the clip itself.

    Parameters
    ----------
    shelf : Shelf
    clip : np.ndarray [shape=(c, dim), float32]
        Of unit length.
    count : int
        Results wanted.
    scope : Scope
        What may be answered.
    first : np.ndarray [shape=(t,), int64]
        What `first_looks` found for it.
    """
    if _is_small(shelf):
        yield first
        return
    if scope.wanted is None:
        for step, width in enumerate(_widths(_first_width(shelf, count))):
            yield _look(shelf, [clip], width)[0] if step else first
        yield np.arange(len(shelf.layout))
        return
    if isinstance(shelf.vectors, NarrowableIndex):
        for width in _widths(_first_width(shelf, count)):
            if width >= scope.windows:
                break
            rows = np.concatenate(shelf.vectors.nearest_within(_spread(clip), width, scope))
            yield np.union1d(first, shelf.layout.owners(rows))
    # Of few windows that are wanted, the graph would hit upon one in many: all of them are read.
    elif scope.windows > EXACT_UP_TO:
        share = scope.windows / len(shelf.vectors.matrix)
        for width in _widths(int(_first_width(shelf, count) / share)):
            found = _look(shelf, [clip], width)[0]
            yield np.union1d(first, found[scope.wanted[found]])
    yield np.union1d(first, np.flatnonzero(scope.wanted))


def _is_small(shelf: Shelf) -> bool:
    return len(shelf.vectors.matrix) <= EXACT_UP_TO


def _look(shelf: Shelf, clips: Sequence[FloatArray], width: int) -> list[Numbers]:
    probes = [_spread(clip) for clip in clips]
    found = iter(shelf.vectors.nearest(np.concatenate(probes), width))
    return [
        shelf.layout.owners(np.concatenate(list(islice(found, len(probe))))) for probe in probes
    ]


def _spread(clip: FloatArray) -> FloatArray:
    if len(clip) <= MOST_PROBES:
        return clip
    return np.asarray(clip[np.linspace(0, len(clip) - 1, MOST_PROBES).round().astype(int)])


def _first_width(shelf: Shelf, count: int) -> int:
    of_a_track = -(-len(shelf.vectors.matrix) // len(shelf.layout))
    return min(FIRST_WIDTH, 2 * of_a_track) * (max(count, LEAST_COUNT) + 1)


def _widths(width: int) -> Iterator[int]:
    while width <= LAST_WIDTH:
        yield width
        width *= WIDER
