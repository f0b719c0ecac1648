"""The import job: entries of a data set in, a published generation of an index out."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from index.builder import IndexBuilder
from index.left_out import LeftOut
from index.manifest import Manifest
from index.opened import open_index
from index.origin import Origin
from models.types import CatalogueError, EmbeddedTrack, Track
from tools.screen import Screen
from tools.unfinished import set_aside

_BATCH: Final = 1_000
_State = tuple[int, int]


class Entry(NamedTuple):
    """One entry of a data set.

    Attributes
    ----------
    source : str
        What the index knows it by: an address, as it is no file.
    content : bytes
        What its vectors are made of; tells whether it has changed.
    track : Track
    embed : callable
        Makes its vectors; asked only where they are not known.
    problem : str
        Why it makes no track, in a sentence; empty mostly.
    """

    source: str
    content: bytes
    track: Track
    embed: Callable[[], EmbeddedTrack]
    problem: str = ""


class Unwanted(NamedTuple):
    """An entry that was not chosen: it leaves the index if it was chosen once."""

    source: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to.

    Attributes
    ----------
    manifest : Manifest
        Of the live generation.
    published : bool
        Whether that is a new one.
    entries : int
        How many could be read.
    chosen : int
        How many of them were chosen, each counted once.
    added, kept, gone : int
        Those that are new or changed, that were known from before, and that are not chosen any
        more.
    left_out : list of LeftOut
        Damaged ones, and those that make no track.
    damaged : int
        How many of them could not be read.
    seconds : float
        How long it took.
    """

    manifest: Manifest
    published: bool
    entries: int
    chosen: int
    added: int
    kept: int
    gone: int
    left_out: list[LeftOut]
    damaged: int
    seconds: float


class NothingChosenError(CatalogueError):
    """There is not one entry to make an index of; `left_out` says what could not be read."""

    def __init__(self, sentence: str, fix: str, left_out: list[LeftOut]) -> None:
        super().__init__(sentence, fix)
        self.left_out = left_out


@dataclass(slots=True)
class _Count:
    """What was met so far."""

    entries: int = 0
    chosen: set[str] = field(default_factory=set)
    unwanted: set[str] = field(default_factory=set)
    kept: int = 0
    added: int = 0


def import_entries(
    entries: Iterable[Entry | Unwanted],
    directory: Path,
    origin: Origin,
    *,
    keep: int,
    screen: Screen,
    damaged: list[LeftOut],
) -> Imported:
    """Make an index hold the chosen entries of a data set; carries on where it was stopped.

    Whatever else the index holds stays in it; what a build of something else left waits for that.

    Parameters
    ----------
    entries : iterable of Entry or Unwanted
        Read once. Of several with one source, the first counts.
    directory : Path
        The index.
    origin : Origin
        What the vectors were made with.
    keep : int
        Older generations to keep.
    screen : Screen
    damaged : list of LeftOut
        Filled by `entries` with what cannot be read.

    Raises
    ------
    CatalogueError
        The index is one of another model, or cannot be written.
    NothingChosenError
        There is no track in the end.
    """
    began = time.perf_counter()
    _refuse_another(directory, origin)
    with IndexBuilder(
        directory,
        origin.stamp,
        window_seconds=origin.window_seconds,
        hop_seconds=origin.hop_seconds,
        keep=keep,
    ) as builder:
        for note in builder.notes:
            screen.note(note)
        count = _take(entries, builder)
        gone = builder.forget(count.unwanted)
        set_aside(builder, screen, entries=count.chosen)
        skipped = [one for one in builder.skipped() if one.path in count.chosen]
        left_out = [*damaged, *skipped]
        if not len(builder):
            raise _nothing(directory, count, left_out)
        with screen.progress("Publishing", None if count.added or gone else 0) as step:
            manifest = builder.publish(lambda done, total: step(done, total=total, unit="windows"))
    return Imported(
        manifest=manifest,
        published=builder.published,
        entries=count.entries,
        chosen=len(count.chosen),
        added=count.added,
        kept=count.kept,
        gone=gone,
        left_out=left_out,
        damaged=len(damaged),
        seconds=time.perf_counter() - began,
    )


def _take(entries: Iterable[Entry | Unwanted], builder: IndexBuilder) -> _Count:
    """Put the entries that are new into the record of the build, many at a time."""
    count = _Count()
    holds_others = len(builder) > 0 or bool(builder.skipped())
    waiting: list[tuple[Entry, _State]] = []
    for entry in entries:
        count.entries += 1
        if isinstance(entry, Unwanted):
            if holds_others:
                count.unwanted.add(entry.source)
            continue
        if entry.source in count.chosen:
            continue
        count.chosen.add(entry.source)
        state = _state(entry)
        if builder.done(entry.source, *state):
            count.kept += not entry.problem
            continue
        waiting.append((entry, state))
        if len(waiting) == _BATCH:
            count.added += _add(waiting, builder)
            waiting.clear()
    count.added += _add(waiting, builder)
    # One entry may lie in two archives.
    count.unwanted -= count.chosen
    return count


def _add(waiting: Iterable[tuple[Entry, _State]], builder: IndexBuilder) -> int:
    added = 0
    with builder.batch():
        for entry, state in waiting:
            if entry.problem:
                builder.skip(entry.source, entry.problem, *state)
            else:
                builder.add(entry.embed(), entry.source, *state)
                added += 1
    return added


def _state(entry: Entry) -> _State:
    """Return what an entry is known again by, in the place of a file's size and time of change."""
    digest = hashlib.blake2b(entry.content, digest_size=8)
    digest.update(repr((entry.track, entry.problem)).encode("utf-8", "surrogatepass"))
    return len(entry.content), int.from_bytes(digest.digest(), "little") >> 1


def _refuse_another(directory: Path, origin: Origin) -> None:
    """Refuse an index that would have to forget all it holds."""
    try:
        with open_index(directory) as index:
            made = index.manifest
    except CatalogueError:
        return  # there is none, or none that could be kept
    if not origin.fits(made.origin):
        ours, theirs = origin.stamp, made.stamp
        raise CatalogueError(
            f"The index in {directory} was made with {theirs.model} {theirs.version} "
            f"({theirs.space}), and these vectors are {ours.model}'s ({ours.space}).",
            "Name another folder with --out.",
        )


def _nothing(directory: Path, count: _Count, left_out: list[LeftOut]) -> NothingChosenError:
    if count.entries and not count.chosen:
        return NothingChosenError(
            f"None of the {count.entries:,} entries has labels that were chosen.",
            "Choose others with --include or --exclude.",
            left_out,
        )
    return NothingChosenError(
        f"There is not one track to put into the index in {directory}.",
        "What was left out, and why, is listed.",
        left_out,
    )
