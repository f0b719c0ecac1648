"""Changes to an index that need no listening: take out, compact, go back."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from index.base import Base, open_base
from index.checksums import verify_files
from index.damage import writing
from index.generations import (
    BUILDING,
    KEEP,
    generation_number,
    generations,
    live_generation,
    make_live,
    read_manifest,
    writer_lock,
)
from index.journal import Journal
from index.journal_file import drop_published, forget_unfinished
from index.manifest import Manifest
from index.places import Places, StrPath
from index.publishing import publish_journal
from index.staging import Making, Progress
from models.types import CatalogueError


@dataclass(frozen=True, slots=True)
class Edited:
    """What an index is after a change, and what it was before.

    Attributes
    ----------
    generation : str
        Name of the live generation; as before where there was nothing to change.
    manifest, before : Manifest
    spared : int
        Tracks that were asked to go by their folders, and that stay as there are files of them
        elsewhere.
    unpublished : int
        Files of which something was forgotten that builds had noted, but not published.
    """

    generation: str
    manifest: Manifest
    before: Manifest
    spared: int = 0
    unpublished: int = 0


def remove_tracks(
    directory: Path,
    tracks: Collection[str],
    places: Collection[StrPath],
    *,
    listed: Collection[StrPath] = (),
    keep: int = KEEP,
    progress: Progress = lambda _done, _all: None,
) -> Edited:
    """Take tracks out of an index; builds remember it, by their audio.

    A source that is taken out whole is forgotten instead: it is no source any more. A file that is
    named goes with every copy of it; of a folder, what has copies elsewhere stays. What an
    unfinished build found outside the sources that are left is forgotten as well; where that is
    all, the generation stays as it is.

    Parameters
    ----------
    directory : Path
        The index.
    tracks : collection of str
        Whole ids.
    places : collection of path
        Files, folders and addresses, spelt as the index knows them: all tracks there go.
    listed : collection of path
        What the lists among the places name: it is forgotten with them, but for what other sources
        hold.
    keep : int
        Older generations to keep.
    progress : callable
        Called with the windows put into the graph and those there are.

    Raises
    ------
    CatalogueError
        There is no index, nothing would be left of it, or it cannot be written.
    """
    with _editing(directory) as (journal, base):
        files = list(journal.files())
        given = Places(places)
        sources = [source for source in base.manifest.sources if source not in given]
        left = Places(sources)
        named = [path for one in listed if (path := os.fspath(one)) not in left]
        dropped = [one for one in base.manifest.sources if one in given and one not in left]
        whole = Places([*dropped, *named])
        asked = Places([*places, *named])
        gone = {track_id for path, track_id in files if track_id and path in asked}
        spared = gone & {track_id for path, track_id in files if path not in asked}
        alone = {os.fspath(place) for place in places}
        spared -= {track_id for path, track_id in files if path in alone and path not in whole}
        spared -= {*tracks}
        journal.hide((gone - spared).union(tracks))
        journal.forget(
            path
            for path, track_id in files
            if path in whole or (path in asked and track_id in spared)
        )
        if journal.tracks() == 0:
            raise CatalogueError(
                f"Nothing would be left of the index in {directory}.",
                "Delete its folder if you want it no more.",
            )
        # First: hearing something again is less of a loss than what comes back unasked.
        outside = [place for place in alone if place not in left]
        forgotten = forget_unfinished(directory / BUILDING, Places([*outside, *named]))
        if dropped or journal.changed():
            making = _as_before(base.manifest, tuple(sources))
            edited = _publish(directory, journal, base, making, keep, progress)
        else:
            edited = Edited(base.folder.name, base.manifest, base.manifest)
        return replace(edited, spared=len(spared), unpublished=forgotten)


def compact(
    directory: Path, *, keep: int = KEEP, progress: Progress = lambda _done, _all: None
) -> Edited:
    """Write an index again in one piece, as if it were built anew, but without listening.

    Where it is of one piece already, nothing happens. Parameters and errors are those of
    `remove_tracks`.
    """
    with _editing(directory) as (journal, base):
        manifest = base.manifest
        if [segment.live for segment in manifest.segments] == [manifest.segments[0].windows]:
            return Edited(base.folder.name, manifest, manifest)
        making = _as_before(manifest, manifest.sources)
        return _publish(directory, journal, base, making, keep, progress, whole=True)


def roll_back(directory: Path, to: str = "") -> tuple[str, Manifest]:
    """Make an older generation the live one; the others stay where they are.

    It needs nothing of the live one, which may be damaged.

    Parameters
    ----------
    directory : Path
        The index.
    to : str
        Name or number of a generation that is kept; empty for the one before the live one.

    Returns
    -------
    (str, Manifest)
        Name of the generation, and what it says of itself.

    Raises
    ------
    CatalogueError
        There is no such generation, or it is damaged.
    """
    with writing(directory):
        if not directory.is_dir() or not generations(directory):
            live_generation(directory)  # says what is wrong
        with writer_lock(directory):
            folder = _choose(directory, to)
            manifest = read_manifest(folder)
            verify_files(folder, manifest)
            with contextlib.suppress(CatalogueError):
                live = read_manifest(live_generation(directory))
                drop_published(directory / BUILDING, live.checksum)
            make_live(folder)
    return folder.name, manifest


@contextmanager
def _editing(directory: Path) -> Iterator[tuple[Journal, Base]]:
    """Hold an index with a journal in memory: an unfinished build beside it stays as it is."""
    live_generation(directory)  # there is an index at all
    with writing(directory), writer_lock(directory):
        base = open_base(directory)
        try:
            with closing(Journal(None, base.manifest.origin, base)) as journal:
                yield journal, base
        finally:
            with contextlib.suppress(OSError):
                (directory / BUILDING).rmdir()  # but for the journal of an unfinished build


def _publish(
    directory: Path,
    journal: Journal,
    base: Base,
    making: Making,
    keep: int,
    progress: Progress,
    *,
    whole: bool = False,
) -> Edited:
    manifest = publish_journal(
        directory, journal, base, making, keep=keep, progress=progress, whole=whole
    )
    return Edited(live_generation(directory).name, manifest, base.manifest)


def _as_before(manifest: Manifest, sources: tuple[str, ...]) -> Making:
    return Making(
        manifest.stamp, manifest.others, manifest.window_seconds, manifest.hop_seconds, sources
    )


def _choose(directory: Path, to: str) -> Path:
    """Return the generation that is meant."""
    kept, live = generations(directory), None
    with contextlib.suppress(CatalogueError):
        live = live_generation(directory)
        kept = [folder for folder in kept if folder != live]
    if to:
        meant = [folder for folder in kept if to in (folder.name, str(generation_number(folder)))]
    else:
        meant = [
            folder
            for folder in kept
            if live is None or generation_number(folder) < generation_number(live)
        ]
    if meant:
        return meant[-1]
    if not to and kept:
        # What is not older is newer: there was a rollback before.
        forth = ", or ".join(f"`--to {folder.name}`{_brief(folder)}" for folder in reversed(kept))
        raise CatalogueError(
            f"The index in {directory} keeps nothing older.", f"To go forth again: {forth}."
        )
    names = " or ".join(folder.name for folder in kept)
    raise CatalogueError(
        f"The index in {directory} keeps no generation {to or 'older than the live one'}.",
        f"Name one that it keeps with --to: {names}." if names else "Only the live one is kept.",
    )


def _brief(folder: Path) -> str:
    """Say what a generation holds and of when it is, if that can be read."""
    try:
        manifest = read_manifest(folder)
    except CatalogueError:
        return ""
    tracks = f"{manifest.tracks:,} track{'' if manifest.tracks == 1 else 's'}"
    return f" ({tracks}, {manifest.created})"
