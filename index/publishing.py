"""From a journal to a new live generation: the last act of whatever changes an index."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.base import Base
from index.checksums import keeping_stamps, verify_files, write_stamp
from index.generations import BUILDING, generations, publish
from index.journal import Journal
from index.manifest import Manifest
from index.staging import Making, Progress, write_generation
from models.types import CatalogueError


def publish_journal(
    directory: Path,
    journal: Journal,
    base: Base | None,
    making: Making,
    *,
    keep: int,
    progress: Progress,
    whole: bool = False,
) -> Manifest:
    """Make what a journal holds the live generation.

    Parameters
    ----------
    directory : Path
        The index, held for writing.
    journal : Journal
    base : Base or None
        The live generation, which the journal lies over.
    making : Making
    keep : int
        Older generations to keep.
    progress : callable
        Called with the windows put into the graph and those there are.
    whole : bool
        Whether to write everything again, in one segment.

    Raises
    ------
    CatalogueError
        There is no track at all, or the last generation was changed meanwhile.
    """
    if journal.tracks() == 0:
        raise CatalogueError(
            f"There is not one track to put into the index in {directory}.",
            "Name a folder with audio in it; what was left out, and why, is listed.",
        )
    if base:
        verify_files(base.folder, base.manifest)  # hours may have passed
    with _staging(directory) as staged:
        manifest = write_generation(staged, journal, base, making, progress, whole=whole)
        write_stamp(staged, manifest)
        journal.publishing(manifest.checksum)
        publish(directory, staged, keep)
    return manifest


@contextmanager
def _staging(directory: Path) -> Iterator[Path]:
    """Give a folder to write to that is not there yet, and leave nothing of it if that fails."""
    staged = directory / BUILDING / "generation"
    staged.parent.mkdir(exist_ok=True)
    with keeping_stamps(generations(directory)):
        if staged.exists():  # whoever wrote it was killed
            shutil.rmtree(staged)
        try:
            yield staged
        except BaseException:
            shutil.rmtree(staged, ignore_errors=True)  # a full disk has better use for it
            raise
