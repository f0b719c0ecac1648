"""When segments are written again: rarely enough to be cheap, often enough to stay few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from index.manifest import Segment

SHARE: Final = 0.25
"""A segment is written again once more than this share of it has died, or was added after it."""


def kept_segments(segments: Sequence[Segment], fresh: int) -> int:
    """Return how many of the first segments stay as they are; the rest become one with what is new.

    What comes after a segment is never more than a quarter of it. So segments shrink by four at
    least from one to the next, a million windows lie in ten at most, and a window is written again
    only when its segment grows by a quarter.

    Parameters
    ----------
    segments : sequence of Segment
        Those of the last generation, with what is still live of each.
    fresh : int
        Windows that are new.
    """
    kept, later = len(segments), fresh
    for number in reversed(range(len(segments))):
        one = segments[number]
        if later > SHARE * one.live or one.windows - one.live > SHARE * one.windows:
            kept = number
        later += one.live
    return kept
