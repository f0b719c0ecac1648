"""Pushing: once, again, after it was stopped, beside another one, and what is dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.live import LiveIndex
from index.builder import IndexBuilder
from index.upkeep import roll_back
from models.types import CatalogueError, EmbeddedTrack, ModelStamp, SearchOptions
from tests.index.making import STAMP, build, make_query, make_track, random_track
from tests.postgres.conftest import execute, push

TABLES = """
SELECT count(*) FROM pg_tables WHERE schemaname = 'soundalike' AND tablename LIKE 'tracks%'
"""


@pytest.fixture
def tracks(rng: np.random.Generator) -> list[EmbeddedTrack]:
    return [random_track(f"track{number:02}", rng, 1 + number % 3) for number in range(30)]


def open_store(address: Any) -> Any:
    from index.postgres.opened import open_store

    return open_store(address)


def only_new(directory: Path, name: str, rng: np.random.Generator) -> None:
    """Publish one more track."""
    with IndexBuilder(directory, STAMP) as builder:
        builder.add(random_track(name, rng), f"/music/{name}.ogg", 1000, 1)
        builder.publish()


def test_a_push_copies_all_and_a_second_one_nothing(
    tmp_path: Path, address: Any, tracks: list[EmbeddedTrack]
) -> None:
    steps: list[tuple[int, int]] = []
    first = push(tmp_path, address, tracks, copying=lambda *step: steps.append(step))
    assert (first.tracks, first.windows, first.copied, first.dropped) == (30, 60, 30, ())
    assert steps[-1] == (30, 30)
    again = push(tmp_path, address)
    assert again == replace(first, copied=0)
    with open_store(address) as store:
        assert [track for track, _ in store.contents()] == [one.track for one in tracks]


def test_a_store_that_was_filled_anew_is_noticed(
    tmp_path: Path, address: Any, tracks: list[EmbeddedTrack]
) -> None:
    push(tmp_path / "one", address, tracks[:3])
    with open_store(address) as store:
        assert store.is_current()
        execute(address, "DROP SCHEMA soundalike CASCADE")
        assert push(tmp_path / "two", address, tracks[3:]).generation == store.generation
        assert not store.is_current()


def stop_at(step: int) -> Callable[[int, int], None]:
    def progress(done: int, _total: int) -> None:
        if done >= step:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("when", ["copying", "indexing"])
def test_a_push_that_was_stopped_is_carried_on(
    tmp_path: Path,
    address: Any,
    tracks: list[EmbeddedTrack],
    rng: np.random.Generator,
    when: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("index.postgres.copying._AT_ONCE", 1000)
    push(tmp_path, address, tracks[:5])
    with open_store(address) as before:
        build(tmp_path, tracks)
        with pytest.raises(KeyboardInterrupt):
            push(tmp_path, address, **{when: stop_at(12 if when == "copying" else 0)})
        assert before.is_current()  # and answers
        assert len(before.search(make_query(rng.normal(size=(1, 8))), SearchOptions()).results) == 5
        pushed = push(tmp_path, address)
        assert 0 < pushed.copied < 30 if when == "copying" else pushed.copied == 0
        assert not before.is_current()
    with open_store(address) as store:
        for (track, windows), embedded in zip(store.contents(), tracks, strict=True):
            assert track.id == embedded.track.id
            np.testing.assert_array_equal(windows.vectors, embedded.windows.vectors)
    from index.postgres.verify import verify_store

    assert verify_store(address) == []


def test_what_a_stopped_push_left_of_an_older_index_is_dropped(
    tmp_path: Path, address: Any, tracks: list[EmbeddedTrack], rng: np.random.Generator
) -> None:
    build(tmp_path, tracks)
    with pytest.raises(KeyboardInterrupt):
        push(tmp_path, address, copying=stop_at(0))
    with pytest.raises(CatalogueError, match="no index in the store"):
        open_store(address)
    only_new(tmp_path, "newer", rng)
    assert push(tmp_path, address).copied == 31
    assert execute(address, TABLES) == [(1,)]


def test_only_one_pushes_at_a_time(
    tmp_path: Path, address: Any, tracks: list[EmbeddedTrack]
) -> None:
    build(tmp_path, tracks)
    seen = []

    def meanwhile(_done: int, _total: int) -> None:
        with pytest.raises(CatalogueError, match="Another push") as refused:
            push(tmp_path, address)
        seen.append(refused)

    push(tmp_path, address, copying=meanwhile)
    assert seen


def test_as_many_generations_are_kept_as_are_wanted(
    tmp_path: Path, address: Any, tracks: list[EmbeddedTrack], rng: np.random.Generator
) -> None:
    push(tmp_path, address, tracks)
    for number in range(3):
        only_new(tmp_path, f"new{number}", rng)
        pushed = push(tmp_path, address, keep=2)
        assert pushed.generation == number + 2
    assert pushed.dropped == (1,)
    assert execute(address, TABLES) == [(3,)]
    roll_back(tmp_path)
    back = push(tmp_path, address, keep=1)
    assert (back.generation, back.copied, back.tracks) == (3, 0, 32)
    assert back.dropped == (2,)  # what was live before is worth more
    only_new(tmp_path, "new9", rng)
    assert push(tmp_path, address, keep=1).generation == 5  # numbers are never given twice


def test_of_a_generation_and_its_copy_the_live_one_counts_then_the_newest(
    tmp_path: Path, address: Any, tracks: list[EmbeddedTrack], rng: np.random.Generator
) -> None:
    push(tmp_path, address, tracks)
    assert push(tmp_path, address, anew=True).generation == 2
    # The server gives rows in the order in which they were written.
    execute(address, "UPDATE soundalike.generations SET seconds = seconds WHERE number = 1")
    assert push(tmp_path, address).generation == 2
    only_new(tmp_path, "newer", rng)
    assert push(tmp_path, address).generation == 3
    roll_back(tmp_path)
    assert push(tmp_path, address).generation == 2
    execute(address, "UPDATE soundalike.current SET generation = 1")
    assert push(tmp_path, address).generation == 1


def test_names_that_postgresql_cannot_count_the_words_of_are_found(
    tmp_path: Path, address: Any, rng: np.random.Generator
) -> None:
    often, solid, long = "n " * 100, "の" * 200, "ﬃ" * 200
    songs = [
        random_track("often", rng, title=often, artist=often, album=often),
        random_track("solid", rng, title=solid, artist=solid, album=solid),
        random_track("long", rng, title=long, artist=f"{long}x", album="ﷺ" * 200),
        random_track("many", rng, title=" ".join(f"w{n}" for n in range(60)), artist="n"),
    ]
    push(tmp_path, address, songs)
    with open_store(address) as store:
        assert {one.id for one in store.complete("n", 3)} == {"often", "many"}
        assert [one.id for one in store.complete("のの", 3)] == ["solid"]
        assert [one.id for one in store.complete(long, 3)] == ["long"]
        assert [one.id for one in store.complete("w59", 3)] == []  # names are read that far
        assert [one.id for one in store.complete("w49", 3)] == ["many"]
    from index.postgres.verify import verify_store

    assert verify_store(address) == []


def test_words_are_cut_to_what_postgresql_holds(address: Any) -> None:
    from index.postgres.binary import LAST_PLACE, MOST_PLACES, lexeme
    from index.postgres.copying import _words

    track = random_track("one", np.random.default_rng(1), title="na", artist="na").track
    assert _words(track) == {"na": [(1, 3), (4, 2)]}
    found = _words(replace(track, title="の" * 200, artist="の" * 200, album="ﷺ" * 200))
    assert all(0 < len(places) <= MOST_PLACES for places in found.values())
    assert max(place for places in found.values() for place, _ in places) <= LAST_PLACE
    assert lexeme("short\0") == "short�"
    for letter in "aé東🎵":
        cut = lexeme(letter * 3000)
        assert 2040 < len(cut.encode()) <= 2046
        assert set(cut) == {letter}
        execute(address, f"SELECT '{cut}'::tsvector")
        execute(address, f"SELECT '{cut}:*'::tsquery")


def test_a_generation_is_copied_anew_where_that_is_wanted(
    tmp_path: Path, address: Any, tracks: list[EmbeddedTrack]
) -> None:
    push(tmp_path, address, tracks)
    execute(address, "UPDATE soundalike.tracks_1 SET vectors = starts WHERE number = 3")
    from index.postgres.verify import verify_store

    assert "number 3" in verify_store(address)[0]
    anew = push(tmp_path, address, anew=True, keep=1)
    assert (anew.generation, anew.copied) == (2, 30)
    assert verify_store(address) == []


def test_a_running_bot_takes_up_what_is_pushed(
    tmp_path: Path, address: Any, tracks: list[EmbeddedTrack], rng: np.random.Generator
) -> None:
    push(tmp_path, address, tracks)
    with LiveIndex(partial(open_store, address), every=0) as live:
        assert len(live) == 30
        only_new(tmp_path, "newest", rng)
        push(tmp_path, address)
        assert live.find("newest").title == "Newest"
        assert len(live) == 31
        # One of another embedding space is not: the old one goes on answering.
        other = tmp_path / "other"
        build(other, tracks[:3], ModelStamp("other", "1", "other-1", STAMP.dim, "cd" * 64))
        push(other, address)
        assert live.find("newest").title == "Newest"


def test_whatever_names_hold(tmp_path: Path, address: Any, rng: np.random.Generator) -> None:
    odd = random_track(
        "odd",
        rng,
        title="a\0b \\ ' \N{PILE OF POO}",
        artist="\udcff",
        labels=("x\0", "{,}", 'a"b', ""),
        album="\\N",
        path="/music/\udcff.ogg",
    )
    push(tmp_path, address, [odd, make_track("plain", np.eye(1, 8))])
    with open_store(address) as store:
        track = store.find("odd")
        assert track.title == "a�b \\ ' \N{PILE OF POO}"
        assert track.labels == ("x�", "{,}", 'a"b', "")
        assert track.album == "\\N"
        assert track.path == "/music/\udcff.ogg"
        assert store.complete("a b") == (track,)
    from index.postgres.verify import verify_store

    assert verify_store(address) == []


def test_vectors_that_pgvector_cannot_find_are_refused(
    tmp_path: Path, address: Any, rng: np.random.Generator
) -> None:
    wide = make_track("wide", rng.normal(size=(1, 4001)))
    build(tmp_path, [wide], replace(STAMP, dim=4001))
    with pytest.raises(CatalogueError, match="4,001"):
        push(tmp_path, address)


def test_the_first_push_brings_an_older_store_up_to_date(
    tmp_path: Path, address: Any, tracks: list[EmbeddedTrack], monkeypatch: pytest.MonkeyPatch
) -> None:
    from index.postgres import tables

    push(tmp_path, address, tracks)
    later = (*tables._STEPS, "CREATE TABLE soundalike.likes (person text)")
    monkeypatch.setattr(tables, "_STEPS", later)
    monkeypatch.setattr(tables, "VERSION", len(later))
    with pytest.raises(CatalogueError, match="older Soundalike"):
        open_store(address)
    push(tmp_path, address)
    with open_store(address) as store:
        assert len(store) == 30
    assert execute(address, "SELECT count(*) FROM soundalike.likes") == [(0,)]
