"""An index, built and opened for real."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import index.search
from index.builder import IndexBuilder
from index.opened import open_index
from models.types import CatalogueError, SearchOptions
from tests.index.making import STAMP, build, make_query, make_track

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
    with open_index(tmp_path) as opened:
        ranking = opened.search(make_query([EAST, NORTH + EAST]), SearchOptions())
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


def test_answers_carry_the_model(tmp_path: Path) -> None:
    build(tmp_path, [make_track("bell", [EAST])])
    with open_index(tmp_path) as opened:
        assert opened.stamp == STAMP
        assert len(opened) == 1


def test_a_track_of_another_catalogue_cannot_be_asked_with(tmp_path: Path) -> None:
    build(tmp_path, [make_track("bell", [EAST])])
    with (
        open_index(tmp_path) as opened,
        pytest.raises(CatalogueError, match="“Drum” is not in this catalogue"),
    ):
        opened.query_of(make_track("drum", [UP]).track)


def test_a_closed_index_says_so(tmp_path: Path) -> None:
    build(tmp_path, [make_track("bell", [EAST])])
    opened = open_index(tmp_path)
    opened.close()
    opened.close()
    with pytest.raises(CatalogueError, match="was closed"):
        opened.search(make_query([EAST]), SearchOptions())
    with pytest.raises(CatalogueError, match="was closed"):
        opened.find("bell")


def test_closing_waits_for_the_answer_in_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path, [make_track("bell", [EAST, NORTH]), make_track("drum", [UP])])
    asked, go_on = threading.Event(), threading.Event()
    score_tracks = index.search.score_tracks

    def slow(*args: object) -> object:
        asked.set()
        go_on.wait(10)
        return score_tracks(*args)

    monkeypatch.setattr("index.search.score_tracks", slow)
    opened = open_index(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(opened.search, make_query([EAST + UP / 2]), SearchOptions())
        asked.wait(10)
        opened.close()
        go_on.set()
        assert [one.track.id for one in answer.result().results] == ["bell", "drum"]


def test_all_that_an_index_holds_can_be_read(tmp_path: Path) -> None:
    embedded = [make_track(f"t{number:03}", [EAST, NORTH + number * UP]) for number in range(300)]
    with IndexBuilder(tmp_path, STAMP) as builder:
        for one in embedded:
            builder.add(one, f"/music/{one.track.id}.ogg", 1, 1)
        builder.add(embedded[7], "/music/copy.ogg", 1, 1)
        builder.skip("/music/noise.ogg", "It is noise.", 1, 1)
        builder.publish()
    with open_index(tmp_path) as opened:
        contents = list(opened.contents())
        files = opened.files()
    assert [track.id for track, _ in contents] == [one.track.id for one in embedded]
    for (_, windows), one in zip(contents, embedded, strict=True):
        np.testing.assert_array_equal(windows.vectors, one.windows.vectors)
        np.testing.assert_array_equal(windows.starts, one.windows.starts)
    assert files[0] == ("/music/copy.ogg", "t007")
    assert files[1:] == [(f"/music/{one.track.id}.ogg", one.track.id) for one in embedded]


def test_tracks_are_found_by_what_is_typed(tmp_path: Path) -> None:
    names = ["Día de enero", "Diana", "Midday", "My day"]
    build(tmp_path, [make_track(f"t{n}", [EAST], title=name) for n, name in enumerate(names)])
    with open_index(tmp_path) as opened:
        assert [track.title for track in opened.complete("dia")] == ["Día de enero", "Diana"]
        assert [track.title for track in opened.complete("da", limit=1)] == ["My day"]
        assert len(opened.complete("")) == 4
        assert opened.labels() == ()
