"""The build job: folders of audio in, a published generation of an index out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from index.builder import IndexBuilder
from index.generations import KEEP
from index.journal import LeftOut
from index.manifest import Manifest
from index.opened import open_index
from index.places import Places
from models.pool import embed_tracks
from models.runtime import Runtime
from models.types import CatalogueError, EmbeddedTrack, PassingError, Track
from tools.screen import Screen, counted
from tools.walk import walk

State = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Built:
    """What a build came to.

    Attributes
    ----------
    manifest : Manifest
        Of the live generation.
    heard, kept, recognised, gone : int
        Files that were heard now, that were known from before, whose audio was known under another
        name or other tags, and that are no more.
    elsewhere : int
        Tracks of folders that were not looked into now.
    audio_seconds, seconds : float
        Length of what was heard, and how long the build took.
    left_out, duplicates : list of LeftOut
        Audio that is not in the index, and files whose audio is there under another name.
    """

    manifest: Manifest
    heard: int
    kept: int
    recognised: int
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
    """

    jobs: int | None = None
    retry: bool = False
    drop_empty: bool = False
    adding: bool = False
    changing: bool = False
    keep: int = KEEP


AS_EVER = BuildOptions()


class NothingHeardError(CatalogueError):
    """There is not one track to make an index of; `left_out` says why."""

    def __init__(self, directory: Path, left_out: list[LeftOut]) -> None:
        super().__init__(
            f"There is not one track to put into the index in {directory}.",
            "Name a folder with audio in it; what was left out, and why, is listed.",
        )
        self.left_out = left_out


@dataclass(slots=True)
class _Heard:
    """What was heard so far; a passing failure is not written down, so that it is tried again."""

    tracks: int = 0
    recognised: int = 0
    audio_seconds: float = 0.0
    passing: list[LeftOut] = field(default_factory=list)


def build_index(
    sources: Sequence[Path],
    directory: Path,
    runtime: Runtime,
    *,
    screen: Screen,
    options: BuildOptions = AS_EVER,
    lost: Sequence[Path] = (),
) -> Built:
    """Make an index hold what the sources hold; carries on where an earlier build stopped.

    Tracks of other folders stay in it.

    Parameters
    ----------
    sources : sequence of Path
        Folders and files.
    directory : Path
        The index.
    runtime : Runtime
        The model that listens.
    screen : Screen
    options : BuildOptions
    lost : sequence of Path
        Former sources that are no more: their tracks go.

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
    found = walk(sources)
    if not options.drop_empty:
        _refuse_forgetting(directory, runtime, found.sources)
    with IndexBuilder(
        directory, runtime.stamp, keep=options.keep, changing=options.changing
    ) as builder:
        for note in builder.notes:
            screen.note(note)
        if options.adding:
            builder.restore(found.sources)
        elif not options.drop_empty:
            _refuse_emptied(found.empty, builder)
        builder.sources = _sources_after(builder.sources, found.sources, lost)
        states = {path: _state(path) for path in found.files}
        again = {Path(file.path) for file in builder.skipped()} if options.retry else set()
        new = {
            path: state
            for path, state in states.items()
            if path in again or not builder.done(path, *state)
        }
        heard = _listen(new, builder, runtime, options.jobs, screen)
        looked = () if options.adding else (*found.sources, *lost)
        gone = builder.forget_missing(found.files, looked, found.closed)
        elsewhere = len(builder) - builder.tracks_below(found.sources)
        closed = [LeftOut(str(path), str(error)) for path, error in found.closed.items()]
        # Files of other folders were not asked for, and what failed just now says why itself.
        passing = {file.path for file in heard.passing}
        ours = {str(path) for path in states} - passing
        skipped = [file for file in builder.skipped() if file.path in ours]
        duplicates = [file for file in builder.duplicates() if file.path in ours]
        left_out = [*closed, *skipped, *heard.passing]
        known = sum(Path(file.path) not in new for file in skipped)
        if not len(builder):
            raise NothingHeardError(directory, left_out)
        changed = heard.tracks or heard.recognised or gone
        with screen.progress("Publishing", None if changed else 0) as step:
            manifest = builder.publish(lambda done, total: step(done, "windows", total))
    return Built(
        manifest=manifest,
        heard=heard.tracks,
        kept=len(found.files) - len(new) - known,
        recognised=heard.recognised,
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
    return (*(source for source in before if source not in gone), *map(str, found))


def _refuse_forgetting(directory: Path, runtime: Runtime, sources: Sequence[Path]) -> None:
    """Refuse where another model would have to hear folders anew that are not named."""
    try:
        with open_index(directory) as index:
            if index.stamp.space == runtime.stamp.space:
                return
            held, model = index.files(), index.stamp.model
    except CatalogueError:
        return  # there is none, or none that could be kept
    elsewhere = [
        path for path, _ in held if not any(Path(path).is_relative_to(one) for one in sources)
    ]
    if elsewhere:
        raise CatalogueError(
            f"The index in {directory} was made with {model} and holds "
            f"{counted(len(elsewhere), 'file')} of other folders, such as {elsewhere[0]}: "
            f"{runtime.card.name} would forget them.",
            "Name all its folders, or build another index with --out; --drop-empty forgets them.",
        )


def _refuse_emptied(sources: Sequence[Path], builder: IndexBuilder) -> None:
    """Stop before a disk that is not mounted takes its tracks out of the index."""
    for source in sources:
        if tracks := builder.tracks_below([source]):
            raise CatalogueError(
                f"{source} holds no audio any more, and the index has "
                f"{counted(tracks, 'track')} from there.",
                "If its disk is not mounted, mount it and run the same command; "
                "if the music is gone for good, add --drop-empty.",
            )


def _listen(
    files: Mapping[Path, State],
    builder: IndexBuilder,
    runtime: Runtime,
    jobs: int | None,
    screen: Screen,
) -> _Heard:
    """Listen to files and write down at once what becomes of each."""
    began = time.perf_counter()
    heard = _Heard()
    known = builder.knows if len(builder) else None
    with (
        screen.progress("Listening", len(files)) as step,
        closing(embed_tracks(files, runtime, jobs=jobs, known=known)) as results,
    ):
        for count, (path, result) in enumerate(results, 1):
            if isinstance(result, EmbeddedTrack):
                builder.add(result, path, *files[path])
                heard.tracks += 1
                heard.audio_seconds += result.track.seconds
            elif isinstance(result, Track):
                builder.recognise(result, path, *files[path])
                heard.recognised += 1
            elif isinstance(result, PassingError):
                heard.passing.append(LeftOut(str(path), str(result)))
            else:
                builder.skip(path, str(result), *files[path])
            seconds = time.perf_counter() - began
            speed = f"{count / seconds:.1f} files/s, {heard.audio_seconds / seconds:.0f}× real time"
            step(count, speed)
    return heard


def _state(path: Path) -> State:
    """Return size and time of change, by which a file is known again; zeros where it is gone."""
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_size, stat.st_mtime_ns
