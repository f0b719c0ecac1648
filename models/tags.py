"""Who made a file and what it is called: from its tags, else from where it lies."""

from __future__ import annotations

import io
import re
import struct
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import BinaryIO

import mutagen

_LONGEST = 300
_MOST_LABELS = 8

# One field goes by another name in every container: ID3, MP4, Vorbis and APE, ASF.
_FIELDS = {
    "title": ("tit2", "©nam", "title"),
    "artist": ("tpe1", "©art", "artist", "author"),
    "album": ("talb", "©alb", "album", "wm/albumtitle"),
    "genre": ("tcon", "©gen", "genre", "wm/genre"),
    "url": ("woaf", "woas", "url", "website", "purl", "wm/audiofileurl"),
}

# What a damaged tag has been seen to raise out of mutagen, beside its own error.
_BROKEN = (
    mutagen.MutagenError,
    AttributeError,
    EOFError,
    LookupError,
    TypeError,
    ValueError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class Tags:
    """What is known of a file.

    Attributes
    ----------
    title, artist, album : str
        Cleaned of control characters, at most 300 characters; all but the title may be empty.
    artist_known : bool
        Whether the artist was written in a tag, not guessed from the path.
    labels : tuple of str
        Genres.
    url : str
        An http or https address, or empty.
    """

    title: str
    artist: str = ""
    album: str = ""
    artist_known: bool = False
    labels: tuple[str, ...] = ()
    url: str = ""


def read_tags(path: Path) -> Tags:
    """Read a file's tags, filling what is missing from its name and folder.

    Never raises for a damaged file: it then counts as untagged.
    """
    return _filled(_written(path), path.stem, path.absolute().parent.name)


def read_tags_of(data: bytes, name: str) -> Tags:
    """Read the tags of a file that lies nowhere, filling what is missing from what it is called.

    Never raises, whatever the bytes.
    """
    # A name may come from any system, with any folders in front.
    return _filled(_written(_Named(data, name)), PureWindowsPath(name).stem, "")


def _filled(written: dict[str, list[str]], stem: str, folder: str) -> Tags:
    title, artist = _guess(stem)
    tagged = _first(written["artist"])
    return Tags(
        title=_first(written["title"]) or title,
        artist=tagged or artist,
        # A file that names its artist and no album has none: its folder may be any heap of files.
        album=_first(written["album"]) or ("" if tagged else clean(folder)),
        artist_known=bool(tagged),
        labels=split_labels(written["genre"]),
        url=next((u for u in map(clean, written["url"]) if is_link(u)), ""),
    )


def clean(text: str) -> str:
    """Return a text on one line, without control characters and not too long."""
    kept = "".join(" " if unicodedata.category(c).startswith("C") else c for c in text)
    return " ".join(kept.split())[:_LONGEST].strip()


def split_labels(values: Iterable[str]) -> tuple[str, ...]:
    """Return the labels that texts such as "Folk; Country" name, each once, eight at the most."""
    parts = (clean(part) for value in values for part in re.split(r"[;,/|\0]", value))
    unique = {part.casefold(): part for part in parts if part}
    return tuple(unique.values())[:_MOST_LABELS]


def is_link(text: str) -> bool:
    """Whether a text is an address on the web."""
    return text.startswith(("http://", "https://")) and " " not in text


class _Named(io.BytesIO):
    """Bytes with a name, whose ending helps to tell what they are."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name


def _written(file_or_path: Path | BinaryIO) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {field: [] for field in _FIELDS}
    try:
        file = mutagen.File(file_or_path)
        items = list((file.tags or {}).items()) if file is not None else []
    except _BROKEN:
        return found
    for key, value in items:
        for field, names in _FIELDS.items():
            # ID3 keys can carry a description after a colon.
            if str(key).split(":")[0].casefold() in names:
                found[field] += _texts(value)
    return found


def _texts(value: object) -> list[str]:
    # ID3 genres come as numbers that only `genres` spells out; links have `url`.
    for name in ("genres", "text", "url"):
        inner = getattr(value, name, None)
        if inner:
            value = inner
            break
    several = value if isinstance(value, list | tuple) else [value]
    return [str(one) for one in several]


def _first(values: Iterable[str]) -> str:
    return next((text for text in map(clean, values) if text), "")


def _guess(stem: str) -> tuple[str, str]:
    """Read title and artist from a file name; the artist is empty where none is named.

    Understands `07 - Artist - Title`, `07_Some-Artist_Some-Title` and `1234__artist__title`.
    """
    stem = clean(stem)
    if found := re.fullmatch(r"\d+__([^_]+)__(.+)", stem):
        return _words(found[2]), _words(found[1])
    if found := re.fullmatch(r"\d{1,3}_([^_\s]+)_([^_\s]+)", stem):
        return _words(found[2]), _words(found[1])
    plain = clean(stem.replace("_", " "))
    plain = re.sub(r"^\d{1,3}(?: ?[-.] ?| )(?=\D)", "", plain) or plain
    artist, dash, title = plain.partition(" - ")
    if dash and artist.strip() and title.strip():
        return title.strip(), artist.strip()
    return plain or "untitled", ""


def _words(text: str) -> str:
    return clean(re.sub(r"[-_]", " ", text)) or "untitled"
