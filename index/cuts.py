"""What is left out of a ranking: the clip itself, near-twins, and too much of one artist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from models.types import FloatArray, SearchOptions, Track

# Two tracks this alike, and of the same length within this many seconds, are one recording.
TWIN_SIMILARITY = 0.995
TWIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """A track in its place, before the cuts."""

    number: int
    track: Track
    similarity: float


def cut(
    ranked: Iterable[Ranked],
    same: Ranked | None,
    are_twins: Callable[[int, int], bool],
    options: SearchOptions,
) -> list[Ranked]:
    """Keep the best tracks, at most `options.count`.

    Parameters
    ----------
    ranked : iterable of Ranked
        Best first; read only as far as needed.
    same : Ranked or None
        The track the clip is: it is left out, and so are its twins.
    are_twins : callable
        Whether the windows of two tracks, by number, are nearly the same.
    options : SearchOptions
    """
    kept: list[Ranked] = []
    shown = [same] if same else []
    by_artist: Counter[str] = Counter()
    for one in ranked:
        if len(kept) >= options.count:
            break
        if same and one.number == same.number:
            continue
        artist = _known_artist(one.track)
        if artist and options.per_artist is not None and by_artist[artist] >= options.per_artist:
            continue
        if any(_same_length(one, other) and are_twins(one.number, other.number) for other in shown):
            continue
        by_artist[artist] += 1
        kept.append(one)
        shown.append(one)
    return kept


def nearly_the_same(one: FloatArray, other: FloatArray) -> bool:
    """Tell whether two tracks are one recording by their windows [w, dim] of unit length.

    Every window counts, of both: a loop is not the twin of the piece it was taken from.
    """
    alike = one @ other.T
    return bool(min(alike.max(axis=0).mean(), alike.max(axis=1).mean()) > TWIN_SIMILARITY)


def _same_length(one: Ranked, other: Ranked) -> bool:
    return abs(one.track.seconds - other.track.seconds) <= TWIN_SECONDS


def _known_artist(track: Track) -> str:
    """Return the artist to count by; empty where it is only inferred."""
    return track.artist.strip().casefold() if track.artist_known else ""
