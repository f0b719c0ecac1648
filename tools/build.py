"""The build job: folders of audio in, a published generation of an index out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from index.builder import IndexBuilder
from index.journal import LeftOut
from index.manifest import Manifest
from models.cards import ModelCard
from models.pool import embed_tracks
from models.types import EmbeddedTrack
from tools.screen import Screen
from tools.walk import walk


@dataclass(frozen=True, slots=True)
class Built:
    """What a build came to.

    Attributes
    ----------
    manifest : Manifest
        Of the live generation.
    heard, kept, gone : int
        Files that were listened to now, that were known from before, and that are no more.
    audio_seconds, seconds : float
        Length of what was listened to, and how long that took.
    left_out, duplicates : list of LeftOut
        Audio that is not in the index, and files whose audio is there under another name.
    """

    manifest: Manifest
    heard: int
    kept: int
    gone: int
    audio_seconds: float
    seconds: float
    left_out: list[LeftOut]
    duplicates: list[LeftOut]


def build_index(
    sources: Sequence[Path], directory: Path, card: ModelCard, *, jobs: int | None, screen: Screen
) -> Built:
    """Make an index hold what the sources hold; carries on where an earlier build stopped.

    Raises
    ------
    CatalogueError
        A source is not there, the index cannot be written, or there is no audio at all.
    ModelError
        The model cannot be used.
    """
    began = time.perf_counter()
    found = walk(sources)
    with IndexBuilder(directory, card.stamp(card.file)) as builder:
        for note in builder.notes:
            screen.note(note)
        states = {path: _state(path) for path in found.files}
        new = [path for path in found.files if not builder.done(path, *states[path])]
        audio_seconds = 0.0
        with screen.progress("Listening", len(new)) as step:
            for count, (path, heard) in enumerate(embed_tracks(new, card, jobs=jobs), 1):
                if isinstance(heard, EmbeddedTrack):
                    builder.add(heard, path, *states[path])
                    audio_seconds += heard.track.seconds
                else:
                    builder.skip(path, str(heard), *states[path])
                step(count, _speed(count, audio_seconds, time.perf_counter() - began))
        # A folder that cannot be entered now may come back: then nothing counts as gone.
        gone = 0 if found.closed else builder.forget_missing(found.files)
        closed = [LeftOut(str(path), str(error)) for path, error in found.closed.items()]
        left_out, duplicates = [*closed, *builder.skipped()], builder.duplicates()
        manifest = builder.publish()
    return Built(
        manifest=manifest,
        heard=len(new),
        kept=len(found.files) - len(new),
        gone=gone,
        audio_seconds=audio_seconds,
        seconds=time.perf_counter() - began,
        left_out=left_out,
        duplicates=duplicates,
    )


def _state(path: Path) -> tuple[int, int]:
    """Return size and time of change, by which a file is known again; zeros where it is gone."""
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_size, stat.st_mtime_ns


def _speed(tracks: int, audio_seconds: float, seconds: float) -> str:
    return f"{tracks / seconds:.1f} tracks/s, {audio_seconds / seconds:.0f}× real time"
