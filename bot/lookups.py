"""What the façade asks of one generation of the catalogue; all of it blocks."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import numpy as np

from index.to_taste import PersonalTaste, search_to_taste
from models.types import (
    CatalogueError,
    ClipHeard,
    EmbeddedClip,
    Query,
    Ranking,
    SearchOptions,
    Track,
    TrackIndex,
    Windows,
)


def search_for(
    index: TrackIndex, query: Query, options: SearchOptions, personal: PersonalTaste | None
) -> Ranking:
    """Search, to a person's taste or to nobody's."""
    if personal is None:
        return index.search(query, options)
    return search_to_taste(index, query, options, personal)


def track_with_windows(index: TrackIndex, track_id: str) -> tuple[Track, Windows]:
    """Return a track, by its id or how that begins, and its windows; CatalogueError for none."""
    track = index.find(track_id)
    return track, index.query_of(track).windows


def track_as_clip(index: TrackIndex, track_id: str) -> EmbeddedClip:
    """Return a track as if it had been handed in and heard whole; CatalogueError for none."""
    track = index.find(track_id)
    query = index.query_of(track)
    heard = ClipHeard(
        name=track.title,
        seconds=query.seconds,
        start=0.0,
        end=query.seconds,
        model=index.stamp.model,
        log_mel=np.zeros((0, 0), np.float32),
    )
    return EmbeddedClip(heard, query, index.stamp)


def paths_of(index: TrackIndex, track_ids: Iterable[str]) -> dict[str, str]:
    """Return where the files of tracks lie, by their ids, if that is known."""
    found: dict[str, str] = {}
    for track_id in track_ids:
        with suppress(CatalogueError):  # it may be gone by now
            found[track_id] = index.find(track_id).path
    return {track_id: path for track_id, path in found.items() if path}
