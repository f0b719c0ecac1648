"""What becomes of each file of a build, written down as it happens."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from index.damage import writing
from index.journal import Journal
from index.left_out import LeftOut
from index.origin import Origin
from index.places import Places, StrPath
from index.vectors import UNIT_TOLERANCE
from models.types import CatalogueError, EmbeddedTrack, Track


class FileRecorder:
    """What is known of files, and what becomes of them; on disk as soon as a call returns.

    It speaks of files by their paths, and raises a CatalogueError where the disk is full. The
    builder (`index.builder`) is one: it opens the journal on entering, and publishes what is in it.

    Parameters
    ----------
    directory : Path
        The index.
    origin : Origin
        What its vectors come from.
    """

    _journal: Journal  # there is none before the index is held for writing

    def __init__(self, directory: Path, origin: Origin) -> None:
        self.directory = directory
        self.origin = origin

    def __len__(self) -> int:
        """Tracks so far, those of the live generation included."""
        return self._journal.tracks()

    def done(self, path: StrPath, size: int, mtime_ns: int) -> bool:
        """Whether a file was added or skipped before and has not changed since."""
        with writing(self.directory):
            return self._journal.done(os.fspath(path), size, mtime_ns)

    def track(self, path: StrPath) -> Track | None:
        """Return the track that a file holds, under its own tags; None where it holds none."""
        with writing(self.directory):
            return self._journal.track(os.fspath(path))

    def add(self, embedded: EmbeddedTrack, path: StrPath, size: int, mtime_ns: int) -> None:
        """Add a track, or replace what this file was before.

        Raises
        ------
        CatalogueError
            Its vectors are not what the model promises, or the disk is full.
        """
        _check_windows(embedded, self.origin.stamp.dim)
        with writing(self.directory):
            self._journal.add(embedded, os.fspath(path), size, mtime_ns)

    def knows(self, track_id: str) -> bool:
        """Whether the windows of this audio are there, or it was removed: no need to hear it."""
        with writing(self.directory):
            return self._journal.knows(track_id)

    def recognise(self, track: Track, path: StrPath, size: int, mtime_ns: int) -> None:
        """Take a file that holds audio which is known for it, under the file's own tags.

        What was removed stays so. The length of the track is taken over.
        """
        with writing(self.directory):
            self._journal.recognise(track, os.fspath(path), size, mtime_ns)

    def restore(self, below: Iterable[StrPath]) -> None:
        """Let the tracks in these places that were removed be heard again."""
        places = Places(below)
        with writing(self.directory):
            paths = [path for path, _ in self._journal.files() if path in places]
            self._journal.restore(paths)

    def set_aside(
        self, places: Iterable[StrPath], entries: Container[str] = frozenset()
    ) -> list[str]:
        """Let what an unfinished build found elsewhere wait for a build that asks for it.

        It is not published, and needs no hearing then; what the index holds already stays, and what
        is forgotten goes. That files were left out elsewhere is forgotten.

        Parameters
        ----------
        places : iterable of path
            The folders, files and addresses that are asked for now.
        entries : container of str
            Addresses that are asked for as well, where there are very many.

        Returns
        -------
        list of str
            The files that wait, by name.
        """
        asked = Places(places)
        with writing(self.directory):
            return self._journal.set_aside(asked, entries)

    def skip(self, path: StrPath, sentence: str, size: int, mtime_ns: int) -> None:
        """Leave a file out, and remember why until it changes."""
        with writing(self.directory):
            self._journal.skip(os.fspath(path), sentence, size, mtime_ns)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Add and skip many at once: they are on disk at the end of it, all or none.

        A disk takes milliseconds to be sure of anything. That is nothing beside listening to a
        file, but most of the time it takes to add vectors which somebody else has made.
        """
        with writing(self.directory), self._journal.batch():
            yield

    def forget_missing(
        self,
        seen: Iterable[StrPath],
        below: Iterable[StrPath],
        closed: Iterable[StrPath] = (),
    ) -> int:
        """Drop the files that are gone, with their tracks, once `publish` succeeds.

        Parameters
        ----------
        seen : iterable of path
            The files that were found.
        below : iterable of path
            The folders and files that were looked through: only what lies below them can be gone.
        closed : iterable of path
            Folders among them that could not be looked into: what lies below these is kept.

        Returns
        -------
        int
            How many files are gone.
        """
        present = {os.fspath(path) for path in seen}
        searched, spared = Places(below), Places(closed)
        with writing(self.directory):
            gone = [
                path
                for path, _ in self._journal.files()
                if path in searched and path not in present and path not in spared
            ]
            self._journal.forget(gone)
        return len(gone)

    def forget(self, paths: Iterable[StrPath]) -> int:
        """Drop files with their tracks, once `publish` succeeds; return how many held a track."""
        asked = {os.fspath(path) for path in paths}
        with writing(self.directory):
            known = {path: held for path, held in self._journal.files() if path in asked}
            self._journal.forget(known)
        return sum(held is not None for held in known.values())

    def tracks_below(self, places: Iterable[StrPath]) -> int:
        """Count the tracks with a file in these places, as `forget_missing` spells them."""
        asked = Places(places)
        with writing(self.directory):
            found = {track_id for path, track_id in self._journal.files() if path in asked}
        return len(found - {None})

    def skipped(self) -> list[LeftOut]:
        """Return the files that were left out, in this build or before, by name."""
        with writing(self.directory):
            return self._journal.left_out()

    def removed(self) -> list[str]:
        """Return the files whose tracks were taken out by hand, and stay so."""
        with writing(self.directory):
            return self._journal.removed()

    def duplicates(self) -> list[LeftOut]:
        """Return the files that hold the same audio as another: one track, under the first name."""
        with writing(self.directory):
            return self._journal.duplicates()


def _check_windows(embedded: EmbeddedTrack, dim: int) -> None:
    vectors, starts = embedded.windows.vectors, embedded.windows.starts
    fits = len(vectors) > 0 and vectors.shape == (len(starts), dim)
    lengths = np.linalg.norm(vectors, axis=1) if fits else np.zeros(1)
    if not (np.abs(lengths - 1) <= UNIT_TOLERANCE).all() or not np.isfinite(starts).all():
        raise CatalogueError(
            f"The model gave no usable vectors for {embedded.track.title}.",
            "Check the model with `soundalike model verify`.",
        )
