"""Lists of audio that people keep: a table with a column for the file or its address."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from index.left_out import LeftOut
from models.tags import clean, is_link, split_labels
from tools.sources.known import Known
from tools.sources.literals import read_list
from tools.sources.table import Cells, TableError, read_table
from tools.walk import plain_path

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "path": ("path", "file", "filename", "filepath", "location", "audio", "audiopath", "audiofile"),
    "url": ("url", "audiourl", "downloadurl", "download", "streamurl", "mp3url", "previewurl"),
    "link": ("link", "page", "pageurl", "webpage", "permalink", "trackurl", "website", "href"),
    "title": ("title", "tracktitle", "trackname", "track", "songname", "song", "name"),
    "artist": ("artist", "artistname", "artists", "performer", "creator", "band", "author"),
    "album": ("album", "albumtitle", "albumname", "release"),
    "labels": ("labels", "label", "genres", "genre", "trackgenre", "tags", "tag", "category"),
}
"""What columns may be called, in small letters and without marks; the first that says something."""

SOURCE: Final = "list"


@dataclass(slots=True)
class AudioList:
    """What a list names.

    Attributes
    ----------
    files : dict of Path to Known
        Files, whether they are there or not, with what is said of them.
    links : dict of str to Known
        Addresses of audio.
    left_out : list of LeftOut
        Rows that name nothing, and why.
    columns : dict of str to None
        The columns that were taken for what to hear, as they are spelt.
    """

    files: dict[Path, Known] = field(default_factory=dict)
    links: dict[str, Known] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    columns: dict[str, None] = field(default_factory=dict)

    def note(self, table: Path) -> str:
        """Name the columns that were taken, if they are not called as they are documented."""
        others = [name for name in self.columns if name.strip().casefold() not in ("path", "url")]
        if not others:
            return ""
        named = " and ".join(f"“{name}”" for name in others)
        return f"In {table.name}, what to hear was read from the column {named}."


def read_audio_list(path: Path) -> AudioList:
    """Read a list; paths in it count from the folder it lies in.

    Raises
    ------
    TableError
        It cannot be read, or not one of its rows names a file or an address.
    """
    found = AudioList()

    def pass_over(line: int, why: str) -> None:
        found.left_out.append(LeftOut(f"{path}, line {line:,}", why))

    for line, cells in read_table(path, pass_over):
        column, asked = _file(cells, path.parent) or _address(cells, "url", "path", "link")
        if asked is None:
            pass_over(line, "It names neither a file nor an address.")
            continue
        found.columns[column] = None
        if isinstance(asked, Path):
            known = _known(cells, _address(cells, "link", "url")[1])
            found.files[asked] = _joined(found.files.get(asked), known)
        else:
            known = _known(cells, _address(cells, "link")[1] or asked)
            found.links[asked] = _joined(found.links.get(asked), known)
    if not found.files and not found.links:
        raise TableError(
            f"{path} names no audio: not one of its rows has a file or an address.",
            "Give it a column `path` or `url`; `title`, `artist`, `album`, `genre` and `link` "
            "are read too.",
        )
    return found


def _file(cells: Cells, folder: Path) -> tuple[str, Path] | None:
    for column in _columns(tuple(cells), "path"):
        value = cells[column]
        text = value.strip() if isinstance(value, str) else ""
        if text and "\0" not in text and not is_link(text):
            path = Path(text) if text.startswith("~") else folder / text
            # As Windows writes it.
            other = folder / text.replace("\\", "/")
            return column, plain_path(other if _is_there(other) and not _is_there(path) else path)
    return None


def _is_there(path: Path) -> bool:
    return os.path.exists(path)  # noqa: PTH110 - Path raises where a name is too long


def _address(cells: Cells, *kinds: str) -> tuple[str, str | None]:
    """Return an address and the column it stands in; None where there is none."""
    for column in (name for kind in kinds for name in _columns(tuple(cells), kind)):
        value = cells[column]
        if isinstance(value, str) and is_link(value.strip()):
            return column, value.strip()
    return "", None


def _known(cells: Cells, link: str | None) -> Known:
    labels = tuple(dict.fromkeys(_labels(cells)))
    return Known(
        title=_said(cells, "title") or None,
        artist=_said(cells, "artist") or None,
        album=_said(cells, "album") or None,
        labels=labels or None,
        url=link,
        source=SOURCE,
    )


def _said(cells: Cells, kind: str) -> str:
    return next((text for text in map(_text, _values(cells, kind)) if text), "")


def _text(value: object) -> str:
    if isinstance(value, list):
        return clean(", ".join(one for one in value if isinstance(one, str)))
    return clean(str(value)) if isinstance(value, str | int | float) else ""


def _labels(cells: Cells) -> Iterator[str]:
    for value in _values(cells, "labels"):
        # What is a list already is taken at its word: a genre may have a comma in it.
        listed = read_list(value) if isinstance(value, str) else value
        if isinstance(listed, list) and listed:
            yield from filter(None, (clean(one) for one in listed if isinstance(one, str)))
        elif isinstance(value, str):
            yield from split_labels([value])


def _joined(before: Known | None, known: Known) -> Known:
    return before.joined(known) if before else known


def _values(cells: Cells, kind: str) -> Iterator[object]:
    return (cells[name] for name in _columns(tuple(cells), kind))


@lru_cache(maxsize=256)
def _columns(names: tuple[str, ...], kind: str) -> tuple[str, ...]:
    """Return the columns of a kind, the one that counts most first."""
    plain = {re.sub(r"[\W_]+", "", str(name).casefold()): name for name in reversed(names)}
    return tuple(plain[alias] for alias in COLUMNS[kind] if alias in plain)
