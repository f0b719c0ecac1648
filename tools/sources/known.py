"""What is known of audio beside its tags."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

from models.types import Track

T = TypeVar("T")

FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Known:
    """What a list or a data set says of a file; it counts more than the file's own tags.

    Attributes
    ----------
    title, artist, album, url : str or None
        None where nothing is said, and the tags count.
    labels : tuple of str or None
        The same.
    source : str
        Who says it, as in `Track.source`.
    """

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    labels: tuple[str, ...] | None = None
    url: str | None = None
    source: str = FOLDER

    def of(self, track: Track) -> Track:
        """Return the track with what is known of it."""
        said = {
            name: value
            for name in ("title", "artist", "album", "labels", "url")
            if (value := getattr(self, name)) is not None
        }
        if self.artist is not None:
            said["artist_known"] = bool(self.artist)
        return replace(track, **said, source=self.source)

    def over(self, other: Known) -> Known:
        """Return what this one says, and what only the other says."""
        return Known(
            title=_first(self.title, other.title),
            artist=_first(self.artist, other.artist),
            album=_first(self.album, other.album),
            labels=_first(self.labels, other.labels),
            url=_first(self.url, other.url),
            source=self.source,
        )

    def joined(self, other: Known) -> Known:
        """Return what both say, with the labels of both; otherwise this one counts more."""
        labels = dict.fromkeys((*(self.labels or ()), *(other.labels or ())))
        return replace(self.over(other), labels=tuple(labels) or None)


def _first(one: T | None, other: T | None) -> T | None:
    return other if one is None else one
