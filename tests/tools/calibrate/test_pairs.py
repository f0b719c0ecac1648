"""Pairs are what people would see: the first results of a clip, without the track itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.opened import open_index
from models.types import Query, Sameness, SearchOptions
from tests.index.making import STAMP, build, make_track, make_windows, random_track, unit
from tools.calibrate.pairs import LEAST_OWNERS, RESULTS, joined, pairs_of
from tools.evaluate.judgements import judge
from tools.evaluate.sources import EvaluationError, Heard, Item, Material

NEVER = Sameness(twin=2.0)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def material_of(
    tracks: Sequence[object], labels: Sequence[str], artists: Sequence[str] | None = None
) -> Material:
    items = tuple(
        Item(one.track, (label,), artist, "")
        for one, label, artist in zip(tracks, labels, artists or [""] * len(tracks), strict=True)
    )
    return Material(items, (Heard(STAMP, 9.6, tuple(one.windows for one in tracks)),))


def test_a_clip_finds_what_a_search_finds(tmp_path: Path, rng: np.random.Generator) -> None:
    tracks = [random_track(f"track{n:02}", rng, windows=1 + n % 7) for n in range(30)]
    labels = ["odd" if n % 2 else "even" for n in range(30)]
    tracks = [
        replace(one, track=replace(one.track, labels=(label,)))
        for one, label in zip(tracks, labels, strict=True)
    ]
    # No more than two of these are shown to anybody.
    tracks[10:22] = [
        replace(one, track=replace(one.track, artist="The Same", artist_known=True))
        for one in tracks[10:22]
    ]
    found = pairs_of(material_of(tracks, labels), judge([[label] for label in labels]), NEVER)
    build(tmp_path / "index", tracks)
    expected = []
    with open_index(tmp_path / "index") as index:
        for number, one in enumerate(tracks):
            own = one.windows.vectors
            places = (
                range(len(own))
                if len(own) <= 3
                else [int((n + 0.5) * len(own) / 3) for n in range(3)]
            )
            for place in places:
                window = make_windows(own[[place]])
                options = SearchOptions(RESULTS, sameness=NEVER)
                ranking = index.search(Query(window, window, one.track.id, 9.6), options)
                assert len(ranking.results) == RESULTS
                expected += [
                    (
                        each.similarity,
                        each.track.labels == one.track.labels,
                        number,
                        1 / len(places),
                    )
                    for each in ranking.results
                ]
    similarities, alike, asking, weights = zip(*expected, strict=True)
    np.testing.assert_allclose(found.similarities, similarities, atol=1e-5)
    assert found.alike.tolist() == list(alike)
    assert found.asking.tolist() == list(asking)
    np.testing.assert_allclose(found.weights, weights)


def test_near_twins_are_no_answers() -> None:
    """Of three of one recording, two are left out for the third, and one for everybody else."""
    vectors = [
        np.eye(8)[0],
        np.eye(8)[0],
        np.eye(8)[0],
        np.eye(8)[1],
        unit([1, 1, 0, 0, 0, 0, 0, 0]),
    ]
    tracks = [make_track(f"track{n}", vector) for n, vector in enumerate(vectors)]
    material, judged = material_of(tracks, list("aabbb")), judge([[label] for label in "aabbb"])
    found = pairs_of(material, judged, Sameness(twin=0.9))
    assert np.bincount(found.asking).tolist() == [2, 2, 2, 2, 2]
    apart = pairs_of(material, judged, NEVER)
    assert np.bincount(apart.asking).tolist() == [4] * 5


def test_a_track_counts_once_however_many_of_its_windows_ask(rng: np.random.Generator) -> None:
    tracks = [random_track(f"t{n}", rng, windows=n + 1) for n in range(6)]
    material, judged = material_of(tracks, list("aaabbb")), judge([[one] for one in "aaabbb"])
    found = pairs_of(material, judged, NEVER)
    np.testing.assert_allclose(np.bincount(found.asking, found.weights), 5)
    whole = pairs_of(material, judged, NEVER, clips=None)
    assert len(whole) == 30
    assert whole.weights.tolist() == [1] * 30
    # The first track is a single window.
    np.testing.assert_array_equal(whole.similarities[:5], found.similarities[:5])


def test_of_many_tracks_some_ask_of_all(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.calibrate.pairs.MOST_ASKING", 4)
    tracks = [random_track(f"t{n}", rng, windows=1) for n in range(20)]
    labels = [["a", "b"][n % 2] for n in range(20)]
    told: list[int] = []
    judged = judge([[label] for label in labels])
    found = pairs_of(material_of(tracks, labels), judged, NEVER, progress=told.append)
    assert told == [1, 2, 3, 4]
    assert len(np.unique(found.asking)) == 4
    assert len(found) == 40


def test_what_one_artist_made_has_one_owner(rng: np.random.Generator) -> None:
    tracks = [random_track(f"t{n}", rng, windows=1) for n in range(14)]
    labels = ["ab"[n % 2] for n in range(14)]
    artists = ["", "Us", " us", *([""] * 11)]
    judged = judge([[label] for label in labels])
    found = pairs_of(material_of(tracks, labels, artists), judged, NEVER)
    assert found.owners == ("t0", "us", *(f"t{n}" for n in range(3, 14)))
    assert np.bincount(found.asking).tolist() == [10, 20, *([10] * 11)]
    # Of few artists, nothing could be said without one of them.
    few = [f"artist {n % (LEAST_OWNERS - 1)}" for n in range(14)]
    assert pairs_of(material_of(tracks, labels, few), judged, NEVER).owners == tuple(
        f"t{n}" for n in range(14)
    )


def test_an_owner_in_two_catalogues_is_one(rng: np.random.Generator) -> None:
    made = []
    for names in ("abcdefghijkl", "xyzabcuvwrst"):
        tracks = [random_track(name, rng, windows=1) for name in names]
        labels = ["ab"[n % 2] for n in range(12)]
        judged = judge([[label] for label in labels])
        made.append(pairs_of(material_of(tracks, labels), judged, NEVER))
    both = joined(made)
    assert both.owners == (*"abcdefghijkl", *"xyzuvwrst")
    for part, source in zip(made, (0, 1), strict=True):
        own = both.only(both.sources == source)
        for side in ("asking", "found"):
            names = [both.owners[number] for number in getattr(own, side)]
            assert names == [part.owners[number] for number in getattr(part, side)]


def test_where_nobody_finds_anything_there_is_a_sentence() -> None:
    tracks = [make_track(f"track{n}", np.eye(8)[0]) for n in range(4)]
    judged = judge([[label] for label in "aabb"])
    with pytest.raises(EvaluationError, match="all one and the same"):
        pairs_of(material_of(tracks, list("aabb")), judged, Sameness(twin=0.9))
