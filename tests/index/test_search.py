"""The whole line, through real files, against a plain retelling of it."""

from __future__ import annotations

import itertools
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.moments import MOST_PAIRS
from index.opened import open_index
from models.types import ClipError, EmbeddedTrack, Query, SearchOptions, Windows
from tests.index.making import (
    STAMP,
    build,
    make_query,
    make_track,
    make_windows,
    random_track,
    unit,
)

# All products of these are halves or quarters, sums of them are exact, and ties are many.
SIGNS = itertools.product((0.5, -0.5), repeat=4)
DIRECTIONS = np.array([[*signs, 0, 0, 0, 0] for signs in SIGNS], np.float32)
ASIDE = np.eye(8, dtype=np.float32)[7:]


@st.composite
def tracks(draw: st.DrawFn) -> list[EmbeddedTrack]:
    found = []
    for number in range(draw(st.integers(1, 12))):
        chosen = draw(st.lists(st.integers(0, 15), min_size=1, max_size=4))
        found.append(
            make_track(
                f"track{number:02d}",
                DIRECTIONS[chosen],
                artist=draw(st.sampled_from(["", "Ann", "ann", "Bo"])),
                artist_known=draw(st.booleans()),
                seconds=draw(st.sampled_from([20.0, 20.75, 21.25])),
            )
        )
    return found


def retold(catalogue: list[EmbeddedTrack], query: Query, options: SearchOptions) -> list[object]:
    """Rank as the documentation says, one plain step after the other."""

    def likeness(clip: np.ndarray, track: np.ndarray) -> float:
        return sum(max(float(c @ t) for t in track) for c in clip) / len(clip)

    def twins(one: EmbeddedTrack, other: EmbeddedTrack) -> bool:
        a, b = one.windows.vectors, other.windows.vectors
        close = abs(one.track.seconds - other.track.seconds) <= 1
        return close and min(likeness(a, b), likeness(b, a)) > 0.995

    scored = [(-likeness(query.windows.vectors, one.windows.vectors), one) for one in catalogue]
    scored.sort(key=lambda pair: (pair[0], pair[1].track.id))
    same = [one for one in catalogue if one.track.id == query.track_id]
    kept: list[tuple[float, EmbeddedTrack]] = []
    artists: Counter[str] = Counter()
    for score, one in scored:
        artist = one.track.artist.lower() if one.track.artist_known else ""
        if one in same or any(twins(one, better) for better in [*same, *(k for _, k in kept)]):
            continue
        if artist and options.per_artist is not None and artists[artist] >= options.per_artist:
            continue
        artists[artist] += 1
        kept.append((-score, one))
    return [
        (rank, one.track.id, score, best_at(query.windows.vectors, one))
        for rank, (score, one) in enumerate(kept[: options.count], start=1)
    ]


def best_at(clip: np.ndarray, one: EmbeddedTrack) -> float:
    best = [max(float(c @ t) for c in clip) for t in one.windows.vectors]
    return round(float(one.windows.starts[best.index(max(best))]), 3)


@settings(max_examples=60, deadline=None)
@given(
    catalogue=tracks(),
    clip=st.lists(st.integers(0, 15), min_size=1, max_size=4).filter(lambda c: len(c) != 3),
    asked=st.sampled_from(["track03", "elsewhere"]),
    options=st.builds(SearchOptions, st.integers(0, 12), st.sampled_from([None, 1, 2])),
    by_graph=st.booleans(),
)
def test_the_line_is_what_it_says(
    catalogue: list[EmbeddedTrack],
    clip: list[int],
    asked: str,
    options: SearchOptions,
    by_graph: bool,
) -> None:
    # Nothing of the catalogue is like the dense windows: it is not recognised by its sound.
    query = Query(make_windows(DIRECTIONS[clip]), make_windows(ASIDE), asked, 9.6)
    with TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr("index.candidates.EXACT_UP_TO", 0 if by_graph else 20_000)
        build(Path(place), catalogue)
        with open_index(Path(place)) as index:
            ranking = index.search(query, options)
    got = [(one.rank, one.track.id, one.similarity, one.at) for one in ranking.results]
    assert got == retold(catalogue, query, options)
    assert (ranking.same.id if ranking.same else "elsewhere") == (
        asked if any(one.track.id == asked for one in catalogue) else "elsewhere"
    )


