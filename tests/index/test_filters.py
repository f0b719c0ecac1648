"""Answers that are narrowed: the right tracks, and as many as there are."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.catalogue import Layout
from index.opened import Index, open_index
from index.scoring import score_tracks
from models.types import CatalogueError, EmbeddedTrack, Only, SearchOptions
from tests.index.making import STAMP, build, make_query, make_track, random_track

NAMES = st.lists(st.sampled_from(["Jazz", "rock", "Café"]), unique=True, max_size=2).map(tuple)
CHOSEN = st.lists(st.sampled_from(["jazz", "ROCK", "cafe"]), unique=True, max_size=2).map(tuple)


@st.composite
def catalogues(draw: st.DrawFn) -> list[EmbeddedTrack]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return [
        make_track(
            f"track{number:02}",
            rng.normal(size=(draw(st.integers(1, 3)), STAMP.dim)),
            labels=draw(NAMES),
            source=draw(st.sampled_from(["folder", "audioset"])),
            library=draw(st.sampled_from(["", "7"])),
            artist=draw(st.sampled_from(["", "Ann", "Bo"])),
        )
        for number in range(draw(st.integers(1, 14)))
    ]


ONLY = st.builds(
    Only,
    labels=CHOSEN,
    artists=st.sampled_from([(), ("ann",)]),
    sources=st.sampled_from([(), ("audioset",)]),
    libraries=st.sampled_from([(), ("7",), ("", "7")]),
)


def is_wanted(one: EmbeddedTrack, only: Only) -> bool:
    track = one.track
    labels = {"Jazz": "jazz", "rock": "ROCK", "Café": "cafe"}
    return (
        (not only.labels or any(labels[label] in only.labels for label in track.labels))
        and (not only.artists or track.artist.lower() in only.artists)
        and (not only.sources or track.source in only.sources)
        and (not only.libraries or track.library in only.libraries)
    )


@settings(max_examples=60)
@given(catalogue=catalogues(), only=ONLY, count=st.integers(1, 14), exact_up_to=st.integers(0, 40))
def test_the_results_are_those_of_looking_at_every_track(
    catalogue: list[EmbeddedTrack], only: Only, count: int, exact_up_to: int
) -> None:
    query = make_query(np.eye(2, STAMP.dim))
    options = SearchOptions(count, per_artist=None, only=only)
    wanted = [one for one in catalogue if is_wanted(one, only)]
    with TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr("index.candidates.EXACT_UP_TO", exact_up_to)
        build(Path(place), catalogue)
        with open_index(Path(place)) as index:
            try:
                found = [one.track.id for one in index.search(query, options).results]
            except CatalogueError:
                assert not wanted
                return
    alike = {
        one.track.id: (query.windows.vectors @ one.windows.vectors.T).max(axis=1).mean()
        for one in wanted
    }
    assert found == sorted(alike, key=lambda name: (-alike[name], name))[:count]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a catalogue of 3,000 tracks: 3 of a rare label, half of a common one."""
    rng = np.random.default_rng(5)
    directory = tmp_path_factory.mktemp("large")
    build(
        directory,
        [
            random_track(
                f"t{number:04}",
                rng,
                windows=1 + number % 2,
                labels=("rare",) * (number % 1000 == 500) + ("even",) * (number % 2 == 0),
                library="7" * (number == 77),
            )
            for number in range(3_000)
        ],
    )
    return directory


def expected(index: Index, query: np.ndarray, label: str) -> list[float]:
    """Return the similarities of all tracks with a label, best first."""
    contents = [pair for pair in index.contents() if label in pair[0].labels]
    return sorted((float((query @ own.vectors.T).max()) for _, own in contents), reverse=True)


