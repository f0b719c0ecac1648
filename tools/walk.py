"""Which files of the folders a person names are audio: by their endings, in a steady order."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.endings import AUDIO_ENDINGS
from models.types import CatalogueError, ClipError


@dataclass(frozen=True, slots=True)
class Walk:
    """What was found.

    Attributes
    ----------
    sources : list of Path
        Where was looked: absolute and without `..`, as all that was found below is spelt.
    files : list of Path
        Audio files in order.
    empty : list of Path
        The sources that hold no audio.
    closed : dict of Path to ClipError
        The folders that could not be looked into, and why.
    """

    sources: list[Path] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    empty: list[Path] = field(default_factory=list)
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
    known: set[Path] = set()
    bare: list[Path] = []
    for source in sources:
        place = plain_path(source)
        kind = _kind(place)
        if not kind:
            raise CatalogueError(f"There is nothing at {place}.", "Check how the path is written.")
        before = len(entered)
        is_folder = stat.S_ISDIR(kind)
        files = list(_below(place, entered, found.closed)) if is_folder else [place]
        if not files and len(entered) > before:
            bare.append(place)
        found.sources.append(place)
        found.files.extend(path for path in files if path not in known)
        known.update(files)
    # All there is below a folder may have been found through another source.
    found.empty.extend(
        top for top in bare if not any(path.is_relative_to(top) for path in found.files)
    )
    return found


def plain_path(source: Path) -> Path:
    """Return the one absolute spelling of a path, links kept: a person wants to see what they know.

    Where `..` follows a link, only the system knows what is meant.
    """
    asked = os.path.expanduser(source)  # noqa: PTH111 - Path raises where there is no such user
    plain = os.path.abspath(asked)  # noqa: PTH100 - Path keeps every `..`
    real = os.path.realpath(asked)
    return Path(plain if os.path.realpath(plain) == real else real)


def _below(
    top: Path, entered: set[tuple[int, int]], closed: dict[Path, ClipError]
) -> Iterator[Path]:
    def cannot_enter(error: OSError) -> None:
        closed[Path(error.filename)] = ClipError(
            "The folder cannot be read.", "Mend its permissions, or leave it out."
        )

    for at, folders, files in os.walk(top, followlinks=True, onerror=cannot_enter):
        try:
            this = Path(at).stat()
        except OSError as error:  # it was taken away meanwhile
            cannot_enter(error)
            folders.clear()
            continue
        if (this.st_dev, this.st_ino) in entered:
            folders.clear()
            continue
        entered.add((this.st_dev, this.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (path for name in sorted(files) if _is_audio(path := Path(at, name)))


def _is_audio(path: Path) -> bool:
    """Whether a file should be heard; a pipe is none, a link to nothing is (and will be listed)."""
    named_so = path.suffix.lower() in AUDIO_ENDINGS and not path.name.startswith(".")
    return named_so and (not (kind := _kind(path)) or stat.S_ISREG(kind))


def _kind(path: Path) -> int:
    """Return what the system says a path is, or 0 where nothing is, or nothing may be known."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0