def test_each_result_says_which_moments_are_alike(tmp_path: Path, rng: np.random.Generator) -> None:
    build(tmp_path, [random_track(f"t{n}", rng, windows=n + 1) for n in range(12)])
    query = make_query(rng.normal(size=(20, STAMP.dim)))
    clip, starts = query.windows.vectors, query.windows.starts
    with open_index(tmp_path) as index:
        windows = {track.id: windows for track, windows in index.contents()}
        results = index.search(query, SearchOptions()).results
    for result in results:
        track = windows[result.track.id]
        assert len(result.pairs) == MOST_PAIRS
        assert [pair.clip for pair in result.pairs] == sorted(pair.clip for pair in result.pairs)
        assert max(result.pairs, key=lambda pair: pair.similarity).track == result.at
        for pair in result.pairs:
            here, there = (
                int(np.argmin(np.abs(times - time)))
                for times, time in ((starts, pair.clip), (track.starts, pair.track))
            )
            alike = clip[here] @ track.vectors.T
            assert (pair.similarity, alike.max()) == pytest.approx((alike[there],) * 2, abs=1e-5)


def test_graph_and_exact_search_agree(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = rng.normal(size=(30, STAMP.dim))
    catalogue = [
        make_track(f"t{n:03d}", kinds[n % 30] + 0.5 * rng.normal(size=(5, STAMP.dim)))
        for n in range(600)
    ]
    build(tmp_path, catalogue)
    asked = [make_query(kinds[n] + 0.3 * rng.normal(size=(3, STAMP.dim))) for n in range(20)]
    with open_index(tmp_path) as index:
        exact = [index.search(query, SearchOptions()).results for query in asked]
        monkeypatch.setattr("index.candidates.EXACT_UP_TO", 0)
        by_graph = [index.search(query, SearchOptions()).results for query in asked]
        with ThreadPoolExecutor(8) as pool:
            at_once = list(pool.map(lambda query: index.search(query, SearchOptions()), asked * 5))
    agree = [
        len({one.track.id for one in a} & {one.track.id for one in b}) / 10
        for a, b in zip(exact, by_graph, strict=True)
    ]
    assert np.mean(agree) > 0.97
    assert [ranking.results for ranking in at_once] == by_graph * 5


def test_the_first_results_are_the_same_however_many_are_asked_for(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long tracks full of near repeats fill a narrow look with windows of few tracks."""
    kinds = rng.normal(size=(4, STAMP.dim))
    catalogue = [
        make_track(
            f"t{n:03d}",
            np.repeat(kinds[n % 4] + 0.4 * rng.normal(size=(3, STAMP.dim)), 8, axis=0)
            + 0.02 * rng.normal(size=(24, STAMP.dim)),
        )
        for n in range(120)
    ]
    build(tmp_path, catalogue)
    asked = [make_query(kinds[n % 4] + 0.4 * rng.normal(size=(3, STAMP.dim))) for n in range(60)]

    def ids(query: Query, count: int) -> list[str]:
        return [one.track.id for one in index.search(query, SearchOptions(count)).results]

    with open_index(tmp_path) as index:
        exact = [ids(query, 10) for query in asked]
        monkeypatch.setattr("index.candidates.EXACT_UP_TO", 0)
        for query, best in zip(asked, exact, strict=True):
            ten = ids(query, 10)
            assert ten == best
            assert (ids(query, 1), ids(query, 3)) == (ten[:1], ten[:3])


def test_it_looks_further_until_enough_tracks_survive(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five hundred tracks by one artist lie nearer than the only one by another."""
    near = [
        make_track(
            f"near{n:03d}", ASIDE + 0.2 * rng.normal(size=(1, 8)), artist="A", artist_known=True
        )
        for n in range(500)
    ]
    far = make_track("far0", -ASIDE, artist="B", artist_known=True)
    build(tmp_path, [*near, far])
    monkeypatch.setattr("index.candidates.EXACT_UP_TO", 0)
    with open_index(tmp_path) as index:
        ranking = index.search(make_query(ASIDE), SearchOptions(3))
        everything = index.search(make_query(ASIDE), SearchOptions(10_000, per_artist=None))
    assert ranking.results[-1].track.id == "far0"
    assert len(ranking.results) == 3
    assert len(everything.results) > 400


def test_an_excerpt_is_named_and_left_out(tmp_path: Path, rng: np.random.Generator) -> None:
    catalogue = [random_track(f"track{n}", rng, windows=12) for n in range(9)]
    build(tmp_path, catalogue)
    excerpt = catalogue[4].windows
    part = Windows(excerpt.vectors[3:6], excerpt.starts[:3])
    with open_index(tmp_path) as index:
        ranking = index.search(Query(part, part, "another id", 19.2), SearchOptions())
    assert ranking.same == catalogue[4].track
    assert len(ranking.results) == 8


def test_a_track_asks_for_its_likes(tmp_path: Path, rng: np.random.Generator) -> None:
    catalogue = [random_track(f"track{n}", rng) for n in range(5)]
    build(tmp_path, catalogue)
    with open_index(tmp_path) as index:
        ranking = index.search(index.query_of(index.find("track2")), SearchOptions())
    assert ranking.same == catalogue[2].track
    assert {one.track.id for one in ranking.results} == {"track0", "track1", "track3", "track4"}


@pytest.mark.parametrize(
    "vectors",
    [
        np.full((1, 8), np.nan),
        np.zeros((2, 8)),
        np.full((1, 8), np.inf),
        np.ones((1, 9)),
        np.ones((0, 8)),
        np.ones(8),
    ],
)
def test_what_is_no_direction_is_refused(
    tmp_path: Path, rng: np.random.Generator, vectors: np.ndarray
) -> None:
    build(tmp_path, [random_track("track", rng)])
    good = make_query(ASIDE)
    bad = Windows(vectors.astype(np.float32), np.zeros(len(vectors), np.float32))
    with open_index(tmp_path) as index:
        for query in (Query(bad, good.dense, "x", 1.0), Query(good.windows, bad, "x", 1.0)):
            with pytest.raises(ClipError):
                index.search(query, SearchOptions())


def test_a_clip_of_many_hours_is_answered(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path, [random_track(f"track{n}", rng) for n in range(20)])
    monkeypatch.setattr("index.candidates.EXACT_UP_TO", 0)
    hours = unit(rng.normal(size=(8_000, 8)))
    with open_index(tmp_path) as index:
        assert len(index.search(make_query(hours), SearchOptions()).results) == 10


def test_of_two_tracks_that_may_be_the_clip_the_likelier_is_named(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    """The other one lies nearer by the windows that are searched with, and is its twin."""
    vectors = unit(rng.normal(size=(6, STAMP.dim)))
    near = unit(vectors + 0.02 * unit(rng.normal(size=(6, STAMP.dim))))
    others = [random_track(f"track{n}", rng) for n in range(6)]
    build(tmp_path, [make_track("one", vectors), make_track("other", near), *others])
    query = Query(make_windows(near[2:5]), make_windows(vectors[2:5]), "asked", 19.2)
    with open_index(tmp_path) as index:
        ranking = index.search(query, SearchOptions())
        swapped = index.search(Query(query.dense, query.windows, "asked", 19.2), SearchOptions())
    for found, name in ((ranking, "one"), (swapped, "other")):
        assert found.same is not None
        assert found.same.id == name
        assert {result.track.id for result in found.results} == {f"track{n}" for n in range(6)}
