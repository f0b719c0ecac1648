"""What a comparison asks, and among what: the host's own tracks where that can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.stamps import compare_stamps
from index.opened import Index, open_index
from models.types import CatalogueError, FloatArray, ModelStamp, SoundalikeError
from tools.quantize.catalogues import AnIndex, Catalogue, TheSounds
from tools.quantize.sounds import MOST_FILES, Sound, excerpts, spread, synthesised
from tools.quantize.telling import Tell, silently
from tools.screen import counted
from tools.walk import walk

LEAST: Final = 20
"""The ten nearest among fewer are the same whatever is done."""


@dataclass(frozen=True, slots=True, eq=False)
class Sounds:
    """Sounds, and what is known of those that are not among them.

    Attributes
    ----------
    sounds : list of Sound
    description : str
        What they are, in words.
    left_out : mapping of Path to SoundalikeError
        Files that could not be heard, and why.
    """

    sounds: list[Sound]
    description: str
    left_out: Mapping[Path, SoundalikeError] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """What is asked, and among what."""

    sounds: Sequence[Sound]
    catalogue: Catalogue
    left_out: Mapping[Path, SoundalikeError] = field(default_factory=dict)


def gather(audio: Sequence[Path], tell: Tell = silently) -> Sounds:
    """Return excerpts of audio files, in folders and below; synthesised music where none is named.

    Raises
    ------
    CatalogueError
        A path is not there.
    """
    if not audio:
        sounds = synthesised(tell)
        return Sounds(sounds, counted(len(sounds), "synthesised piece"))
    found = walk(audio)
    chosen = spread(found.files, MOST_FILES)
    heard, left_out = _hear({path: str(path) for path in chosen}, "reading audio", tell)
    of = f" (of {len(found.files):,})" if len(found.files) > len(chosen) else ""
    description = f"{counted(len(heard), 'named sound')}{of}"
    return Sounds(heard, description, {**found.closed, **left_out})


def ask_among(index: Index | None, given: Sounds, tell: Tell = silently) -> Questions:
    """Return questions to an index, asked with its own tracks; else to the given sounds themselves.

    An index will not do where it has few tracks, or few whose files are there; few sounds are
    joined by synthesised ones.
    """
    left_out: Mapping[Path, SoundalikeError] = {}
    if index is not None and len(index) >= LEAST:
        here = {Path(path): name for path, name in index.files() if Path(path).is_file()}
        chosen = {
            path: here[path] for path in spread(sorted(here, key=here.__getitem__), MOST_FILES)
        }
        if len(chosen) >= LEAST:
            asked, left_out = _hear(chosen, "reading tracks", tell)
            if len(asked) >= LEAST:
                return Questions(asked, AnIndex(index), left_out)
    sounds, description = given.sounds, given.description
    if len(sounds) < LEAST:
        more = synthesised(tell)
        sounds = [*sounds, *more]
        description += f" and {counted(len(more), 'synthesised piece')}"
    return Questions(sounds, TheSounds(description), left_out)


@contextmanager
def index_for(stamp: ModelStamp, asked: Path | None, usual: Path) -> Iterator[Index | None]:
    """Open the index that was asked for, else the usual one if it can be used, else none.

    Raises
    ------
    CatalogueError
        The one that was asked for cannot be opened, or is of another embedding space.
    """
    try:
        index = open_index(asked or usual)
    except CatalogueError:
        if asked:
            raise
        yield None
        return
    with index:
        try:
            compare_stamps(stamp, index.stamp)
        except CatalogueError:
            if asked:
                raise
            yield None
        else:
            yield index


def _hear(
    names: Mapping[Path, str], what: str, tell: Tell
) -> tuple[list[Sound], dict[Path, SoundalikeError]]:
    """Return excerpts of files under the names that are given, in their order."""
    heard: dict[Path, FloatArray] = {}
    left_out: dict[Path, SoundalikeError] = {}
    tell(what, 0, len(names))
    for path, found in excerpts(list(names)):
        if isinstance(found, SoundalikeError):
            left_out[path] = found
        else:
            heard[path] = found
        tell(what, len(heard) + len(left_out), len(names))
    return [Sound(name, heard[path]) for path, name in names.items() if path in heard], left_out
