"""A playlist as a value: what every format is written from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from models.types import Recommendation, Track


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a playlist.

    Attributes
    ----------
    track : Track
    similarity : float or None
        How alike it sounded to what was asked, in [-1, 1]; None where nothing was.
    match : float or None
        As in `Recommendation.match`.
    at : float or None
        Where in the track it sounded most alike, in seconds.
    """

    track: Track
    similarity: float | None = None
    match: float | None = None
    at: float | None = None

    @property
    def name(self) -> str:
        """Artist and title in one line, as players show them."""
        return " - ".join(filter(None, [self.track.artist, self.track.title]))

    @property
    def place(self) -> str:
        """Where a player finds it: its link, else the name of its file, but never the folder."""
        return self.track.url or PurePath(self.track.path).name


@dataclass(frozen=True, slots=True)
class Playlist:
    """Tracks in their order, under a title."""

    title: str
    entries: tuple[Entry, ...]


def playlist_of_results(title: str, results: Iterable[Recommendation]) -> Playlist:
    """Make a playlist of the results of a search."""
    return Playlist(
        title, tuple(Entry(one.track, one.similarity, one.match, one.at) for one in results)
    )


def playlist_of_tracks(title: str, tracks: Iterable[Track]) -> Playlist:
    """Make a playlist of tracks that nothing was asked of, such as likes."""
    return Playlist(title, tuple(map(Entry, tracks)))
