"""Kaggle's ``SpotifyFeatures.csv``: names and genres of tracks, by Spotify's ids, without audio."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Final, NamedTuple

from models.tags import clean
from tools.sources.known import Known
from tools.sources.table import Cells, read_table

COLUMNS: Final = frozenset({"genre", "artist_name", "track_name", "track_id"})
"""By these the table is known."""

SOURCE: Final = "spotify"

_ID: Final = re.compile(r"[0-9A-Za-z]{22}")


class SpotifyTracks(NamedTuple):
    """What is said of some tracks by their ids, and how many more the table has."""

    known: dict[str, Known]
    others: int


def read_spotify(path: Path, wanted: Collection[str]) -> SpotifyTracks:
    """Read what is said of some tracks.

    Parameters
    ----------
    path : Path
    wanted : collection of str
        Their ids. One that stands under several genres has them all.

    Raises
    ------
    TableError
        It cannot be read.
    """
    known: dict[str, Known] = {}
    others: set[str] = set()
    for _, cells in read_table(path, lambda _line, _why: None):
        track = str(cells.get("track_id", ""))
        if track not in wanted:
            others.add(track)
            continue
        said = _known(cells, track)
        known[track] = known[track].joined(said) if track in known else said
    return SpotifyTracks(known, len(others - {""}))


def _known(cells: Cells, track: str) -> Known:
    said = {name: clean(str(cells.get(name, ""))) for name in COLUMNS}
    return Known(
        title=said["track_name"] or None,
        artist=said["artist_name"] or None,
        labels=(said["genre"],) if said["genre"] else None,
        url=f"https://open.spotify.com/track/{track}" if _ID.fullmatch(track) else None,
        source=SOURCE,
    )
