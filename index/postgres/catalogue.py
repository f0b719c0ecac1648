"""The tracks of a generation in a store: the `TrackCatalogue` of PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.facets import value_of, wishes
from index.names import LAST, fold, phrases_of
from index.postgres.binary import lexeme, plain
from index.postgres.connections import Connections
from index.postgres.pieces import Pieces
from models.types import FloatArray, Only, Track

NUMBER = np.dtype("<u4")

# So many tracks are remembered, about half a kilobyte each: answers have the same ones again.
_MOST_KNOWN = 20_000

_TRACK = """
SELECT number, id, title, artist, album, artist_known, seconds, labels, url, path, source, library
FROM soundalike.tracks_{n}
"""
_TITLE_BEGINS = """
SELECT number FROM soundalike.tracks_{n}
WHERE folded BETWEEN %s AND %s ORDER BY folded, number LIMIT %s
"""
# Words say more in a title than in an artist's name, and there more than in an album's; of more
# tracks that hold them than these, another letter tells more than weighing them.
_WORDS_BEGIN = """
SELECT number FROM (
    SELECT number, names FROM soundalike.tracks_{n} WHERE names @@ %s::tsquery LIMIT 1000
) AS found
ORDER BY ts_rank('{{0, 0.125, 0.5, 1}}', names, %s::tsquery, 1) DESC, number LIMIT %s
"""
_FACET = "SELECT id, tracks FROM soundalike.facets_{n} WHERE kind = %s AND value = ANY(%s)"
_NAMES_OF = """
SELECT name, octet_length(tracks) FROM soundalike.facets_{n}
WHERE kind = %s ORDER BY octet_length(tracks) DESC, value LIMIT %s
"""
_NAMES_LIKE = """
SELECT name FROM soundalike.facets_{n}
WHERE kind = %s AND value BETWEEN %s AND %s ORDER BY value LIMIT %s
"""


class StoredCatalogue:
    """The tracks of one generation in a store.

    Parameters
    ----------
    connections : Connections
        Let go of when this is closed.
    generation : int
    pieces : Pieces
        Of the same generation.
    """

    def __init__(self, connections: Connections, generation: int, pieces: Pieces) -> None:
        self._connections = connections
        self._generation = generation
        self._pieces = pieces
        self._known: dict[int, Track] = {}

    def tracks(self, numbers: Sequence[int]) -> list[Track]:
        """Return the tracks with these numbers, in the order asked."""
        known = ((int(number), self._known.get(number)) for number in numbers)
        found = {number: track for number, track in known if track}
        missing = [int(number) for number in numbers if number not in found]
        if missing:
            rows = self._ask(f"{_TRACK} WHERE number = ANY(%s)", missing)
            read = {row[0]: _as_track(row) for row in rows}
            if len(self._known) + len(read) > _MOST_KNOWN:
                self._known.clear()
            self._known.update(read)
            found |= read
        return [found[number] for number in numbers]

    def entries(self, numbers: Sequence[int]) -> list[tuple[Track, FloatArray]]:
        """Return the same, each with the start of every one of its windows, in seconds."""
        starts = (windows.starts for windows in self._pieces.of(numbers))
        return list(zip(self.tracks(numbers), starts, strict=True))

    def starts(self, number: int) -> FloatArray:
        """Return the start of every window of a track, in seconds."""
        return self._pieces.of([number])[0].starts

    def number_of(self, track_id: str) -> int | None:
        """Return the number of the track with exactly this id, or None."""
        query = "SELECT number FROM soundalike.tracks_{n} WHERE id = %s"
        found = self._ask(query, plain(track_id))
        return int(found[0][0]) if found else None

    def beginning(self, prefix: str, limit: int) -> list[Track]:
        """Return the first tracks, by id, whose id begins so."""
        asked = plain(prefix)
        query = f"{_TRACK} WHERE id BETWEEN %s AND %s ORDER BY id LIMIT %s"
        return list(map(_as_track, self._ask(query, asked, asked + LAST, limit)))

    def complete(self, text: str, limit: int) -> list[int]:
        """Return the numbers of the tracks that a person who typed this may mean, best first."""
        asked = plain(fold(text))
        found = self._ask(_TITLE_BEGINS, asked, asked + LAST, limit)
        words = " & ".join(_phrase(phrase) for phrase in phrases_of(asked))
        if words and len(found) < limit:
            found += self._ask(_WORDS_BEGIN, words, words, limit + len(found))
        return list(dict.fromkeys(number for (number,) in found))[:limit]

    def matching(self, only: Only, tracks: int) -> NDArray[np.bool_]:
        """Tell which of the tracks, so many in all, are wanted."""
        wanted = np.ones(tracks, bool)
        for rows in self._facets(only):
            one_of = np.zeros(tracks, bool)
            for _, numbers in rows:
                one_of[np.frombuffer(numbers, NUMBER)] = True
            wanted &= one_of
        return wanted

    def facet_ids(self, only: Only) -> list[list[int]]:
        """Return by what number each thing that is wanted is known, kind by kind."""
        return [[facet for facet, _ in rows] for rows in self._facets(only)]

    def unknown(self, only: Only) -> list[tuple[str, str]]:
        """Return the kind and the name of everything wanted that no track has."""
        return [
            (kind, name)
            for kind, names in wishes(only)
            for name in names
            if not self._ask(_FACET, kind, [plain(value_of(kind, name))])
        ]

    def names_of(self, kind: str) -> list[tuple[str, int]]:
        """Return every label, artist, source or library with its count of tracks, most first."""
        return [(name, size // NUMBER.itemsize) for name, size in self._ask(_NAMES_OF, kind, None)]

    def names_like(self, kind: str, name: str, limit: int) -> list[str]:
        """Return some labels, artists or sources that begin so, or else the most common ones."""
        value = plain(value_of(kind, name))
        found = self._ask(_NAMES_LIKE, kind, value, value + LAST, limit)
        return [row[0] for row in found or self._ask(_NAMES_OF, kind, limit)]

    def close(self) -> None:
        """Let go of the connections."""
        self._connections.close()

    def _facets(self, only: Only) -> list[list[Any]]:
        return [
            self._ask(_FACET, kind, [plain(value_of(kind, name)) for name in names])
            for kind, names in wishes(only)
        ]

    def _ask(self, query: str, *values: object) -> list[Any]:
        return self._connections.rows(query.format(n=self._generation), values)


def _phrase(words: Sequence[str]) -> str:
    """Return what tsquery calls words that stand together, the last of them as a beginning."""
    kept = map(lexeme, words)
    quoted = ["'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in kept]
    return f"({' <-> '.join(quoted)}:*)"


def _as_track(row: Sequence[Any]) -> Track:
    _, track_id, title, artist, album, known, seconds, labels, url, path, source, library = row
    return Track(
        id=track_id,
        title=title,
        artist=artist,
        album=album,
        artist_known=known,
        seconds=seconds,
        labels=tuple(labels),
        url=url,
        path=os.fsdecode(path),
        source=source,
        library=library,
    )
