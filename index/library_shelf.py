"""A server's tracks as they are searched: few enough to be held in memory and scored exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from index.catalogue import Layout
from index.cuts import Ranked, cut, is_twin
from index.moments import likest_moments
from index.names import fold
from index.same import excerpt_likeness, spread
from index.scoring import Scored, score_tracks, unit_rows
from index.search import EXCERPT_SUSPECTS
from models.types import (
    EmbeddedTrack,
    Only,
    Query,
    Ranking,
    Recommendation,
    SearchOptions,
    Track,
    Windows,
)

_ABOUT_A_TRACK = 2048  # bytes of its names and of what Python adds


class LibraryShelf:
    """Tracks of one embedding space; it never changes.

    Parameters
    ----------
    tracks : sequence of EmbeddedTrack
        Windows of unit length, at least one each.

    Attributes
    ----------
    nbytes : int
        About how much memory it takes.
    """

    def __init__(self, tracks: Sequence[EmbeddedTrack]) -> None:
        self._numbers = {each.track.id: number for number, each in enumerate(tracks)}
        counts = np.array([len(each.windows) for each in tracks], np.int64)
        self._layout = Layout(np.cumsum(counts) - counts, counts)
        nothing = np.zeros((0, 0), np.float32)
        self._matrix = (
            np.concatenate([each.windows.vectors for each in tracks]) if tracks else nothing
        )
        # The tracks look into the one matrix: nothing is held twice.
        self._tracks = tuple(
            replace(each, windows=Windows(self._matrix[rows], each.windows.starts))
            for each, rows in zip(tracks, map(self._layout.rows, range(len(tracks))), strict=True)
        )
        starts = sum(each.windows.starts.nbytes for each in tracks)
        self.nbytes = self._matrix.nbytes + starts + _ABOUT_A_TRACK * (1 + len(tracks))

    def __len__(self) -> int:
        return len(self._tracks)

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The tracks."""
        return tuple(each.track for each in self._tracks)

    def find(self, track_id: str) -> EmbeddedTrack | None:
        """Return the track with this id, or None."""
        number = self._numbers.get(track_id)
        return None if number is None else self._tracks[number]

    def search(self, query: Query, options: SearchOptions) -> Ranking:
        """Rank the tracks that sound like the query, as an index does.

        Raises
        ------
        ClipError
            The query's vectors are of another size, not finite, or zero.
        """
        if not self._tracks:
            return Ranking(None, ())
        clip = self._unit(query.windows)
        numbers = np.arange(len(self._tracks))
        scored = score_tracks(clip.vectors, self._matrix, self._layout, numbers)
        same = self._find_same(query, scored, options)

        def repeats(one: Ranked, others: list[Ranked]) -> bool:
            vectors = [self._windows(other.number).vectors for other in others]
            return is_twin(self._windows(one.number).vectors, vectors, options.sameness)

        ranked = map(self._ranked, scored.numbers.tolist(), scored.similarities.tolist())
        wanted = (one for one in ranked if is_wanted(one.track, options.only))
        kept = cut(wanted, same, repeats, options)
        results = tuple(self._answer(rank, one, clip) for rank, one in enumerate(kept, start=1))
        return Ranking(same.track if same else None, results)

    def _unit(self, windows: Windows) -> Windows:
        return Windows(unit_rows(windows.vectors, self._matrix.shape[1]), windows.starts)

    def _ranked(self, number: int, similarity: float) -> Ranked:
        return Ranked(number, self._tracks[number].track, similarity)

    def _find_same(self, query: Query, scored: Scored, options: SearchOptions) -> Ranked | None:
        number = self._numbers.get(query.track_id)
        if number is not None:
            return self._ranked(number, 1.0)
        dense = spread(self._unit(query.dense))
        likeness = [
            excerpt_likeness(dense, self._windows(suspect), options.sameness)
            for suspect in scored.numbers[:EXCERPT_SUSPECTS].tolist()
        ]
        if not any(likeness):
            return None
        best = int(np.argmax(likeness))
        return self._ranked(int(scored.numbers[best]), float(scored.similarities[best]))

    def _answer(self, rank: int, one: Ranked, clip: Windows) -> Recommendation:
        windows = self._windows(one.number)
        alike = clip.vectors @ windows.vectors.T
        at, pairs = likest_moments(alike, clip.starts, windows.starts)
        return Recommendation(rank, one.track, one.similarity, at, pairs=pairs)

    def _windows(self, number: int) -> Windows:
        return self._tracks[number].windows


def is_wanted(track: Track, only: Only) -> bool:
    """Tell whether a track has one of the names of every kind that is given."""
    names = {fold(name) for name in only.labels}, {fold(name) for name in only.artists}
    return (
        (not only.labels or any(fold(label) in names[0] for label in track.labels))
        and (not only.artists or fold(track.artist) in names[1])
        and (not only.sources or track.source in only.sources)
        and (not only.libraries or track.library in only.libraries)
    )
