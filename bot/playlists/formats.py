"""Playlists as files: M3U8 for players, XSPF and JSPF for exchange, CSV for tables."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from bot.playlists.playlist import Entry, Playlist
from models.types import Track

_XSPF = "http://xspf.org/ns/0/"
_CREATOR = "Soundalike"
_COLUMNS = (
    *("title", "artist", "album", "seconds", "genres", "link"),
    *("similarity", "match", "sounds_like_it_at"),
)

# A spreadsheet takes what begins so for a formula, and a title is a stranger's text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

# What XML 1.0 cannot hold, however it is written (its section 2.2).
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST_FILE_NAME = 60


def write_m3u8(playlist: Playlist) -> bytes:
    """Write an extended M3U in UTF-8; a track without link and file is a comment only."""
    lines = ["#EXTM3U", f"#PLAYLIST:{_line(playlist.title)}"]
    for entry in playlist.entries:
        seconds = round(entry.track.seconds) or -1
        lines.append(f"#EXTINF:{seconds},{_line(entry.name)}")
        if entry.track.album:
            lines.append(f"#EXTALB:{_line(entry.track.album)}")
        place = _line(entry.place)
        if place:
            # A file may begin as a comment does, and a path in front changes nothing of it.
            lines.append(f"./{place}" if place.startswith("#") else place)
    return ("\n".join(lines) + "\n").encode()


def write_xspf(playlist: Playlist) -> bytes:
    """Write XSPF 1 (https://xspf.org/spec)."""
    ET.register_namespace("", _XSPF)
    root = ET.Element(f"{{{_XSPF}}}playlist", version="1")
    _add(root, "title", playlist.title)
    _add(root, "creator", _CREATOR)
    tracks = ET.SubElement(root, f"{{{_XSPF}}}trackList")
    for entry in playlist.entries:
        track = ET.SubElement(tracks, f"{{{_XSPF}}}track")
        for name, value in _exchanged(entry):
            _add(track, name, value)
    ET.indent(root)
    return bytes(ET.tostring(root, "utf-8", xml_declaration=True)) + b"\n"


def write_jspf(playlist: Playlist) -> bytes:
    """Write JSPF, which is XSPF as JSON (https://xspf.org/jspf)."""
    tracks = []
    for entry in playlist.entries:
        track: dict[str, Any] = dict(_exchanged(entry))
        if "location" in track:
            track["location"] = [track["location"]]
        if "duration" in track:
            track["duration"] = int(track["duration"])
        tracks.append(track)
    content = {"playlist": {"title": playlist.title, "creator": _CREATOR, "track": tracks}}
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def write_csv(playlist: Playlist) -> bytes:
    """Write a table with a head; a cell that a spreadsheet would compute is made text."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(_COLUMNS)
    for entry in playlist.entries:
        table.writerow([_cell(value) for value in _row(entry)])
    # Spreadsheets take a table for their own country's letters unless it begins so.
    return text.getvalue().encode("utf-8-sig")


FORMATS: Mapping[str, Callable[[Playlist], bytes]] = {
    "m3u8": write_m3u8,
    "xspf": write_xspf,
    "jspf": write_jspf,
    "csv": write_csv,
}
"""How a playlist is written, by the ending of its file."""


def file_name(playlist: Playlist, ending: str) -> str:
    """Return a name for a playlist's file: its title in plain letters, with the ending."""
    apart = unicodedata.normalize("NFKD", playlist.title).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9]+", "-", apart).strip("-").lower()[:_LONGEST_FILE_NAME]
    return f"{plain.rstrip('-') or 'playlist'}.{ending}"


def _exchanged(entry: Entry) -> list[tuple[str, str]]:
    """List what XSPF says of a track, in its order, without what is not known."""
    track = entry.track
    said = [
        ("location", track.url),
        ("identifier", f"urn:soundalike:{track.id}"),
        ("title", track.title),
        ("creator", track.artist),
        ("annotation", _annotation(entry)),
        ("album", track.album),
        ("duration", str(round(1000 * track.seconds)) if track.seconds else ""),
    ]
    return [(name, value) for name, value in said if value]


def _annotation(entry: Entry) -> str:
    if entry.similarity is None or entry.at is None:
        return ""
    return f"similarity {entry.similarity:.3f}, at {entry.at:.1f} s"


def _row(entry: Entry) -> list[str]:
    track: Track = entry.track
    numbers = (entry.similarity, 3), (entry.match, 3), (entry.at, 1)
    return [
        *(track.title, track.artist, track.album),
        f"{track.seconds:.1f}" if track.seconds else "",
        *("; ".join(track.labels), track.url),
        *("" if number is None else f"{number:.{digits}f}" for number, digits in numbers),
    ]


def _cell(value: str) -> str:
    if not value.startswith(_FORMULA) or re.fullmatch(r"-\d+(\.\d+)?", value):
        return value
    return f"'{value}"


def _add(parent: ET.Element, name: str, value: str) -> None:
    ET.SubElement(parent, f"{{{_XSPF}}}{name}").text = _NOT_XML.sub("", value)


def _line(text: str) -> str:
    return " ".join(text.split())
