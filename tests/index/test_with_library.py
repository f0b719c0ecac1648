"""What a catalogue says of a track does not count where a server's own library knows it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.library_shelf import LibraryShelf
from index.opened import open_index
from index.with_library import IndexWithLibrary
from models.types import Query, Ranking, Recommendation, SearchOptions
from tests.index.making import build, random_track


def test_the_clip_itself_is_not_found_beside_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(4)
    own, other = random_track("own", rng), random_track("other", rng)
    build(tmp_path, [own, other])

    # A search that is not exact may miss that a track is the clip.
    def unaware(_query: Query, _options: SearchOptions) -> Ranking:
        return Ranking(
            None,
            (Recommendation(1, own.track, 0.99, 0.0), Recommendation(2, other.track, 0.2, 0.0)),
        )

    with open_index(tmp_path) as index:
        monkeypatch.setattr(index, "search", unaware)
        both = IndexWithLibrary(index, LibraryShelf([own]))
        query = Query(own.windows, own.windows, own.track.id, own.track.seconds)
        found = both.search(query, SearchOptions(5))
    assert found.same == own.track
    assert [one.track.id for one in found.results] == ["other"]
    assert [one.rank for one in found.results] == [1]
