"""Whether a clip *is* a track: an excerpt of it, from wherever it was cut.

The clip's windows lie anywhere between the track's, which start every 4.8 s. So the track is read
at the moments the clip would cover, between two windows by the weighted mean of both, and the
place is looked for where all of the clip is most like it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.types import FloatArray, Sameness, Windows

# A clip is long if it reaches from one window of a track into the next one at least.
LONG_SECONDS = 4.8

# The places tried are this far apart, and the clip may end this much after the last window.
_STEP = 0.48
_OVERHANG = 4.8

# So many of a long clip's windows, evenly spread, tell as much as all of them.
_PROBES = 64

_SHORTEST = 1e-6
_ROUNDING = 1e-5


def excerpt_likeness(clip: Windows, track: Windows, sameness: Sameness) -> float:
    """Return how alike a clip and the best place of a track are, or 0 if it was not cut from it.

    Parameters
    ----------
    clip : Windows
        A window at every patch, of unit length.
    track : Windows
        The track's windows, of unit length.
    sameness : Sameness
        From what likeness on it was cut from it: `soundalike model calibrate --same` measures it.

    Returns
    -------
    float
        In [0, 1].
    """
    best = place_likeness(clip, track)
    return best if best >= _needed(clip, sameness) else 0.0


def may_be_excerpts(
    clip: Windows, tracks: FloatArray, counts: NDArray[np.int64], sameness: Sameness
) -> NDArray[np.bool_]:
    """Tell at a glance, without knowing where their windows start, which tracks are not the clip's.

    Between two windows no moment of a track is more like the clip than the better one of them,
    but for the length of their mean, and that is shortest half-way.

    Parameters
    ----------
    clip : Windows
        As `excerpt_likeness` takes it.
    tracks : np.ndarray [shape=(w, dim), float32]
        The windows of all tracks, of unit length.
    counts : np.ndarray [shape=(t,), int64]
        How many of them are each track's.
    sameness : Sameness

    Returns
    -------
    np.ndarray [shape=(t,), bool]
        False only where `excerpt_likeness` is 0.
    """
    offsets = np.cumsum(counts) - counts
    best = np.maximum.reduceat(clip.vectors @ tracks.T, offsets, axis=1)
    turns = np.ones(len(tracks), np.float32)
    turns[1:] = np.einsum("wd,wd->w", tracks[:-1], tracks[1:])
    turns[offsets] = 1
    shortest = np.sqrt(np.maximum(1 + np.minimum.reduceat(turns, offsets), 0) / 2)
    most = np.maximum(best, 0).sum(axis=0) / len(clip) / np.maximum(shortest, _SHORTEST)
    return np.asarray(most >= _needed(clip, sameness) - _ROUNDING)


def spread(clip: Windows) -> Windows:
    """Return so many of a clip's windows, from the first to the last, as are compared."""
    if len(clip) <= _PROBES:
        return clip
    chosen = np.linspace(0, len(clip) - 1, _PROBES).round().astype(int)
    return Windows(clip.vectors[chosen], clip.starts[chosen])


def place_likeness(clip: Windows, track: Windows) -> float:
    """Return how alike a clip and the best place of a track are, on average over the clip.

    0 where the track is too short for the clip to have been cut from it; arguments as
    `excerpt_likeness`.
    """
    probes = spread(clip)
    since = probes.starts - probes.starts[0]
    places = np.arange(track.starts[0], track.starts[-1] - since[-1] + _OVERHANG, _STEP)
    if len(places) == 0:
        return 0.0
    along = _likeness(probes.vectors, track, places[:, None] + since).mean(axis=1)
    return min(float(along.max()), 1.0)


def is_long(clip: Windows) -> bool:
    """Whether a clip, a window at every patch, reaches into a second window of its track."""
    return bool(clip.starts[-1] - clip.starts[0] >= LONG_SECONDS)


def _likeness(probes: FloatArray, track: Windows, moments: FloatArray) -> FloatArray:
    """Return the cosine [p, q] of each probe [q, dim] and the track at its moments [p, q]."""
    alike = probes @ track.vectors.T
    if len(track) == 1:
        return np.broadcast_to(alike[:, 0], moments.shape)
    left = np.searchsorted(track.starts, moments, side="right") - 1
    left = left.clip(0, len(track) - 2)
    gap = np.diff(track.starts)[left]
    right_part = ((moments - track.starts[left]) / gap).clip(0, 1)
    left_part = 1 - right_part
    # The mean of two vectors of unit length is shorter than they are by the angle between them.
    cosines = np.einsum("wd,wd->w", track.vectors[:-1], track.vectors[1:])[left]
    length = np.sqrt(left_part**2 + right_part**2 + 2 * left_part * right_part * cosines)
    column = np.arange(len(probes))
    mixed = left_part * alike[column, left] + right_part * alike[column, left + 1]
    return np.asarray(mixed / np.maximum(length, _SHORTEST), np.float32)


def _needed(clip: Windows, sameness: Sameness) -> float:
    return sameness.long if is_long(clip) else sameness.short
