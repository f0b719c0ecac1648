"""The host's catalogue and a server's own library, asked as one index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import count

from index.cuts import Ranked, cut, is_twin
from index.library_shelf import LibraryShelf, is_wanted
from index.names import fold
from models.types import (
    ModelStamp,
    NothingFoundError,
    Query,
    Ranking,
    Recommendation,
    Sameness,
    SearchOptions,
    Track,
    TrackIndex,
)


class IndexWithLibrary:
    """A `TrackIndex` over a catalogue and the tracks of one server.

    Parameters
    ----------
    index : TrackIndex
    shelf : LibraryShelf
        Of the index's embedding space.
    """

    def __init__(self, index: TrackIndex, shelf: LibraryShelf) -> None:
        self._index = index
        self._shelf = shelf

    @property
    def stamp(self) -> ModelStamp:
        """The model the catalogue was made with."""
        return self._index.stamp

    @property
    def others(self) -> tuple[ModelStamp, ...]:
        """Other files of that model which made some of its vectors; empty mostly."""
        return self._index.others

    def __len__(self) -> int:
        return len(self._index) + len(self._shelf)

    def search(self, query: Query, options: SearchOptions) -> Ranking:
        """Rank the tracks of both that sound like the query; raises as the index does."""
        own = self._shelf.search(query, options)
        try:
            # One more, for the catalogue's copy of the clip would be left out here.
            more = options if own.same is None else replace(options, count=options.count + 1)
            hosts = self._index.search(query, more)
        except NothingFoundError:
            # The catalogue has nothing of that name, but the library may.
            if not any(is_wanted(track, options.only) for track in self._shelf.tracks):
                raise
            hosts = Ranking(None, ())
        # A recording that is in both is the server's own.
        same = own.same or hosts.same
        kept = self._cut([*own.results, *hosts.results], same, options)
        return Ranking(same, kept, hosts.timing)

    def _cut(
        self, found: Iterable[Recommendation], same: Track | None, options: SearchOptions
    ) -> tuple[Recommendation, ...]:
        """Keep the best of both: each recording once, few of any artist, not the clip itself."""
        once: dict[str, Recommendation] = {}
        for one in found:
            if same is None or one.track.id != same.id:
                once.setdefault(one.track.id, one)
        results = sorted(once.values(), key=lambda one: -one.similarity)
        clip = Ranked(len(results), same, 1.0) if same else None
        repeats = partial(self._repeats, options.sameness)
        kept = cut(map(_ranked, count(), results), clip, repeats, options)
        return tuple(
            replace(results[one.number], rank=rank) for rank, one in enumerate(kept, start=1)
        )

    def _repeats(self, sameness: Sameness, one: Ranked, others: Sequence[Ranked]) -> bool:
        """Whether a track of one is one recording with any of the other: within each, none is."""
        own = self._is_own(one)
        across = [other for other in others if self._is_own(other) != own]
        if not across:
            return False
        first, *rest = (self.query_of(each.track).windows.vectors for each in (one, *across))
        return is_twin(first, rest, sameness)

    def _is_own(self, one: Ranked) -> bool:
        return self._shelf.find(one.track.id) is not None

    def find(self, track_id: str) -> Track:
        """Return the track with this id, or of the catalogue one whose id begins so."""
        own = self._shelf.find(track_id)
        return own.track if own else self._index.find(track_id)

    def query_of(self, track: Track) -> Query:
        """Return the query that asks for the likes of a track of either."""
        own = self._shelf.find(track.id)
        if own is None:
            return self._index.query_of(track)
        return Query(own.windows, own.windows, track.id, own.track.seconds)

    def complete(self, text: str, limit: int = 25) -> tuple[Track, ...]:
        """Return the tracks that a person who typed this may mean, the server's own first."""
        words = fold(text).split()
        own = [
            track
            for track in self._shelf.tracks
            if _begin(words, f"{fold(track.title)} {fold(track.artist)} {fold(track.album)}")
        ]
        found = {track.id: track for track in (*own, *self._index.complete(text, limit))}
        return tuple(found.values())[:limit]

    def labels(self) -> tuple[tuple[str, int], ...]:
        """Return every label and how many tracks have it, most first."""
        names: dict[str, str] = {}
        counts: Counter[str] = Counter()
        for name, tracks in self._index.labels():
            counts[_value(names, name)] += tracks
        for track in self._shelf.tracks:
            counts.update({_value(names, label) for label in track.labels})
        most_first = sorted(counts, key=lambda value: (-counts[value], value))
        return tuple((names[value], counts[value]) for value in most_first)


def _ranked(number: int, one: Recommendation) -> Ranked:
    return Ranked(number, one.track, one.similarity)


def _value(names: dict[str, str], name: str) -> str:
    """Return a label in one spelling, and note down how it was spelt first."""
    value = fold(name)
    names.setdefault(value, name)
    return value


def _begin(words: list[str], names: str) -> bool:
    """Whether every word is the beginning of one of the names' words."""
    return all(any(name.startswith(word) for name in names.split()) for word in words)
