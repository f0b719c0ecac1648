"""Lists of liked songs, long ones too: what is looked up, and who waits for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bot.gate import BusyError, Gate
from bot.playlists import wishes
from bot.playlists.wishes import MOST_WISHES, read_wishes
from bot.taste.importing import Importer
from index.likes import Likes
from index.opened import Index
from index.state_file import State
from models.types import Track
from tests.bot.fakes import MakeBot
from tests.bot.sounds import STAMP, sound, title, wav, windows_of
from tests.discord_server.driver import Discord

LIST = f'title\n"{title("low", 0)}"\n"{title("high", 1)}"\nUnknown\n'.encode()


class Held:
    """An index that looks names up once it is let."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.let = threading.Event()

    def __len__(self) -> int:
        return len(self._index)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    def complete(self, text: str, limit: int = 25) -> tuple[Track, ...]:
        self.let.wait(20)
        return self._index.complete(text, limit)


@pytest.fixture
def gate() -> Gate:
    return Gate(8, 8, 60.0)


@pytest.fixture
def held(sound_index: Index) -> Iterator[Held]:
    index = Held(sound_index)
    yield index
    index.let.set()


def counted(total: int) -> bytes:
    return "\n".join(["title", *(f"song {number}" for number in range(total))]).encode()


async def test_a_list_is_looked_up(gate: Gate, sound_index: Index) -> None:
    with Importer(gate) as importer:
        brought = await importer.look_up(LIST, sound_index)
    assert [track.title for track, _ in brought.found] == [title("low", 0), title("high", 1)]
    assert [mean.shape for _, mean in brought.found] == [(1, STAMP.dim)] * 2
    assert ([wish.title for wish in brought.missing], brought.left) == (["Unknown"], 0)


async def test_what_there_is_no_time_for_is_counted(gate: Gate, sound_index: Index) -> None:
    with Importer(gate, 5.0, count().__next__) as importer:
        brought = await importer.look_up(counted(1000), sound_index)
    assert len(brought.missing) + brought.left == 1000
    assert 0 < len(brought.missing) < brought.left


async def test_no_list_is_looked_up_further_once_the_bot_stops(
    gate: Gate, sound_index: Index
) -> None:
    with Importer(gate) as importer:
        await gate.close(0.0)
        with pytest.raises(BusyError, match="restarted"):
            await importer.look_up(LIST, sound_index)


async def test_only_so_many_lists_are_in_hand(gate: Gate, held: Held) -> None:
    with Importer(gate) as importer:
        lists = [asyncio.create_task(importer.look_up(LIST, held)) for _ in range(4)]
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await importer.look_up(LIST, held)
        held.let.set()
        assert [len(one.found) for one in await asyncio.gather(*lists)] == [2] * 4
        assert len((await importer.look_up(LIST, held)).found) == 2


async def test_buttons_answer_while_lists_are_looked_up(
    discord_server: Discord, make_bot: MakeBot, held: Held, state: State
) -> None:
    people = [discord_server.add_user(f"Member {number}") for number in range(4)]
    for person in people:
        discord_server.world.add_member(discord_server.guild, person)
    async with discord_server.running(make_bot(index=held)):
        clip = discord_server.upload("clip.wav", wav(sound("low", 7)))
        answer = await (await discord_server.slash("similar", {"file": clip})).final_message()
        imports = [
            await discord_server.slash(
                "likes import", {"file": discord_server.upload("liked.csv", LIST)}, user=person
            )
            for person in people
        ]
        turned = await discord_server.click(answer, "Next")
        await turned.message_where(lambda message: "**6.**" in message.text)
        held.let.set()
        for one in imports:
            assert "2 more tracks" in (await one.final_message()).text
    assert discord_server.rejections == []
    assert [len(Likes(state).of(person.id)) for person in people] == [2] * 4


async def test_a_list_changes_no_thumb_that_was_given(
    discord_with_bot: Discord, state: State, sound_index: Index
) -> None:
    ada, likes = discord_with_bot.member.id, Likes(state)
    hated = sound_index.complete(title("low", 0), 1)[0]
    await likes.give(ada, hated, -1, STAMP.space, windows_of(sound("low", 0)).vectors)
    file = discord_with_bot.upload("liked.csv", LIST)
    message = await (await discord_with_bot.slash("likes import", {"file": file})).final_message()
    assert "1 more track now" in message.text
    assert "1 of them has a thumb of yours already" in message.text
    assert {one.title: one.vote for one in likes.of(ada)} == {
        title("low", 0): -1,
        title("high", 1): 1,
    }


async def test_who_is_forgotten_meanwhile_likes_nothing(
    discord_server: Discord, make_bot: MakeBot, held: Held, state: State
) -> None:
    async with discord_server.running(make_bot(index=held)):
        file = discord_server.upload("liked.csv", LIST)
        result = await discord_server.slash("likes import", {"file": file})
        shown = await (await discord_server.slash("privacy")).final_message()
        sure = await (await discord_server.click(shown, "privacy:delete")).final_message()
        await (await discord_server.click(sure, "privacy:forget")).final_message()
        held.let.set()
        assert "had me forget you" in (await result.final_message()).text
    assert Likes(state).of(discord_server.member.id) == ()


async def test_lists_count_as_asks(discord_server: Discord, make_bot: MakeBot) -> None:
    member = discord_server.add_user("Member")
    discord_server.world.add_member(discord_server.guild, member)
    async with discord_server.running(make_bot(SOUNDALIKE_PER_MINUTE="1")):
        said = []
        for _ in range(2):
            file = discord_server.upload("liked.csv", LIST)
            result = await discord_server.slash("likes import", {"file": file}, user=member)
            said.append((await result.final_message()).text)
    assert "2 more tracks" in said[0]
    assert "more often than I can listen" in said[1]


async def test_many_likes_are_one_write_or_none(state: State, tmp_path: Path) -> None:
    likes = Likes(state)
    vectors = windows_of(sound("low", 0)).vectors
    many = [(Track(f"{number:032x}", f"Song {number}"), vectors) for number in range(300)]
    assert await likes.like_all(5, many, STAMP.space) == 300
    assert await likes.like_all(5, many[:10], STAMP.space) == 0
    assert await likes.like_all(5, [], STAMP.space) == 0
    broken = [(Track("a" * 32, "A"), vectors), (Track("b" * 32, None), vectors)]  # type: ignore[arg-type]
    with pytest.raises(Exception, match="NOT NULL"):
        await likes.like_all(6, broken, STAMP.space)
    assert likes.of(6) == ()


def test_a_list_is_read_no_further_than_it_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reading is lazy: of the songs beyond the last that counts none is looked at."""
    seen = count()
    made = wishes._wish

    def counting(title: str, artist: str = "") -> wishes.Wish:
        next(seen)
        return made(title, artist)

    monkeypatch.setattr(wishes, "_wish", counting)
    track = "<track><title>song {}</title></track>"
    numbers = range(4 * MOST_WISHES)
    for data in (
        counted(4 * MOST_WISHES),
        b"#EXTM3U\n" + counted(4 * MOST_WISHES),
        f"<playlist>{''.join(map(track.format, numbers))}</playlist>".encode(),
    ):
        before = next(seen)
        assert len(read_wishes(data)) == MOST_WISHES
        assert next(seen) - before <= MOST_WISHES + 2
    same = next(seen)
    assert len(read_wishes(b"title\n" + b"x\n" * 200_000)) == 1
    assert next(seen) - same <= 20 * MOST_WISHES + 2
