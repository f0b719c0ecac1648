"""Liked songs as other services hand them out: names of songs, read from CSV, M3U and XSPF.

Read are the tables of Exportify, TuneMyMusic and Google Takeout and whatever has a column for the
title; M3U lists by their `#EXTINF` lines or file names; XSPF.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PureWindowsPath
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from bot.words import ENGLISH
from models.types import ClipError

MOST_WISHES = 5_000
"""Songs read of one list."""

LARGEST_LIST = 5_000_000
"""Bytes of a list, at most."""

_TITLES = ("tracktitle", "trackname", "songtitle", "songname", "title", "track", "song", "name")
_ARTISTS = ("artistnames", "artistname", "artistname1", "artists", "artist", "creator", "performer")
_LONGEST_NAME = 300
_NUMBERED = re.compile(r"^\d{1,3}[.\-_ ]+\s*(?=\D)")
_DECLARES = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wish:
    """A song by its names; the artist may be empty."""

    title: str
    artist: str = ""


def read_wishes(data: bytes) -> tuple[Wish, ...]:
    """Read which songs a list names, each once, in its order.

    Parameters
    ----------
    data : bytes
        The file, of whichever of the kinds; what it is called does not matter.

    Raises
    ------
    ClipError
        It is too large, none of the kinds, or names no song.
    """
    if len(data) > LARGEST_LIST:
        size, limit = round(len(data) / 1e6), round(LARGEST_LIST / 1e6)
        raise ClipError(*ENGLISH.say("list.too_large", size=size, limit=limit))
    wishes = _found(data)
    named = dict.fromkeys(wish for wish in wishes if wish.title)
    if not named:
        raise ClipError(*ENGLISH.say("list.no_songs"))
    return tuple(named)[:MOST_WISHES]


def _found(data: bytes) -> Iterator[Wish]:
    text = _decoded(data)
    if text.lstrip().startswith("<"):
        return _of_xspf(text)
    if "#EXTM3U" in text[:200] or "#EXTINF" in text[:2000]:
        return _of_m3u(text)
    return _of_table(text)


def _of_xspf(text: str) -> Iterator[Wish]:
    # Entities are how a small XML becomes a large one; no playlist has any of its own.
    if _DECLARES.search(text):
        return
    try:
        root = ET.fromstring(text)  # noqa: S314  (nothing is declared)
    except ET.ParseError:
        return
    for track in root.iter():
        if track.tag.rpartition("}")[2] == "track":
            said = {child.tag.rpartition("}")[2]: child.text or "" for child in track}
            title = said.get("title") or _file_title(said.get("location", ""))
            yield _wish(title, said.get("creator", ""))


def _of_m3u(text: str) -> Iterator[Wish]:
    said = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("#EXTINF:"):
            said = line.partition(",")[2]
            if said:
                yield _split(said)
        elif line and not line.startswith("#"):
            if not said:
                yield _split(_file_title(line))
            said = ""


def _of_table(text: str) -> Iterator[Wish]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        head = [re.sub(r"[^a-z0-9]", "", cell.casefold()) for cell in next(rows, [])]
        places = {name: place for place, name in reversed(list(enumerate(head)))}
        title, artist = _column(places, _TITLES), _column(places, _ARTISTS)
        if title is None:
            return
        for row in rows:
            yield _wish(_at(row, title), _at(row, artist))
    except csv.Error:
        return


def _column(places: Mapping[str, int], names: Iterable[str]) -> int | None:
    return next((places[name] for name in names if name in places), None)


def _at(row: list[str], place: int | None) -> str:
    return row[place] if place is not None and place < len(row) else ""


def _split(name: str) -> Wish:
    """Read “Artist - Title”; without the dash all of it is the title."""
    artist, dash, title = name.partition(" - ")
    return _wish(title, artist) if dash else _wish(name)


def _file_title(place: str) -> str:
    # A Windows path may hold both kinds of slashes, and a link holds escapes.
    name = PureWindowsPath(unquote(place)).name
    return _NUMBERED.sub("", name.rpartition(".")[0] or name)


def _wish(title: str, artist: str = "") -> Wish:
    return Wish(*(" ".join(name[:_LONGEST_NAME].split()) for name in (title, artist)))


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16"):
        if encoding == "utf-16" and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
            continue
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("cp1252", "replace")
