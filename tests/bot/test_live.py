"""A rebuilt index is noticed by those who ask, and what cannot be opened changes nothing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from bot.live import LiveIndex
from bot.service import Soundalike
from index.builder import IndexBuilder
from index.library_shelf import LibraryShelf
from index.likes import Like
from index.opened import Index, open_index
from index.to_taste import taste_of
from index.with_library import IndexWithLibrary
from models.types import (
    CatalogueError,
    ClipSource,
    EmbeddedTrack,
    ModelStamp,
    Query,
    Ranking,
    SearchOptions,
    Span,
    Track,
)
from tests.bot.fakes import FakeFetcher, FakeIndex, make_query
from tests.bot.sounds import STAMP, MelEar, build_index, sound, wav, windows_of

CLIP = ClipSource(wav(sound("low", 7)), "clip.wav")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    build_index(tmp_path / "index")
    return tmp_path / "index"


def build_anew(place: Path, title: str, stamp: ModelStamp = STAMP) -> None:
    with IndexBuilder(place, stamp) as builder:
        windows = windows_of(sound("low", 5))
        builder.add(EmbeddedTrack(Track("a" * 64, title, seconds=6.0), windows), title, 1, 1)
        builder.publish()


class Ajar:
    """Opens generations of one index and remembers them."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self.opened: list[Index] = []

    def __call__(self) -> Index:
        self.opened.append(open_index(self._place))
        return self.opened[-1]


async def first_title(service: Soundalike) -> str:
    answer = await service.recommend(CLIP, Span(), SearchOptions())
    return answer.results[0].track.title


async def test_a_running_service_answers_from_the_index_built_anew(place: Path) -> None:
    ajar = Ajar(place)
    with LiveIndex(ajar, every=0) as index, Soundalike(MelEar(), index, FakeFetcher()) as service:
        assert (await first_title(service)).startswith("The low one")
        assert service.tracks == 12
        build_anew(place, "Brand new")
        assert await first_title(service) == "Brand new"
        assert service.tracks == 13
        assert len(ajar.opened) == 2
        with pytest.raises(CatalogueError, match="was closed"):
            ajar.opened[0].find("a" * 64)
    with pytest.raises(CatalogueError, match="was closed"):
        ajar.opened[1].find("a" * 64)


async def test_it_looks_no_more_often_than_it_is_told(place: Path) -> None:
    with (
        LiveIndex(partial(open_index, place), every=3_600) as index,
        Soundalike(MelEar(), index, FakeFetcher()) as service,
    ):
        build_anew(place, "Brand new")
        assert (await first_title(service)).startswith("The low one")


@pytest.mark.parametrize("harm", ["damage", "removal", "another space"])
async def test_what_cannot_be_opened_leaves_the_old_one_and_one_note(
    place: Path, caplog: pytest.LogCaptureFixture, harm: str
) -> None:
    with (
        LiveIndex(partial(open_index, place), every=0) as index,
        Soundalike(MelEar(), index, FakeFetcher()) as service,
    ):
        if harm == "removal":
            (place / "current").unlink()
        else:
            space = "other" if harm == "another space" else STAMP.space
            (place / "current").unlink()
            build_anew(place, "Brand new", replace(STAMP, space=space))
        if harm == "damage":
            live = place / (place / "current").read_text().strip()
            (live / "manifest.json").write_text("{")
        for _ in range(3):
            assert (await first_title(service)).startswith("The low one")
    assert caplog.text.count("stays as it was opened") == 1


def test_the_old_one_is_closed_after_its_last_reader() -> None:
    inside, go = threading.Event(), threading.Event()
    events: list[str] = []

    class Slow(FakeIndex):
        current = True

        def is_current(self) -> bool:
            return self.current

        def search(self, query: Query, options: SearchOptions) -> Ranking:
            inside.set()
            assert go.wait(30)
            events.append("answered")
            return super().search(query, options)

        def close(self) -> None:
            events.append("closed")

    old, new = Slow(), Slow()
    generations: Iterator[Slow] = iter([old, new])
    index = LiveIndex(lambda: next(generations), every=0)
    reader = threading.Thread(target=index.search, args=(make_query(), SearchOptions()))
    reader.start()
    assert inside.wait(30)
    old.current = False
    index.find("a")  # opens the new one
    assert events == []
    go.set()
    reader.join(30)
    assert events == ["answered", "closed"]


def test_it_says_that_it_was_renewed(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with LiveIndex(partial(open_index, place), every=0) as index:
        build_anew(place, "Brand new")
        index.find("a" * 64)
    assert "built anew" in caplog.text


def test_a_look_on_demand_tells_whether_there_was_anything_new(place: Path) -> None:
    with LiveIndex(Ajar(place), every=3600) as index:
        assert not index.reload()
        build_anew(place, "Fresh")
        assert index.reload()
        assert len(index) == 13


def test_an_index_of_another_space_is_not_swapped_to(place: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    build_anew(foreign, "Foreign", replace(STAMP, space="other-1"))
    with LiveIndex(Ajar(place), every=3600) as index:
        with pytest.raises(CatalogueError, match="cannot be compared"):
            index.swap(Ajar(foreign))
        assert len(index) == 12
        assert not index.reload()


async def test_an_ask_stays_with_the_generation_it_began_in(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_anew(tmp_path / "other", "Brand new")
    ajar = Ajar(place)
    liked = Like(1, "b" * 64, 1, STAMP.space, windows_of(sound("high", 3)).vectors, "", "", 0.0)
    with LiveIndex(ajar) as live, Soundalike(MelEar(), live, FakeFetcher()) as service:
        old = ajar.opened[0]
        ask = old.search

        def swapped_meanwhile(query: Query, options: SearchOptions) -> Ranking:
            found = ask(query, options)
            live.swap(partial(open_index, tmp_path / "other"))
            return found

        monkeypatch.setattr(old, "search", swapped_meanwhile)
        shelf = LibraryShelf([EmbeddedTrack(Track("c" * 64, "Own"), windows_of(sound("low", 3)))])
        personal = taste_of([liked], STAMP.space, STAMP.dim)
        over = service.over(partial(IndexWithLibrary, shelf=shelf))
        clip = await over.hear(CLIP, Span())
        answer = await over.ask(clip, SearchOptions(12), personal)
        assert len(answer.results) > 3
        assert over.tracks == 2
        assert await first_title(service) == "Brand new"
    with pytest.raises(CatalogueError, match="was closed"):
        old.find("a" * 64)


async def test_a_track_is_heard_in_the_generation_it_was_found_in(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_anew(tmp_path / "other", "Brand new")
    ajar = Ajar(place)
    with LiveIndex(ajar) as live, Soundalike(MelEar(), live, FakeFetcher()) as service:
        look, known = ajar.opened[0].find, ajar.opened[0].complete("low")[0].id

        def swapped_meanwhile(track_id: str) -> Track:
            found = look(track_id)
            live.swap(partial(open_index, tmp_path / "other"))
            return found

        monkeypatch.setattr(ajar.opened[0], "find", swapped_meanwhile)
        assert (await service.hear_track(known)).query.track_id == known
        with pytest.raises(CatalogueError):
            await service.hear_track(known)
