"""An index, built and opened for real."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.opened import open_index
from models.types import CatalogueError, SearchOptions
from tests.index.making import build, make_query, make_track

EAST, NORTH, UP = np.eye(3, 8)


def test_a_small_catalogue_by_hand(tmp_path: Path) -> None:
    """Similarities that can be checked on paper."""
    build(
        tmp_path,
        [
            make_track("bell", [EAST, NORTH]),
            make_track("drum", [UP, EAST + UP]),
            make_track("horn", [-EAST, -EAST]),
        ],
    )
    with open_index(tmp_path) as index:
        ranking = index.search(make_query([EAST, NORTH + EAST]), SearchOptions())
    assert ranking.same is None
    assert [(one.rank, one.track.id, one.at) for one in ranking.results] == [
        (1, "bell", 0.0),
        (2, "drum", 4.8),
        (3, "horn", 0.0),
    ]
    half = np.sqrt(0.5)
    expected = [(1 + half) / 2, (half + 0.5) / 2, (-1 - half) / 2]
    assert [one.similarity for one in ranking.results] == pytest.approx(expected, abs=1e-6)
    assert set(ranking.timing) == {"candidates", "score", "cuts"}


def test_a_folder_without_an_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="There is no index in") as caught:
        open_index(tmp_path)
    assert "soundalike index build" in caught.value.fix
