"""What is left out of a ranking: the clip itself, near-twins, and too much of one artist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from index.names import fold
from models.types import FloatArray, Sameness, SearchOptions, Track

# Twins are of the same length within this many seconds.
TWIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """A track in its place, before the cuts."""

    number: int
    track: Track
    similarity: float


RankedT = TypeVar("RankedT", bound=Ranked)


def cut(
    ranked: Iterable[RankedT],
    same: RankedT | None,
    repeats: Callable[[RankedT, list[RankedT]], bool],
    options: SearchOptions,
) -> list[RankedT]:
    """Keep the best tracks, at most `options.count`.

    Parameters
    ----------
    ranked : iterable of Ranked
        Best first; read only as far as needed.
    same : Ranked or None
        The track the clip is: it is left out, and so are its twins.
    repeats : callable
        Whether a track is one recording with any of the others.
    options : SearchOptions
    """
    kept: list[RankedT] = []
    shown = [same] if same else []
    by_artist: Counter[str] = Counter()
    for one in ranked:
        if len(kept) >= options.count:
            break
        if same and one.number == same.number:
            continue
        if one.track.id in options.without:
            shown.append(one)  # another copy of it is not wanted either
            continue
        artist = known_artist(one.track)
        if artist and options.per_artist is not None and by_artist[artist] >= options.per_artist:
            continue
        length = one.track.seconds
        suspects = [each for each in shown if abs(each.track.seconds - length) <= TWIN_SECONDS]
        if suspects and repeats(one, suspects):
            continue
        by_artist[artist] += 1
        kept.append(one)
        shown.append(one)
    return kept


def is_twin(one: FloatArray, others: Sequence[FloatArray], sameness: Sameness) -> bool:
    """Tell whether a track and any of the others are one recording; see `twin_likeness`."""
    if float((one @ np.concatenate(others).T).max()) <= sameness.twin:
        return False  # no mean is more than the most
    return bool((twin_likeness(one, others) > sameness.twin).any())


def twin_likeness(one: FloatArray, others: Sequence[FloatArray]) -> FloatArray:
    """Return how alike a track and each of the others are, whichever of the two asks.

    Every window counts, of both: a loop is not the twin of the piece it was taken from.

    Parameters
    ----------
    one : np.ndarray [shape=(w, dim), float32]
        Windows of the track, of unit length.
    others : sequence of np.ndarray
        Windows of each of the others; at least one other.

    Returns
    -------
    np.ndarray [shape=(others,), float32]
        Mean over the windows of one of the best of the other, the lesser way round.
    """
    counts = np.array([len(other) for other in others])
    starts = np.cumsum(counts) - counts
    alike = one @ np.concatenate(others).T
    forth = np.maximum.reduceat(alike, starts, axis=1).mean(axis=0)
    back = np.add.reduceat(alike.max(axis=0), starts) / counts
    return np.asarray(np.minimum(forth, back), np.float32)


def known_artist(track: Track) -> str:
    """Return the artist to count by, in one spelling; empty where it is only inferred."""
    return fold(track.artist) if track.artist_known else ""