@pytest.mark.parametrize("exact_up_to", [0, 100, 20_000])
@pytest.mark.parametrize(("label", "count"), [("rare", 10), ("even", 10), ("even", 700)])
def test_the_count_is_right_however_few_are_wanted(
    large: Path,
    label: str,
    count: int,
    exact_up_to: int,
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("index.candidates.EXACT_UP_TO", exact_up_to)
    options = SearchOptions(count, per_artist=None, only=Only(labels=(label,)))
    with open_index(large) as index:
        for _ in range(5):
            query = make_query(rng.normal(size=(1, STAMP.dim)))
            ranking = index.search(query, options)
            best = expected(index, query.windows.vectors, label)[:count]
            assert len(best) == (3 if label == "rare" else count)
            assert [one.similarity for one in ranking.results] == pytest.approx(best, abs=1e-5)
            assert all(label in one.track.labels for one in ranking.results)


def test_the_clip_is_named_even_if_it_is_not_wanted(
    large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.candidates.EXACT_UP_TO", 100)
    with open_index(large) as index:
        own = index.query_of(index.find("t0001"))
        by_sound = make_query(own.windows.vectors)
        for query in (own, by_sound):
            ranking = index.search(query, SearchOptions(only=Only(labels=("rare",))))
            assert ranking.same is not None
            assert ranking.same.id == "t0001"
            assert len(ranking.results) == 3


def test_the_clip_is_not_named_where_it_is_kept_from_view(large: Path) -> None:
    with open_index(large) as index:
        own = index.query_of(index.find("t0077"))
        by_sound = make_query(own.windows.vectors)
        for query in (own, by_sound):
            assert index.search(query, SearchOptions()).same is not None
            shown = index.search(query, SearchOptions(only=Only(libraries=("",))))
            assert shown.same is None
            assert len(shown.results) == 10
            assert all(one.track.library == "" for one in shown.results)


def test_what_no_track_has_is_said_so(large: Path) -> None:
    query = make_query(np.eye(1, STAMP.dim))
    with open_index(large) as index:
        for only, sentence, fix in [
            (Only(labels=("polka",)), "the label “polka”", "It has, for example, even and rare."),
            (Only(labels=("ra",)), "the label “ra”", "It has, for example, rare."),
            (Only(artists=("Ann",)), "the artist “Ann”", ""),
            (Only(sources=("fma",)), "the source “fma”", "It has, for example, folder."),
        ]:
            with pytest.raises(CatalogueError, match=f"has {sentence}") as caught:
                index.search(query, SearchOptions(only=only))
            assert caught.value.fix == fix
        empty = Only(libraries=("8",))
        assert index.search(query, SearchOptions(only=empty)).results == ()
        some = Only(labels=("polka", "rare"))
        assert len(index.search(query, SearchOptions(only=some)).results) == 3


def test_many_questions_are_answered_as_one_is(
    large: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.candidates.EXACT_UP_TO", 100)
    monkeypatch.setattr("index.search._MOST_AT_ONCE", 7)
    queries = [make_query(rng.normal(size=(1 + n % 3, STAMP.dim))) for n in range(30)]
    options = SearchOptions(5, only=Only(labels=("even",)))
    with open_index(large) as index:
        for asked in (options, SearchOptions(5)):
            together = list(index.search_many(queries, asked))
            for query, ranking in zip(queries, together, strict=True):
                assert ranking.results == index.search(query, asked).results
        assert list(index.search_many([], options)) == []


def test_rows_are_gathered_in_blocks(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many tracks are wanted here and there, few of their rows are copied at once."""
    monkeypatch.setattr("index.scoring._BLOCK", 64 * STAMP.dim)
    matrix = np.asarray(rng.normal(size=(4_000, STAMP.dim)), np.float32)
    asked: list[int] = []

    class Watched:
        shape = matrix.shape

        def __len__(self) -> int:
            return len(matrix)

        def __getitem__(self, rows: object) -> np.ndarray:
            asked.append(len(matrix[rows]))
            return matrix[rows]

    layout = Layout(np.arange(0, 4_000, 2), np.ones(2_000, np.int64))
    score_tracks(matrix[:1], Watched(), layout, np.arange(2_000))
    assert sum(asked) == 2_000
    assert max(asked) <= 64
