"""What a build has done so far, on disk after every file, laid over the last generation."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from index import overlay
from index.base import Base
from index.journal_file import keep_waiting, open_journal, spelled
from index.left_out import LeftOut
from index.origin import Origin
from index.placement import Placement
from index.places import Places
from index.schema import PUT_FILE, file_row, left_out_row, track_in
from index.storable import storable_path
from models.types import EmbeddedTrack, ModelStamp, Track

_TAKE = """
INSERT OR REPLACE INTO main.files
SELECT * FROM seen WHERE id IN (SELECT value FROM json_each(?))
"""
_PUT_VECTORS = """
INSERT OR REPLACE INTO vectors (id, stamp, starts, vectors)
VALUES (?, (SELECT rowid FROM stamps WHERE json = ?), ?, ?)
"""
_HIDE = "UPDATE main.files SET left_out = ? WHERE id IN (SELECT value FROM json_each(?))"


class Journal:
    """The record of a build; one thread, one process.

    Parameters
    ----------
    path : Path or None
        Where the record lies; an unfinished one is carried on if its origin fits. None keeps it in
        memory, for changes that need no listening.
    origin : Origin
    base : Base or None

    Attributes
    ----------
    discarded : str
        A sentence where an unfinished record could not be carried on; empty mostly.
    """

    def __init__(self, path: Path | None, origin: Origin, base: Base | None) -> None:
        self._base = base
        self._stamp = spelled(origin.stamp)
        self._in_batch = False
        self._database, self.discarded = open_journal(path, origin)
        overlay.lay_over(self._database, base)
        self._hidden = self._find_hidden()

    def done(self, source: str, size: int, mtime_ns: int) -> bool:
        """Whether the file was dealt with and has not changed since."""
        row = self._database.execute(
            "SELECT size, mtime_ns FROM seen WHERE source = ?", [storable_path(source)]
        ).fetchone()
        return bool(row == (size, mtime_ns))

    def track(self, source: str) -> Track | None:
        """Return the track that a file holds, under its own tags; None where it holds none."""
        find = "SELECT * FROM seen WHERE source = ?"
        row = self._database.execute(find, [storable_path(source)]).fetchone()
        return None if row is None else track_in(row)

    def add(self, embedded: EmbeddedTrack, source: str, size: int, mtime_ns: int) -> None:
        """Record a track."""
        windows = embedded.windows
        starts = np.asarray(windows.starts, "<f4").tobytes()
        vectors = np.asarray(windows.vectors, "<f4").tobytes()
        with self._change() as database:
            database.execute("INSERT OR IGNORE INTO stamps VALUES (?)", [self._stamp])
            database.execute(_PUT_VECTORS, [embedded.track.id, self._stamp, starts, vectors])
            self._put_track(database, embedded.track, source, size, mtime_ns)

    def knows(self, track_id: str) -> bool:
        """Whether the windows of this audio are there, or it was removed: no need to hear it."""
        return self._seconds_of(track_id) is not None

    def recognise(self, track: Track, source: str, size: int, mtime_ns: int) -> None:
        """Record that a file holds audio that is known, under these tags."""
        seconds = self._seconds_of(track.id)
        assert seconds is not None
        with self._change() as database:
            self._put_track(database, replace(track, seconds=seconds), source, size, mtime_ns)

    def hide(self, track_ids: Collection[str]) -> None:
        """Leave tracks out of what is published from now on, and remember it with their files."""
        with self._change() as database:
            ids = json.dumps(list(track_ids))
            database.execute(_TAKE, [ids])
            database.execute(_HIDE, [overlay.REMOVED, ids])
        self._hidden = self._find_hidden()

    def restore(self, sources: Collection[str]) -> None:
        """Let what was removed be heard again, wherever else its audio lies too."""
        asked = {storable_path(source) for source in sources}
        find = "SELECT source, id FROM seen WHERE id IS NOT NULL AND left_out IS NOT NULL"
        hidden = self._database.execute(find).fetchall()
        ids = {track_id for source, track_id in hidden if source in asked}
        self.forget(os.fsdecode(source) for source, track_id in hidden if track_id in ids)
        self._hidden = self._find_hidden()

    def skip(self, source: str, sentence: str, size: int, mtime_ns: int) -> None:
        """Record that a file is left out, and why."""
        row = left_out_row(sentence, storable_path(source), size, mtime_ns)
        with self._change() as database:
            _put_file(database, row)

    def forget(self, sources: Iterable[str]) -> None:
        """Leave files out of what is published next, as if they had never been there."""
        rows = ([storable_path(source)] for source in sources)
        with self._database as database:
            database.executemany("INSERT OR IGNORE INTO forgotten VALUES (?)", rows)

    def set_aside(self, places: Places, entries: Container[str] = frozenset()) -> list[str]:
        """Let what an unfinished build found elsewhere wait for a build that asks for it.

        What the last generation holds stays what it is, and what was left out elsewhere is
        forgotten. Return the files that wait, by name.
        """
        return overlay.set_aside(self._database, places, entries)

    def files(self) -> Iterator[tuple[str, str | None]]:
        """Yield the path of every file and the id of its track, if it has one."""
        rows = self._database.execute(
            "SELECT source, CASE WHEN left_out IS NULL THEN id END FROM seen"
        )
        for source, track_id in rows:
            yield os.fsdecode(source), track_id

    def left_out(self) -> list[LeftOut]:
        """Return the files that are left out, by name."""
        rows = self._database.execute(
            "SELECT source, left_out FROM seen WHERE left_out IS NOT NULL AND id IS NULL "
            "ORDER BY source"
        )
        return [LeftOut(os.fsdecode(source), sentence) for source, sentence in rows]

    def removed(self) -> list[str]:
        """Return the files whose tracks were taken out, and stay so."""
        find = "SELECT source FROM seen WHERE id IS NOT NULL AND left_out IS NOT NULL"
        return [os.fsdecode(source) for (source,) in self._database.execute(find)]

    def duplicates(self) -> list[LeftOut]:
        """Return the files whose audio is that of another file, by name."""
        rows = self._database.execute(
            "SELECT seen.source, first.source FROM seen JOIN first USING (id) "
            "WHERE seen.source <> first.source AND left_out IS NULL ORDER BY seen.source"
        )
        return [
            LeftOut(os.fsdecode(source), f"It holds the same audio as {os.fsdecode(first)}.")
            for source, first in rows
        ]

    def stamps(self) -> list[ModelStamp]:
        """Return the files of the model that made what is published next, and was added since."""
        find = "SELECT DISTINCT stamp FROM main.vectors WHERE id IN (SELECT id FROM first)"
        made = {number for (number,) in self._database.execute(find)}
        rows = self._database.execute("SELECT rowid, json FROM stamps ORDER BY rowid")
        # Of what an older version did not note, any may have made it.
        return [ModelStamp(**json.loads(text)) for row, text in rows if {row, None} & made]

    def changed(self) -> bool:
        """Whether a track came or was described anew, or a file went, since the last generation."""
        return overlay.has_changed(self._database)

    def settle(self) -> bool:
        """Where nothing changed, keep only what is to be remembered; False where nothing is."""
        return overlay.settle(self._database)

    def tracks(self) -> int:
        """Return how many tracks there are, those of the last generation included."""
        row = self._database.execute("SELECT count(*) FROM first").fetchone()
        return int(row[0])

    def file_rows(self) -> Iterator[tuple[object, ...]]:
        """Yield what is known of every file, by name."""
        yield from self._database.execute("SELECT * FROM seen ORDER BY source")

    def placement(self) -> Placement:
        """Return the tracks of the next generation, and where their windows come from."""
        return Placement(self._database, self._base)

    def publishing(self, checksum: str) -> None:
        """Remember which generation is made of it: once that is live, the record is of no use."""
        with self._database as database:
            database.execute("UPDATE lineage SET published = ?", [checksum])

    def keep_waiting(self, checksum: str) -> bool:
        """Keep only what waits once a generation was made of the rest; False where nothing does."""
        return keep_waiting(self._database, checksum)

    def close(self) -> None:
        """Let go of the record."""
        self._database.close()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Put all that is recorded within on the disk at the end, or none of it."""
        with self._database:
            self._in_batch = True
            try:
                yield
            finally:
                self._in_batch = False

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """Put what is recorded within on the disk, now or with the batch it is part of."""
        if self._in_batch:
            yield self._database
            return
        with self._database as database:
            yield database

    def _put_track(
        self, database: sqlite3.Connection, track: Track, source: str, size: int, mtime_ns: int
    ) -> None:
        place = storable_path(source)
        _put_file(database, file_row(track, place, size, mtime_ns))
        if track.id in self._hidden:
            change = "UPDATE main.files SET left_out = ? WHERE source = ?"
            database.execute(change, [overlay.REMOVED, place])

    def _seconds_of(self, track_id: str) -> float | None:
        """Return the length of a known track."""
        if track_id in self._hidden:
            return self._hidden[track_id]
        row = self._database.execute(
            "SELECT seconds FROM base.tracks JOIN base.files USING (source) WHERE tracks.id = ?1 "
            "UNION ALL SELECT seconds FROM main.files JOIN main.vectors USING (id) WHERE id = ?1",
            [track_id],
        ).fetchone()
        return None if row is None else float(row[0])

    def _find_hidden(self) -> dict[str, float]:
        """Return the tracks that were removed, with their lengths."""
        find = "SELECT id, seconds FROM seen WHERE id IS NOT NULL AND left_out IS NOT NULL"
        return dict(self._database.execute(find).fetchall())


def _put_file(database: sqlite3.Connection, row: Sequence[object]) -> None:
    database.execute("DELETE FROM forgotten WHERE source = ?", row[:1])
    database.execute("DELETE FROM waiting WHERE source = ?", row[:1])
    database.execute(PUT_FILE, row)
