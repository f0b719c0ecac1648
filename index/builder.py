"""Builds an index, track by track, so that an interrupt costs at most the track in hand."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from index.base import Base, open_base
from index.damage import writing
from index.generations import (
    BUILDING,
    CURRENT,
    KEEP,
    check_home,
    live_generation,
    verified_generation,
    writer_lock,
)
from index.journal import Journal, LeftOut
from index.journal_file import JOURNAL, Origin, drop_published
from index.manifest import Manifest, check_sources
from index.places import Places, StrPath
from index.publishing import publish_journal
from index.staging import Making, Progress
from index.vectors import UNIT_TOLERANCE
from models.types import CatalogueError, EmbeddedTrack, ModelStamp, Track

_STARTS_OVER = "Every track is heard again, and those of folders that are not named now drop out."


class IndexBuilder:
    """Builds or updates the index in a folder; a context manager, for one thread.

    Ask `done` before decoding a file, then `add` or `skip` it; `publish` makes the result the live
    generation. What is added or skipped is on disk as soon as the call returns: a build that ends
    early, however, is carried on by the next one with the same model. So are the tracks of the live
    generation. Another file of the model, such as int8 for fp16, makes vectors of the same kind: it
    carries on too, and the manifest names both.

    Parameters
    ----------
    directory : Path
        The index; made if need be.
    stamp : ModelStamp
        The model that makes the vectors.
    window_seconds, hop_seconds : float
        Length of a window, and from the start of one to the start of the next.
    keep : int
        Older generations to keep, at least 1.
    changing : bool
        Whether there has to be an index that can be carried on, rather than begun anew.

    Attributes
    ----------
    notes : tuple of str
        Sentences for the person who builds: what could not be carried on, and why.
    origin : Origin
        What its vectors come from: only those of an index that fits are carried on.
    published : bool
        Whether there is a new generation: `publish` makes none where nothing changed.
    sources : tuple of str
        The folders and files of audio that the index is built from, each once; to be set before
        `publish`, and best before the work: CatalogueError where they are too many to hold.

    Raises
    ------
    CatalogueError
        On entering: another build is at work, the folder holds something else, or it cannot be
        written; where it has to be changed, there is nothing that can be.
    """

    def __init__(
        self,
        directory: Path,
        stamp: ModelStamp,
        *,
        window_seconds: float = 9.6,
        hop_seconds: float = 4.8,
        keep: int = KEEP,
        changing: bool = False,
    ) -> None:
        self.directory = directory
        self.notes: tuple[str, ...] = ()
        self._sources: tuple[str, ...] = ()
        self._keep = keep
        self._changing = changing
        self.origin = Origin(stamp, window_seconds, hop_seconds)
        self._base: Base | None = None
        self._building = directory / BUILDING
        self.published = False
        self._finished = False  # or the next build carries the record on
        self._held = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as held, writing(self.directory):
            check_home(self.directory)
            if self._changing:
                live_generation(self.directory)  # there is an index at all
            self.directory.mkdir(parents=True, exist_ok=True)
            held.enter_context(writer_lock(self.directory))
            self._base = self._find_base()
            self._sources = self._base.manifest.sources if self._base else ()
            self._building.mkdir(exist_ok=True)
            self._journal = Journal(self._building / JOURNAL, self.origin, self._base)
            held.callback(self._journal.close)
            if self._journal.discarded:
                self.notes += (self._journal.discarded,)
            self._held = held.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._finished:
            self._journal.close()
            # What cannot be removed does no harm: it says what was published, and goes next time.
            shutil.rmtree(self._building, ignore_errors=True)
        self._held.close()

    def __len__(self) -> int:
        """Tracks so far, those of the live generation included."""
        return self._journal.tracks()

    @property
    def sources(self) -> tuple[str, ...]:
        """The folders and files of audio that the index is built from."""
        return self._sources

    @sources.setter
    def sources(self, sources: Iterable[str]) -> None:
        named = tuple(sorted({*sources}))
        check_sources(named)
        self._sources = named

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

    def set_aside(self, places: Iterable[StrPath]) -> list[str]:
        """Let what an unfinished build found outside these places wait for one that asks for it.

        It is not published, and needs no hearing then; what the index holds already stays. Return
        the files that wait.
        """
        asked = Places(places)
        with writing(self.directory):
            return self._journal.set_aside(asked)

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

    def publish(self, progress: Progress = lambda _done, _all: None) -> Manifest:
        """Make what was added the live generation; the last act of a build.

        Where nothing changed, the live generation stays as it is. That something was left out is
        no change: it is remembered beside the index until there is one.

        Parameters
        ----------
        progress : callable
            Called with the windows put into the graph and those there are.

        Raises
        ------
        CatalogueError
            There is no track at all, or the disk is full.
        """
        with writing(self.directory):
            manifest = self._base.manifest if self._base else None
            same = manifest is not None and self.sources == manifest.sources
            if manifest is not None and same and not self._journal.changed():
                self._finished = not self._journal.settle()
                return manifest
            origin = self.origin
            stamp, *others = self._made_with()
            making = Making(
                stamp, tuple(others), origin.window_seconds, origin.hop_seconds, self.sources
            )
            manifest = publish_journal(
                self.directory,
                self._journal,
                self._base,
                making,
                keep=self._keep,
                progress=progress,
            )
            self.published = True
            self._finished = not self._journal.keep_waiting(manifest.checksum)
        return manifest

    def _made_with(self) -> list[ModelStamp]:
        """Return the files of the model that made the vectors, the latest first."""
        base = self._base.manifest if self._base else None
        before = (base.stamp, *base.others) if base else ()
        ours = self.origin.stamp
        added = sorted(self._journal.stamps(), key=lambda stamp: stamp != ours)
        return _each_once((*added, *before)) or [ours]

    def _find_base(self) -> Base | None:
        """Return the live generation if its vectors can be taken over."""
        if not (self.directory / CURRENT).exists():
            return None
        try:
            folder, manifest = verified_generation(self.directory)
        except CatalogueError as error:
            if self._changing:
                raise
            self.notes += (f"{error.sentence} {_STARTS_OVER}",)
            return None
        drop_published(self._building, manifest.checksum)
        found = Origin(manifest.stamp, manifest.window_seconds, manifest.hop_seconds)
        if not self.origin.fits(found):
            sentence = (
                f"The index in {self.directory} was made with another model or other windows "
                f"({manifest.stamp.model} {manifest.stamp.version})."
            )
            if self._changing:
                raise CatalogueError(
                    sentence, "Build it again with `soundalike index build`, or build another one."
                )
            self.notes += (f"{sentence} {_STARTS_OVER}",)
            return None
        return open_base(folder, manifest)


def _each_once(stamps: Iterable[ModelStamp]) -> list[ModelStamp]:
    """Name each file once; older records know it without its precision."""
    known: dict[str, ModelStamp] = {}
    for stamp in stamps:
        if not known.setdefault(stamp.sha512, stamp).precision:
            known[stamp.sha512] = stamp
    return list(known.values())


def _check_windows(embedded: EmbeddedTrack, dim: int) -> None:
    vectors, starts = embedded.windows.vectors, embedded.windows.starts
    fits = len(vectors) > 0 and vectors.shape == (len(starts), dim)
    lengths = np.linalg.norm(vectors, axis=1) if fits else np.zeros(1)
    if not (np.abs(lengths - 1) <= UNIT_TOLERANCE).all() or not np.isfinite(starts).all():
        raise CatalogueError(
            f"The model gave no usable vectors for {embedded.track.title}.",
            "Check the model with `soundalike model verify`.",
        )
