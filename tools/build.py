"""The build job: audio in, wherever it lies, a published generation of an index out."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from index.builder import IndexBuilder
from index.generations import KEEP
from index.left_out import LeftOut
from index.manifest import Manifest
from index.places import Places, outermost
from models.runtime import Runtime
from models.types import CatalogueError
from tools.build_guards import refuse_emptied, refuse_forgetting
from tools.cluster import hire_cluster
from tools.hearing import Audio, Listener, listen, retell, state_of
from tools.screen import Screen
from tools.sources.gather import gather, is_called_table
from tools.sources.links import Fetcher, list_fetcher
from tools.unfinished import set_aside


@dataclass(frozen=True, slots=True)
class Built:
    """What a build came to.

    Attributes
    ----------
    manifest : Manifest
        Of the live generation.
    published : bool
        Whether that is a new one: where nothing changed, or files were only left out, it is not.
    heard, kept, recognised, gone : int
        Files that were heard now, that were known from before, whose audio was known under another
        name or other tags, and that are no more.
    removed : int
        Files whose audio was taken out of the index by hand, and stays out.
    retold : int
        Of those known from before, the ones of which a list or a data set says something else now.
    elsewhere : int
        Tracks of folders that were not looked into now.
    audio_seconds, seconds : float
        Length of what was heard, and how long the build took.
    left_out, duplicates : list of LeftOut
        Audio that is not in the index, and files whose audio is there under another name.
    """

    manifest: Manifest
    published: bool
    heard: int
    kept: int
    recognised: int
    removed: int
    retold: int
    gone: int
    elsewhere: int
    audio_seconds: float
    seconds: float
    left_out: list[LeftOut]
    duplicates: list[LeftOut]


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """How a build is done.

    Attributes
    ----------
    jobs : int or None
        Processes that listen at once; None for one a core.
    dask : str or None
        Address of the scheduler of a dask cluster that listens instead of this machine.
    retry : bool
        Whether to try again what was left out before.
    drop_empty : bool
        Whether a source that holds no audio any more may take its tracks with it.
    adding : bool
        Whether only to add: what is gone from the sources stays, what was removed comes back.
    changing : bool
        Whether there has to be an index that can be changed, not one to be begun anew.
    keep : int
        Older generations to keep.
    measured : str
        Name of the model whose listening is only kept for a measurement; empty for an index that
        is to be asked.
    """

    jobs: int | None = None
    dask: str | None = None
    retry: bool = False
    drop_empty: bool = False
    adding: bool = False
    changing: bool = False
    keep: int = KEEP
    measured: str = ""


AS_EVER = BuildOptions()


class NothingHeardError(CatalogueError):
    """There is not one track to make an index of; `left_out` says why."""

    def __init__(self, directory: Path, left_out: list[LeftOut]) -> None:
        super().__init__(
            f"There is not one track to put into the index in {directory}.",
            "Name a folder with audio in it"
            + ("; what was left out, and why, is listed." if left_out else "."),
        )
        self.left_out = left_out


def build_index(
    sources: Sequence[Path],
    directory: Path,
    runtime: Runtime,
    *,
    screen: Screen,
    options: BuildOptions = AS_EVER,
    lost: Sequence[Path] = (),
    fetcher: Fetcher | None = None,
) -> Built:
    """Make an index hold what the sources hold; carries on where an earlier build stopped.

    Tracks of other folders stay in it.

    Parameters
    ----------
    sources : sequence of Path
        Folders, files and lists, as `gather` takes them.
    directory : Path
        The index.
    runtime : Runtime
        The model that listens.
    screen : Screen
    options : BuildOptions
    lost : sequence of Path
        Former sources that are no more: their tracks go.
    fetcher : Fetcher or None
        Brings what lies behind the addresses of lists; None for the one that is meant for them.

    Raises
    ------
    CatalogueError
        A source is not there or has lost all its audio, or the index cannot be written.
    NothingHeardError
        There is no audio at all, or none that can be heard.
    ModelError
        The model cannot be used.
    """
    began = time.perf_counter()
    found = gather(sources)
    for note in found.notes:
        screen.note(note)
    builder = IndexBuilder(directory, runtime.stamp, keep=options.keep, changing=options.changing)
    if not options.drop_empty and not options.changing:  # then nothing is begun anew
        refuse_forgetting(directory, builder.origin, found)
    with builder:
        for note in builder.notes:
            screen.note(note)
        set_aside(builder, screen, found.places)
        before = builder.sources
        builder.sources = _sources_after(before, found.sources, lost)  # refused now or never
        if options.adding:
            builder.restore(found.places)
        elif not options.drop_empty:
            refuse_emptied(found, builder)
        audible: list[Audio] = [*found.files, *found.links]
        states = {audio: state_of(audio) for audio in audible}
        again = {file.path for file in builder.skipped()} if options.retry else set()
        new = {
            audio: state
            for audio, state in states.items()
            if os.fspath(audio) in again or not builder.done(audio, *state)
        }
        hire = partial(hire_cluster, options.dask, runtime) if options.dask else None
        listener = Listener(runtime, options.jobs, fetcher or list_fetcher(), hire)
        heard = listen(new, found.known, listener, builder, screen, options.measured)
        old = {audio: state for audio, state in states.items() if audio not in new}
        retold = retell(old, found.known, builder)
        looked = () if options.adding else (*found.sources, *found.missing, *lost)
        gone = builder.forget_missing(found.files, looked, found.closed)
        elsewhere = len(builder) - builder.tracks_below(found.places)
        closed = [LeftOut(str(path), str(error)) for path, error in found.closed.items()]
        # Files of other folders were not asked for, and what failed just now says why itself.
        passing = {file.path for file in heard.passing}
        ours = {os.fspath(audio) for audio in states} - passing
        skipped = [file for file in builder.skipped() if file.path in ours]
        duplicates = [file for file in builder.duplicates() if file.path in ours]
        failed = passing.union(file.path for file in skipped) if options.adding else set()
        named = [source for source in found.sources if str(source) not in failed]
        builder.sources = _sources_after(before, named, lost)
        left_out = [*closed, *found.left_out, *skipped, *heard.passing]
        fresh = {os.fspath(audio) for audio in new}
        known = len({file.path for file in skipped} - fresh)
        removed = ours.intersection(builder.removed())
        if not len(builder):
            raise NothingHeardError(directory, left_out)
        changed = heard.tracks or heard.recognised or retold or gone
        doing = f"Keeping ({options.measured})" if options.measured else "Publishing"
        with screen.progress(doing, None if changed else 0) as step:
            manifest = builder.publish(lambda done, total: step(done, total=total, unit="windows"))
    return Built(
        manifest=manifest,
        published=builder.published,
        heard=heard.tracks,
        kept=len(states) - len(new) - known - len(removed - fresh),
        # Of an empty index nothing is recognised: what was removed is heard once more then.
        recognised=max(heard.recognised - len(removed & fresh), 0),
        removed=len(removed),
        retold=retold,
        gone=gone,
        elsewhere=elsewhere,
        audio_seconds=heard.audio_seconds,
        seconds=time.perf_counter() - began,
        left_out=left_out,
        duplicates=duplicates,
    )


def _sources_after(
    before: Sequence[str], found: Sequence[Path], lost: Sequence[Path]
) -> tuple[str, ...]:
    gone = Places(lost)
    sources = {*(source for source in before if source not in gone), *map(str, found)}
    # What lies in another source need not be named, but for a list: that is looked through too.
    lists = {source for source in sources if is_called_table(Path(source))}
    return (*outermost(sources - lists), *lists)
