"""A track by its id, or by how that begins; and what to say where there is none."""

from __future__ import annotations

from index.protocols import TrackCatalogue
from index.storable import clean
from models.types import NothingFoundError, Track

SHORTEST_PREFIX = 4
_SUGGESTED = 3


def find_track(catalogue: TrackCatalogue, track_id: str) -> Track:
    """Return the track with this id, or the only one whose id begins so.

    Raises
    ------
    NothingFoundError
        No track, or more than one, or too few characters to tell.
    """
    wanted = clean(track_id.strip())
    exact = catalogue.number_of(wanted)
    if exact is not None:
        return catalogue.tracks([exact])[0]
    if len(wanted) < SHORTEST_PREFIX:
        raise NothingFoundError(
            f"“{wanted}” is too short to tell tracks apart.",
            f"Give at least the first {SHORTEST_PREFIX} characters of the track's id.",
        )
    found = catalogue.beginning(wanted, 2)
    if not found:
        fix = _suggestion(catalogue, wanted)
        raise NothingFoundError(f"No track's id begins with “{wanted}”.", fix)
    if len(found) > 1:
        raise NothingFoundError(
            f"More than one track's id begins with “{wanted}”.",
            f"Give more of it, for example {found[0].id} or {found[1].id}.",
        )
    return found[0]


def _suggestion(catalogue: TrackCatalogue, text: str) -> str:
    named = catalogue.tracks(catalogue.complete(text, _SUGGESTED))
    if not named:
        return "Take an id from the answer to another clip (`soundalike ask CLIP --json`)."
    ids = [f"{track.id} ({track.title})" for track in named]
    return f"If you mean a track of that name, ask for {' or '.join(ids)}."
