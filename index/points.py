"""Asking for what lies near a point of the embedding space, without any clip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.types import FloatArray, Query, SearchOptions, Windows

# No similarity: what is asked for by a point was never cut from a track.
_NEVER = 2.0


def query_of_point(point: FloatArray) -> Query:
    """Return the query for what lies near a point [dim]."""
    windows = Windows(np.asarray(point, np.float32)[None], np.zeros(1, np.float32))
    return Query(windows, windows, "", 0.0)


def recognising_nothing(options: SearchOptions) -> SearchOptions:
    """Return options under which no track is taken for the clip, however near it lies."""
    return replace(options, sameness=replace(options.sameness, long=_NEVER, short=_NEVER))
