"""The Free Music Archive data set: which file is which track, and what is said of it.

Audio lies at ``000/000002.mp3``; ``tracks.csv`` has three lines of headings, groups of columns,
their names, and the name of the first one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from models.tags import clean
from tools.sources.known import Known
from tools.sources.literals import read_list
from tools.sources.table import TableError, read_csv

TRACKS: Final = "tracks.csv"
GENRES: Final = "genres.csv"
METADATA: Final = "fma_metadata"
SOURCE: Final = "fma"

_AUDIO: Final = re.compile(r"(\d{3})/(\1\d{3})\.\w+$", re.ASCII)
_NUMBER: Final = re.compile(r"\d{1,9}", re.ASCII)
_HEADINGS: Final = 3
_WANTED: Final = (
    ("track", "title"),
    ("artist", "name"),
    ("album", "title"),
    ("track", "genre_top"),
    ("track", "genres"),
)


def find_tracks(folder: Path) -> Path | None:
    """Return ``tracks.csv`` where a folder is one of this data set: in it, or beside it."""
    near = (folder, folder / METADATA, folder.parent / METADATA)
    return next((path for place in near if is_tracks(path := place / TRACKS)), None)


def is_tracks(path: Path) -> bool:
    """Whether a file is ``tracks.csv`` of this data set, by its headings."""
    if not path.is_file():
        return False
    try:
        columns = _columns(read_csv(path))
    except TableError:
        return False
    return ("track", "title") in columns


def track_number(path: Path) -> int | None:
    """Return the number of the track that a file holds, by where it lies; None for other files."""
    found = _AUDIO.search(path.as_posix())
    return int(found[2]) if found else None


class FmaTracks(NamedTuple):
    """What is said of some tracks by their numbers, and how many more the table has."""

    known: dict[int, Known]
    others: int


def read_fma(tracks: Path, wanted: Collection[int]) -> FmaTracks:
    """Read what is said of some tracks.

    Parameters
    ----------
    tracks : Path
        ``tracks.csv``; ``genres.csv`` beside it says what genres are called.
    wanted : collection of int
        Their numbers.

    Raises
    ------
    TableError
        It cannot be read.
    """
    genres = _read_genres(tracks.with_name(GENRES))
    rows = read_csv(tracks)
    columns = _columns(rows)
    found, others = {}, 0
    for row in rows:
        number = int(row[0]) if _NUMBER.fullmatch(row[0]) else -1
        if number in wanted:
            cells = {name: row[at] for name, at in columns.items() if at < len(row)}
            found[number] = _known(cells, genres)
        else:
            others += 1
    return FmaTracks(found, others)


def _columns(rows: Iterator[list[str]]) -> dict[tuple[str, str], int]:
    """Read the headings: where the columns stand that are wanted here, by group and name."""
    headings = [row for _, row in zip(range(_HEADINGS), rows, strict=False)]
    if len(headings) < _HEADINGS or headings[2][0] != "track_id":
        return {}
    places = {pair: at for at, pair in enumerate(zip(headings[0], headings[1], strict=False))}
    return {pair: places[pair] for pair in _WANTED if pair in places}


def _known(cells: Mapping[tuple[str, str], str], genres: Mapping[str, str]) -> Known:
    said = {pair: clean(cells.get(pair, "")) for pair in _WANTED}
    numbered = (genres.get(number, "") for number in read_list(cells.get(("track", "genres"), "")))
    labels = dict.fromkeys(filter(None, (said["track", "genre_top"], *numbered)))
    return Known(
        title=said["track", "title"] or None,
        artist=said["artist", "name"] or None,
        album=said["album", "title"] or None,
        labels=tuple(labels) or None,
        source=SOURCE,
    )


def _read_genres(path: Path) -> dict[str, str]:
    """Return what genres are called, by their numbers; nothing where the file is not there."""
    if not path.is_file():
        return {}
    rows = read_csv(path)
    heading = next(rows, [])
    if "genre_id" not in heading or "title" not in heading:
        return {}
    number, title = heading.index("genre_id"), heading.index("title")
    return {row[number]: clean(row[title]) for row in rows if len(row) > max(number, title)}
