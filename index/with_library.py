"""The host's catalogue and a server's own library, asked as one index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from index.library_shelf import LibraryShelf, is_wanted
from index.names import fold
from models.types import (
    ModelStamp,
    NothingFoundError,
    Query,
    Ranking,
    Recommendation,
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
            hosts = self._index.search(query, options)
        except NothingFoundError:
            # The catalogue has nothing of that name, but the library may.
            if not any(is_wanted(track, options.only) for track in self._shelf.tracks):
                raise
            hosts = Ranking(None, ())
        # A recording that is in both is the server's own.
        same = own.same or hosts.same
        merged = sorted([*own.results, *hosts.results], key=lambda one: -one.similarity)
        return Ranking(same, _kept(merged, same, options), hosts.timing)

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
        counts = Counter(dict(self._index.labels()))
        counts.update(label for track in self._shelf.tracks for label in track.labels)
        return tuple(counts.most_common())


def _kept(
    results: Iterable[Recommendation], same: Track | None, options: SearchOptions
) -> tuple[Recommendation, ...]:
    """Keep the best results, each track once, and few of any artist."""
    seen = {same.id} if same else set[str]()
    by_artist: Counter[str] = Counter()
    kept: list[Recommendation] = []
    for one in results:
        artist = fold(one.track.artist) if one.track.artist_known else ""
        most = options.per_artist
        if one.track.id in seen or (artist and most is not None and by_artist[artist] >= most):
            continue
        seen.add(one.track.id)
        by_artist[artist] += 1
        kept.append(replace(one, rank=len(kept) + 1))
        if len(kept) == options.count:
            break
    return tuple(kept)


def _begin(words: list[str], names: str) -> bool:
    """Whether every word is the beginning of one of the names' words."""
    return all(any(name.startswith(word) for name in names.split()) for word in words)
