"""Which files of the folders a person names are audio: by their endings, in a steady order."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.types import CatalogueError, ClipError

# Some of these no decoder here reads: they are audio all the same, and the build says so.
AUDIO_ENDINGS = tuple(
    f".{ending}"
    for group in (
        ("aif", "aifc", "aiff", "au", "caf", "rf64", "snd", "w64", "wav", "wave"),
        ("alac", "ape", "dsf", "flac", "mpc", "oga", "ogg", "opus", "tta", "wv"),
        ("3gp", "aac", "amr", "asf", "m4a", "m4b", "mka", "mp2", "mp3", "mp4", "webm", "wma"),
    )
    for ending in group
)


@dataclass(frozen=True, slots=True)
class Walk:
    """What was found: audio files in order, and the folders that could not be looked into."""

    files: list[Path] = field(default_factory=list)
    closed: dict[Path, ClipError] = field(default_factory=dict)


def walk(sources: Sequence[Path]) -> Walk:
    """Find the audio files in folders and below, each once, sorted within its source.

    A file that is named itself counts whatever its ending. Links to folders are followed, but no
    folder is entered twice; hidden files and folders are left alone.

    Raises
    ------
    CatalogueError
        A source is not there.
    """
    found = Walk()
    entered: set[tuple[int, int]] = set()
    for source in sources:
        # Not resolved: a person wants to see the path they know.
        place = Path.cwd() / source.expanduser()
        if not place.exists():
            raise CatalogueError(f"There is nothing at {place}.", "Check how the path is written.")
        files = _below(place, entered, found.closed) if place.is_dir() else [place]
        known = set(found.files)
        found.files.extend(path for path in files if path not in known)
    return found


def _below(
    top: Path, entered: set[tuple[int, int]], closed: dict[Path, ClipError]
) -> Iterator[Path]:
    def cannot_enter(error: OSError) -> None:
        closed[Path(error.filename)] = ClipError(
            "The folder cannot be read.", "Mend its permissions, or leave it out."
        )

    for at, folders, files in os.walk(top, followlinks=True, onerror=cannot_enter):
        stat = Path(at).stat()
        if (stat.st_dev, stat.st_ino) in entered:
            folders.clear()
            continue
        entered.add((stat.st_dev, stat.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (path for name in sorted(files) if _is_audio(path := Path(at, name)))


def _is_audio(path: Path) -> bool:
    """Whether a file should be heard; a pipe is none, a link to nothing is (and will be listed)."""
    named_so = path.suffix.lower() in AUDIO_ENDINGS and not path.name.startswith(".")
    return named_so and (path.is_file() or not path.exists())
