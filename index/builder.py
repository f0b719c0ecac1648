"""Builds an index, track by track, so that an interrupt costs at most the track in hand."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from index.base import Base, open_base
from index.damage import writing
from index.generations import (
    BUILDING,
    CURRENT,
    KEEP,
    check_home,
    live_generation,
    writer_lock,
)
from index.journal import Journal
from index.journal_file import JOURNAL
from index.manifest import Manifest, check_sources
from index.origin import Origin, each_file_once
from index.publishing import publish_journal
from index.recorder import FileRecorder
from index.staging import Making, Progress
from models.types import CatalogueError, ModelStamp

_STARTS_OVER = "Every track is heard again, and those of folders that are not named now drop out."


class IndexBuilder(FileRecorder):
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
        super().__init__(directory, Origin(stamp, window_seconds, hop_seconds))
        self.notes: tuple[str, ...] = ()
        self._sources: tuple[str, ...] = ()
        self._keep = keep
        self._changing = changing
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

    @property
    def sources(self) -> tuple[str, ...]:
        """The folders and files of audio that the index is built from."""
        return self._sources

    @sources.setter
    def sources(self, sources: Iterable[str]) -> None:
        named = tuple(sorted({*sources}))
        check_sources(named)
        self._sources = named

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
        return each_file_once((*added, *before)) or [ours]

    def _find_base(self) -> Base | None:
        """Return the live generation if its vectors can be taken over."""
        if not (self.directory / CURRENT).exists():
            return None
        try:
            base = open_base(self.directory)
        except CatalogueError as error:
            if self._changing:
                raise
            self.notes += (f"{error.sentence} {_STARTS_OVER}",)
            return None
        if self.origin.fits(base.manifest.origin):
            return base
        made = base.manifest.stamp
        sentence = (
            f"The index in {self.directory} was made with another model or other windows "
            f"({made.model} {made.version})."
        )
        if self._changing:
            raise CatalogueError(
                sentence, "Build it again with `soundalike index build`, or build another one."
            )
        self.notes += (f"{sentence} {_STARTS_OVER}",)
        return None
