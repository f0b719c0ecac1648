"""Tracks come back as they went in, and are found by how their id begins."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from index.catalogue import Catalogue
from index.finding import find_track
from index.generations import live_generation
from models.types import CatalogueError, Only
from tests.index.making import build, make_track, random_track

IDS = ["abcd0001", "abcd0002", "abcf0003", "fff"]


@pytest.fixture
def catalogue(tmp_path: Path, rng: np.random.Generator) -> Iterator[Catalogue]:
    build(tmp_path, [random_track(name, rng, windows=2) for name in IDS])
    opened = Catalogue(live_generation(tmp_path) / "catalogue.sqlite")
    yield opened
    opened.close()


def test_a_track_keeps_all_it_knows(tmp_path: Path) -> None:
    embedded = make_track(
        "0123abcd",
        np.eye(3, 8),
        title="Ænima “x”\x00; DROP TABLE tracks",
        artist="Sigur Rós",
        album="( )",
        artist_known=True,
        seconds=20.5,
        labels=("Ambient", "Post-rock"),
        url="https://example.org/1",
        path="/music/\udcff.ogg",  # a name that is not UTF-8
    )
    build(tmp_path, [embedded])
    opened = Catalogue(live_generation(tmp_path) / "catalogue.sqlite")
    assert find_track(opened, "0123abcd") == embedded.track
    assert opened.starts(0) == pytest.approx(embedded.windows.starts)
    opened.close()


def test_text_that_is_not_unicode_is_mended(tmp_path: Path) -> None:
    build(tmp_path, [make_track("0123abcd", np.eye(1, 8), title="\udcff", labels=("a\udcff",))])
    opened = Catalogue(live_generation(tmp_path) / "catalogue.sqlite")
    track = find_track(opened, "0123")
    opened.close()
    assert (track.title, track.labels) == ("?", ("a?",))


@pytest.mark.parametrize(
    ("asked", "found"),
    [("abcf", "abcf0003"), ("abcd0002", "abcd0002"), (" abcf0 ", "abcf0003"), ("fff", "fff")],
)
def test_find_by_the_beginning(catalogue: Catalogue, asked: str, found: str) -> None:
    assert find_track(catalogue, asked).id == found


@pytest.mark.parametrize(
    ("asked", "sentence", "fix"),
    [
        ("abcd", "More than one", "abcd0001 or abcd0002"),
        ("abce", "No track", "soundalike ask"),
        ("abcd%", "No track", "abcd0001 (Abcd0001) or abcd0002 (Abcd0002)"),
        ("abc", "too short", "at least the first 4"),
        ("", "too short", "at least the first 4"),
        ("\udcff\udcff\udcff\udcff", "No track", "soundalike ask"),
        ("z" * 100_000, "No track", "soundalike ask"),
    ],
)
def test_what_cannot_be_found_says_why(
    catalogue: Catalogue, asked: str, sentence: str, fix: str
) -> None:
    with pytest.raises(CatalogueError, match=sentence) as caught:
        find_track(catalogue, asked)
    assert fix in caught.value.fix


def test_the_layout_leads_from_rows_to_tracks(catalogue: Catalogue) -> None:
    layout = catalogue.layout()
    assert layout.first.tolist() == [0, 2, 4, 6]
    assert layout.owners(np.array([7, 6, 2, 3])).tolist() == [1, 3]
    assert layout.rows(2) == slice(4, 6)


def test_more_tracks_than_sqlite_takes_at_once(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.catalogue._PAGE", 3)
    asked = [3, 0, 2, 1, 0]
    assert [track.id for track in catalogue.tracks(asked)] == [IDS[number] for number in asked]
    entries = catalogue.entries(asked)
    assert [track for track, _ in entries] == catalogue.tracks(asked)
    for number, (_, starts) in zip(asked, entries, strict=True):
        assert starts.tolist() == catalogue.starts(number).tolist()
    assert catalogue.tracks([]) == catalogue.entries([]) == []


def test_several_threads_may_ask(catalogue: Catalogue) -> None:
    asked = IDS * 50
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(partial(find_track, catalogue), asked))
    assert [track.id for track in found] == asked


def test_another_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.sqlite").touch()
    with pytest.raises(CatalogueError, match="no catalogue that this version reads"):
        Catalogue(tmp_path / "empty.sqlite")
    (tmp_path / "foreign.sqlite").write_bytes(b"something else altogether" * 99)
    with pytest.raises(CatalogueError, match="cannot be read"):
        Catalogue(tmp_path / "foreign.sqlite")


@pytest.fixture
def various(tmp_path: Path) -> Iterator[Catalogue]:
    kinds = [
        {"labels": ("Hip hop", "Rap"), "artist": "Björk"},
        {"labels": ("hip-hop", "Hip Hop"), "source": "audioset"},
        {"labels": ("Jazz",), "artist": "Bjork", "library": "7"},
        {"labels": (), "library": "7", "source": "audioset"},
    ]
    build(tmp_path, [make_track(f"t{n}", np.eye(1, 8), **kind) for n, kind in enumerate(kinds)])
    opened = Catalogue(live_generation(tmp_path) / "catalogue.sqlite")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("only", "numbers"),
    [
        (Only(), [0, 1, 2, 3]),
        (Only(labels=("HIP HOP",)), [0, 1]),
        (Only(labels=("hip", "hop")), []),
        (Only(labels=("jazz", "rap")), [0, 2]),
        (Only(artists=("björk",)), [0, 2]),
        (Only(sources=("audioset",)), [1, 3]),
        (Only(sources=("folder", "audioset")), [0, 1, 2, 3]),
        (Only(sources=("Folder",)), []),
        (Only(libraries=("",)), [0, 1]),
        (Only(libraries=("", "7")), [0, 1, 2, 3]),
        (Only(labels=("hip hop",), sources=("audioset",)), [1]),
        (Only(labels=("rap",), libraries=("7",)), []),
        (Only(labels=("\udcff' OR 1=1 --",)), []),
    ],
)
def test_tracks_are_found_by_what_they_are(
    various: Catalogue, only: Only, numbers: list[int]
) -> None:
    assert np.flatnonzero(various.matching(only, 4)).tolist() == numbers


def test_what_no_track_has_is_known(various: Catalogue) -> None:
    only = Only(("jazz", "polka"), ("Björk",), ("fma",), ("8", "7"))
    assert various.unknown(only) == [("label", "polka"), ("source", "fma"), ("library", "8")]


def test_what_there_is_comes_most_first(various: Catalogue) -> None:
    assert various.names_of("label") == [("Hip hop", 2), ("Jazz", 1), ("Rap", 1)]
    assert various.names_of("artist") == [("Björk", 2)]
    assert various.names_of("source") == [("audioset", 2), ("folder", 2)]


def test_only_a_small_catalogue_is_mapped_and_both_answer_alike(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path, [random_track(f"track{n:02}", rng) for n in range(40)])
    path = live_generation(tmp_path) / "catalogue.sqlite"
    size = path.stat().st_size
    found, mapped = [], []
    for most in (size, size - 1):
        monkeypatch.setattr("index.schema._MAPPED", most)
        with closing(Catalogue(path)) as catalogue:
            found.append([track for track, _ in catalogue.entries(range(40))])
            mapped += catalogue._all("PRAGMA mmap_size")
    assert found[0] == found[1]
    # None where SQLite was built without it.
    assert mapped in ([(size,), (0,)], [(0,), (0,)], [])
