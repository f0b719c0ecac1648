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
        At most `MOST_PAIRS`, in the clip's order.
    """
    found = best_pairs(alike, MOST_PAIRS)
    pairs = tuple(
        Pair(_moment(clip_starts, here), _moment(track_starts, there), min(similarity, 1.0))
        for here, there, similarity in found
    )
    likest = max(range(len(found)), key=lambda place: (found[place][2], -found[place][1]))
    return pairs[likest].track, pairs


def best_pairs(alike: FloatArray, count: int) -> list[tuple[int, int, float]]:
    """Return the windows of a clip that a track matches best, each with the track's likest window.

    Parameters
    ----------
    alike : np.ndarray [shape=(c, w), float32]
        As for `likest_moments`.
    count : int
        At most so many.

    Returns
    -------
    list of (int, int, float)
        Window of the clip, window of the track, similarity; in the clip's order.
    """
    # Plain lists: there are few windows, and an answer has many tracks.
    likest, values = alike.argmax(axis=1).tolist(), alike.max(axis=1).tolist()
    best = sorted(range(len(values)), key=values.__getitem__, reverse=True)[:count]
    return [(one, likest[one], values[one]) for one in sorted(best)]


def _moment(starts: FloatArray, window: int) -> float:
    return round(float(starts[window]), 3)
