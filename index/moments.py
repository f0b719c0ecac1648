"""Why a track is an answer: the moments in which it and the clip are most alike."""

from __future__ import annotations

from models.types import FloatArray, Pair

# So many moments of a clip are told with each answer, to say why it is one.
MOST_PAIRS = 8


def likest_moments(
    alike: FloatArray, clip_starts: FloatArray, track_starts: FloatArray
) -> tuple[float, tuple[Pair, ...]]:
    """Return where in a track it sounds most alike, and the moments that say so.

    Parameters
    ----------
    alike : np.ndarray [shape=(c, w), float32]
        Similarities of the clip's windows with the track's; at least one of each.
    clip_starts : np.ndarray [shape=(c,), float32]
        Where the windows start, in seconds.
    track_starts : np.ndarray [shape=(w,), float32]

    Returns
    -------
    float
        In seconds; the track's earliest such moment, if several are equally alike.
    tuple of Pair
        The windows of the clip that the track matches best, at most `MOST_PAIRS`, each with the
        track's likest window; in the clip's order.
    """
    # Plain lists: there are few windows, and an answer has many tracks.
    likest, values = alike.argmax(axis=1).tolist(), alike.max(axis=1).tolist()
    most_first = sorted(range(len(values)), key=values.__getitem__, reverse=True)
    told = sorted(most_first[:MOST_PAIRS])
    pairs = tuple(
        Pair(
            _moment(clip_starts, here),
            _moment(track_starts, likest[here]),
            min(values[here], 1.0),
        )
        for here in told
    )
    best = max(range(len(values)), key=lambda here: (values[here], -likest[here]))
    return _moment(track_starts, likest[best]), pairs


def _moment(starts: FloatArray, window: int) -> float:
    return round(float(starts[window]), 3)
