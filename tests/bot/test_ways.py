"""Blends, comparisons, paths and what is for a person, over a real index of synthesised sounds."""

from collections.abc import Iterator

import numpy as np
import pytest

from bot.service import Soundalike
from bot.ways import blend, compare, for_you, path
from index.likes import Like
from index.opened import Index
from index.to_taste import taste_of
from models.types import ClipSource, EmbeddedClip, SearchOptions, Span
from tests.bot.fakes import FakeFetcher
from tests.bot.sounds import STAMP, MelEar, sound, wav


@pytest.fixture
def service(sound_index: Index) -> Iterator[Soundalike]:
    with Soundalike(
        MelEar(), sound_index, FakeFetcher(), lambda similarity: similarity / 2
    ) as made:
        yield made


async def heard(service: Soundalike, kind: str, seed: int = 9) -> EmbeddedClip:
    clip = ClipSource(wav(sound(kind, seed)), f"{kind}.wav")
    return await service.hear(clip, Span())


def kinds(results: object) -> list[str]:
    return [one.track.title.split()[1] for one in results]


async def test_a_blend_asks_for_what_is_like_each(service: Soundalike) -> None:
    low, high = await heard(service, "low"), await heard(service, "high")
    answer = await blend(service, [low, high], SearchOptions(6))
    assert answer.clip.name == "low.wav + high.wav"
    assert answer.same is None
    assert kinds(answer.results) != kinds((await service.ask(low, SearchOptions(6))).results)
    assert {"low", "middle", "high"} >= set(kinds(answer.results)[:3])
    assert [one.rank for one in answer.results] == list(range(1, 7))
    assert all(one.match == one.similarity / 2 for one in answer.results)


async def test_a_blend_of_tracks_answers_with_others(service: Soundalike) -> None:
    ids = [
        one.track.id
        for one in (await service.ask(await heard(service, "low"), SearchOptions())).results
    ]
    clips = [await service.hear_track(track) for track in ids[:2]]
    answer = await blend(service, clips, SearchOptions(4))
    assert len(answer.results) == 4
    assert not set(ids[:2]) & {one.track.id for one in answer.results}


async def test_a_sound_beside_itself_is_the_same_all_along(service: Soundalike) -> None:
    low = await heard(service, "low")
    same = compare(service, low, low)
    assert same.similarity == pytest.approx(1, abs=1e-5)
    assert same.match == pytest.approx(0.5, abs=1e-5)
    assert all(pair.clip == pair.track for pair in same.pairs)
    assert same.alike.shape == (len(same.first_starts), len(same.second_starts))


async def test_a_comparison_is_the_same_from_either_side(service: Soundalike) -> None:
    low, high = await heard(service, "low"), await heard(service, "shrill")
    one, other = compare(service, low, high), compare(service, high, low)
    assert one.similarity == pytest.approx(other.similarity, abs=1e-6)
    np.testing.assert_array_equal(one.alike, other.alike.T)
    assert one.similarity < compare(service, low, await heard(service, "low", 8)).similarity


async def test_a_path_goes_over_what_lies_between(service: Soundalike) -> None:
    first, last = await heard(service, "low"), await heard(service, "high")
    way = await path(service, first, last, SearchOptions(5))
    assert len({one.track.id for one in way}) == 5
    assert kinds(way)[0] == "low"
    assert kinds(way)[-1] == "high"


async def test_what_is_for_a_person_is_like_their_likes_and_new(service: Soundalike) -> None:
    liked = (await service.ask(await heard(service, "high"), SearchOptions(1))).results[0].track
    _, windows = await service.track(liked.id)
    thumbs = [Like(1, liked.id, 1, STAMP.space, windows.vectors, "", "", 0.0)]
    personal = taste_of(thumbs, STAMP.space, STAMP.dim)
    first = await for_you(service, personal, SearchOptions(2), frozenset())
    assert kinds(first) == ["high", "high"]
    shown = frozenset(one.track.id for one in first)
    second = await for_you(service, personal, SearchOptions(2), shown)
    assert not shown & {one.track.id for one in second}
    assert liked.id not in {one.track.id for one in (*first, *second)}
