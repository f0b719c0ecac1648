"""Whether a clip *is* a track: an excerpt of it, re-encoded or not."""

from __future__ import annotations

import numpy as np

from models.types import FloatArray, Windows

# A clip is heard from wherever it was cut, a track on a grid of half windows: of the clip's dense
# windows, those that lie within this much of a track's window should be almost the same vector.
ALIGNED = 0.5

# How alike aligned windows must be on average, and the least alike of them.
MEAN_ALIKE = 0.985
LEAST_ALIKE = 0.95


def is_excerpt(clip: Windows, track: Windows, track_seconds: float) -> bool:
    """Tell whether a clip was cut from a track.

    Parameters
    ----------
    clip : Windows
        A window at every patch, of unit length.
    track : Windows
        The track's windows, of unit length.
    track_seconds : float
        Length of the track.

    Returns
    -------
    bool
        True where, at one place of the track, every window that the clip covers is nearly the
        same as the clip's window there.
    """
    alike = clip.vectors @ track.vectors.T
    offsets = track.starts[None, :] - clip.starts[:, None]
    length = float(clip.starts[-1])
    return any(
        _runs_along(alike, offsets, place)
        for place in np.unique(offsets[alike >= MEAN_ALIKE])
        if -ALIGNED <= place <= track_seconds - length
    )


def _runs_along(alike: FloatArray, offsets: FloatArray, place: float) -> bool:
    pairs = alike[np.abs(offsets - place) <= ALIGNED]
    return bool(pairs.mean() >= MEAN_ALIKE and pairs.min() >= LEAST_ALIKE)
