"""What is to be heard, and what is known of it: all that a person names, whatever it is."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.left_out import LeftOut
from models.types import CatalogueError
from tools.screen import counted
from tools.sources import fma, spotify
from tools.sources.gtzan import read_gtzan
from tools.sources.known import Known
from tools.sources.lists import read_audio_list
from tools.sources.table import ENDINGS, column_names
from tools.walk import Walk, plain_path, walk


@dataclass(frozen=True, slots=True)
class Gathered(Walk):
    """What was named; `sources` holds the lists as well, and `files` what they name.

    Attributes
    ----------
    listed : list of Path
        The files that lists name.
    missing : list of Path
        Files that lists name and that are not there.
    emptied : dict of Path to list of Path
        The lists of which not one file is there, with all they name.
    links : list of str
        Addresses of audio.
    known : dict of Path or str to Known
        What is said of files, beside their tags, and of addresses.
    left_out : list of LeftOut
        What lists name and is not there, and rows that name nothing.
    notes : list of str
        Sentences for the person who builds.
    """

    listed: list[Path] = field(default_factory=list)
    missing: list[Path] = field(default_factory=list)
    emptied: dict[Path, list[Path]] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    known: dict[Path | str, Known] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def places(self) -> list[Path | str]:
        """Wherever what was named lies: sources, listed files and addresses."""
        return [*self.sources, *self.listed, *self.missing, *self.links]


def gather(sources: Sequence[Path]) -> Gathered:
    """Find what is to be heard in folders, files, lists and data sets, and what is known of it.

    A list is a table with a column for the file or its address; see `tools.sources.lists`.
    Tables of the Free Music Archive and of Spotify's features only tell of files in the folders
    that are named beside them. A folder of the Free Music Archive brings its table along.

    Raises
    ------
    CatalogueError
        A source is not there, or a table that cannot be used.
    """
    tables = [table for source in sources if is_table(table := plain_path(source))]
    walked = walk([source for source in sources if plain_path(source) not in tables])
    found = Gathered([*walked.sources], walked.files, walked.empty, walked.closed)
    _place_gtzan(found)
    lists = []
    archives = {near: None for source in found.sources if (near := fma.find_tracks(source))}
    for table in dict.fromkeys(tables):
        found.sources.append(table)
        if fma.is_tracks(table):
            archives[table] = None
            _need_folder(table, walked)
        elif spotify.COLUMNS.issubset(column_names(table)):
            _need_folder(table, walked)
            _join_spotify(table, found)
        else:
            lists.append(table)
    for table in archives:
        _join_fma(table, found)
    # What a person has written counts more than what a data set says.
    for table in lists:
        _take_list(table, found)
    return found


def is_table(path: Path) -> bool:
    """Whether a source is a table, not audio."""
    return is_called_table(path) and path.is_file()


def is_called_table(path: Path) -> bool:
    """Whether a source has the name of a table, be it there or not."""
    return path.suffix.lower() in ENDINGS


def named_by(table: Path) -> list[Path | str]:
    """Return the files and addresses that a list names; none of a table that only tells of files.

    Raises
    ------
    CatalogueError
        It cannot be read.
    """
    if fma.is_tracks(table) or spotify.COLUMNS.issubset(column_names(table)):
        return []
    named = read_audio_list(table)
    return [*named.files, *named.links]


def _need_folder(table: Path, walked: Walk) -> None:
    if not walked.sources:
        raise CatalogueError(
            f"{table} tells of tracks, but not where their files lie.",
            "Name the folder with the audio, too.",
        )


def _place_gtzan(found: Gathered) -> None:
    for path in found.files:
        if known := read_gtzan(path):
            found.known[path] = known


def _join_fma(table: Path, found: Gathered) -> None:
    paths: dict[int, list[Path]] = {}
    for path in found.files:
        if (number := fma.track_number(path)) is not None:
            paths.setdefault(number, []).append(path)
    if paths or table in found.sources:
        tracks = fma.read_fma(table, paths)
        _tell({path: tracks.known.get(n) for n, ones in paths.items() for path in ones}, found)
        _note(table, len(tracks.known), tracks.others, found)


def _join_spotify(table: Path, found: Gathered) -> None:
    stems = {path.stem for path in found.files}
    tracks = spotify.read_spotify(table, stems)
    _tell({path: tracks.known.get(path.stem) for path in found.files}, found)
    _note(table, len(tracks.known), tracks.others, found)


def _tell(said: Mapping[Path, Known | None] | Mapping[str, Known], found: Gathered) -> None:
    """Put down what is said of audio; the latest counts most."""
    for audio, known in said.items():
        if known:
            before = found.known.get(audio)
            found.known[audio] = known.over(before) if before else known


def _note(table: Path, known: int, others: int, found: Gathered) -> None:
    note = f"{table.name} tells of {counted(known, 'track')} here"
    found.notes.append(f"{note}, and of {others:,} without a file." if others else f"{note}.")


def _take_list(table: Path, found: Gathered) -> None:
    named = read_audio_list(table)
    there, missing = _parted(named.files)
    _tell({path: named.files[path] for path in there}, found)
    found.left_out.extend(named.left_out)
    found.notes.extend(filter(None, [named.note(table)]))
    found.left_out.extend(
        LeftOut(str(path), f"There is no such file; {table.name} names it.") for path in missing
    )
    found.missing.extend(missing)
    if missing and not there:
        found.emptied[table] = missing
    known = {*found.files}
    found.files.extend(path for path in there if path not in known)
    found.listed.extend(there)
    found.links.extend(url for url in named.links if url not in found.known)
    _tell(named.links, found)


def _parted(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    there: list[Path] = []
    missing: list[Path] = []
    for path in paths:
        # Path raises where a name is too long.
        (there if os.path.exists(path) else missing).append(path)  # noqa: PTH110
    return there, missing
