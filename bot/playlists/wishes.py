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
from itertools import islice
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
_MOST_ENTRIES = 20 * MOST_WISHES  # that name no song, or one again
_MOST_COLUMNS = 1_000
_PIECE = 1 << 16
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
    named: dict[Wish, None] = {}
    for wish in islice(_found(data), _MOST_ENTRIES):
        if wish.title:
            named[wish] = None
        if len(named) == MOST_WISHES:
            break
    if not named:
        raise ClipError(*ENGLISH.say("list.no_songs"))
    return tuple(named)


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
    tracks = _XspfTracks()
    parser = ET.XMLParser(target=tracks)  # noqa: S314  (nothing is declared)
    # In pieces, for a parser lets no other thread run; a list that breaks off is read up to there.
    for start in range(0, len(text), _PIECE):
        try:
            parser.feed(text[start : start + _PIECE])
        except ET.ParseError:
            return
        for said in tracks.taken():
            title = said.get("title") or _file_title(said.get("location", ""))
            yield _wish(title, said.get("creator", ""))


class _XspfTracks:
    """Gathers what the tracks of an XSPF say, while it is parsed; keeps nothing else of it."""

    def __init__(self) -> None:
        self._found: list[dict[str, str]] = []
        self._inside: list[str] = []
        self._said: dict[str, str] | None = None
        self._text: list[str] = []

    def taken(self) -> list[dict[str, str]]:
        """Return the tracks that ended since this was asked last."""
        found, self._found = self._found, []
        return found

    def start(self, tag: str, _attributes: Mapping[str, str]) -> None:
        """Enter an element."""
        self._inside.append(tag.rpartition("}")[2])
        self._text = []
        if self._inside[-1] == "track":
            self._said = {}

    def data(self, text: str) -> None:
        """Read text."""
        if self._said is not None:
            self._text.append(text)

    def end(self, _tag: str) -> None:
        """Leave an element."""
        name = self._inside.pop()
        if self._said is None:
            return
        if name == "track":
            self._found.append(self._said)
            self._said = None
        elif self._inside[-1] == "track":  # not what an extension of a track says
            self._said[name] = "".join(self._text)
        self._text = []


def _of_m3u(text: str) -> Iterator[Wish]:
    said = ""
    for line in map(str.strip, io.StringIO(text, newline=None)):
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
        head = [
            re.sub(r"[^a-z0-9]", "", cell.casefold()) for cell in next(rows, [])[:_MOST_COLUMNS]
        ]
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
