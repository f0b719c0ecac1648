"""The façade hands the clip on, checks the spaces, times the stages and fills in the match."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from bot.service import Soundalike
from bot.stamps import compare_stamps
from models.types import (
    CatalogueError,
    ClipSource,
    Recommendation,
    Sameness,
    SearchOptions,
    Span,
    Track,
)
from tests.bot.fakes import STAMP, FakeFetcher, FakeIndex, FakeListener

CLIP = ClipSource(b"bytes", "clip.wav")


async def test_a_clip_is_heard_searched_and_timed(results: tuple[Recommendation, ...]) -> None:
    listener, index = FakeListener(), FakeIndex(results, same=Track("x", "X"))
    service = Soundalike(listener, index, FakeFetcher())
    answer = await service.recommend(CLIP, Span(1, 3), SearchOptions(count=2))
    assert listener.heard == [(CLIP, Span(1, 3))]
    assert index.asked[0][1] == SearchOptions(count=2)
    assert answer.clip.name == "clip.wav"
    assert answer.same == Track("x", "X")
    assert answer.results == results
    assert list(answer.timing) == ["decode", "embed", "search", "total"]
    assert answer.timing["total"] > 0
    assert answer.query is not None
    assert (answer.query.track_id, answer.space) == ("q", "tiny-1")


async def test_a_track_and_its_windows_can_be_asked_for() -> None:
    service = Soundalike(FakeListener(), FakeIndex(), FakeFetcher())
    track, windows = await service.track("d4")
    assert (track.id, len(windows), service.space) == ("d4", 1, "tiny-1")


async def test_a_link_is_fetched_first(results: tuple[Recommendation, ...]) -> None:
    listener, fetcher = FakeListener(), FakeFetcher()
    service = Soundalike(listener, FakeIndex(results), fetcher)
    answer = await service.recommend_link("https://example.org/a", Span(), SearchOptions())
    assert fetcher.fetched == ["https://example.org/a"]
    assert listener.heard[0][0] == ClipSource(b"fetched", "fetched.ogg")
    assert list(answer.timing) == ["fetch", "decode", "embed", "search", "total"]


async def test_a_track_of_the_catalogue_needs_no_listening(
    results: tuple[Recommendation, ...],
) -> None:
    listener, index = FakeListener(), FakeIndex(results)
    answer = await Soundalike(listener, index, FakeFetcher()).recommend_track("d4", SearchOptions())
    assert listener.heard == []
    assert index.asked[0][0].track_id == "d4"
    assert (answer.clip.name, answer.clip.seconds, answer.clip.end) == ("Found", 9.6, 9.6)
    assert answer.clip.log_mel.size == 0
    assert answer.results == results


async def test_the_match_comes_from_the_calibration(results: tuple[Recommendation, ...]) -> None:
    def calibrate(similarity: float) -> float | None:
        return None if similarity > 0.9 else similarity / 2

    service = Soundalike(FakeListener(), FakeIndex(results), FakeFetcher(), calibrate)
    answer = await service.recommend(CLIP, Span(), SearchOptions())
    assert [r.match for r in answer.results] == [None, 0.25]


async def test_what_counts_as_the_same_comes_from_the_model(
    results: tuple[Recommendation, ...],
) -> None:
    index, sameness = FakeIndex(results), Sameness(0.9, 0.91, 0.92)
    service = Soundalike(FakeListener(), index, FakeFetcher(), sameness=sameness)
    await service.recommend(CLIP, Span(), SearchOptions(count=3))
    await service.recommend_track("d4", SearchOptions(count=3))
    assert [options for _, options in index.asked] == [SearchOptions(3, sameness=sameness)] * 2


async def test_slow_look_ups_of_names_hold_up_no_search(
    results: tuple[Recommendation, ...],
) -> None:
    # Whoever resolves a name does so in the event loop's own threads.
    answered, threads = threading.Event(), ThreadPoolExecutor(1)
    loop = asyncio.get_running_loop()
    loop.set_default_executor(threads)
    look_up = loop.run_in_executor(None, answered.wait)
    with Soundalike(FakeListener(), FakeIndex(results), FakeFetcher()) as service:
        async with asyncio.timeout(10):
            assert (await service.recommend(CLIP, Span(), SearchOptions())).results == results
            assert await service.aside(str, 7) == "7"
        answered.set()
        await look_up


async def test_closing_lets_go_of_the_threads() -> None:
    with Soundalike(FakeListener(), FakeIndex(), FakeFetcher()) as service:
        thread = await service.aside(threading.current_thread)
    assert not thread.is_alive()


def test_another_space_is_refused_at_the_door() -> None:
    with pytest.raises(CatalogueError) as caught:
        Soundalike(FakeListener(), FakeIndex(stamp=replace(STAMP, space="other")), FakeFetcher())
    assert "tiny-1" in caught.value.sentence
    assert "SOUNDALIKE_MODEL" in caught.value.fix


async def test_another_space_is_refused_after_a_swap() -> None:
    index = FakeIndex()
    service = Soundalike(FakeListener(), index, FakeFetcher())
    index.stamp = replace(STAMP, space="other")
    with pytest.raises(CatalogueError):
        await service.recommend(CLIP, Span(), SearchOptions())
    assert index.asked == []


def test_another_file_of_the_same_space_is_noted() -> None:
    assert compare_stamps(STAMP, STAMP) == ""
    assert "another file" in compare_stamps(STAMP, replace(STAMP, sha512="1" * 128))
    model = replace(STAMP, precision="int8")
    catalogue = replace(STAMP, precision="fp16", sha512="1" * 128)
    assert "tiny in fp16, and int8 listens:" in compare_stamps(model, catalogue)
    assert "another file" in compare_stamps(model, replace(catalogue, precision="int8"))


def test_a_catalogue_of_several_files_is_noted_whichever_listens() -> None:
    fp16 = replace(STAMP, precision="fp16", sha512="1" * 128)
    int8 = replace(STAMP, precision="int8", sha512="2" * 128)
    fp32 = replace(STAMP, precision="fp32", sha512="3" * 128)
    assert "in part with tiny in fp16, and int8 listens:" in compare_stamps(int8, int8, [fp16])
    assert "in part with tiny in int8, and fp16 listens:" in compare_stamps(fp16, int8, [fp16])
    assert "made with tiny in int8 and fp16, and" in compare_stamps(fp32, int8, [fp16])
    unnamed = replace(fp16, precision="")
    assert "in part with another file" in compare_stamps(int8, int8, [unnamed])
    assert compare_stamps(fp16, fp16, [unnamed]) == ""
    index = FakeIndex(stamp=int8)
    index.others = (fp16,)
    assert "in part" in Soundalike(FakeListener(int8), index, FakeFetcher()).note


def test_other_dimensions_are_another_space() -> None:
    with pytest.raises(CatalogueError):
        compare_stamps(STAMP, replace(STAMP, dim=128))


async def test_the_state_is_read_however_much_is_searched() -> None:
    go = threading.Event()
    with Soundalike(FakeListener(), FakeIndex(), FakeFetcher()) as service:
        slow = [asyncio.create_task(service.aside(go.wait, 20)) for _ in range(20)]
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(10):
                assert await service.recall(pow, 2, 3) == 8
        finally:
            go.set()
            await asyncio.gather(*slow)
