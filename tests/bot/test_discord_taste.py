"""Tastes over the wire: /foryou, /likes, /blend, /compare and /path."""

from __future__ import annotations

import io
import re
import threading
from typing import Any

import pytest
from PIL import Image

from bot import genre
from bot.taste import between, likes
from bot.ways import Comparison
from index.choices import TASTE, Choices
from index.likes import Likes
from index.names import fold
from index.opened import Index
from index.shown import Shown
from index.state_file import State
from models.types import CatalogueError, Track
from tests.bot.sounds import KINDS, STAMP, sound, title, wav
from tests.discord_server.content import Message
from tests.discord_server.driver import Discord

ADA = 1


def titles(message: Message) -> list[str]:
    return re.findall(r"\*\*\d+\.\*\* \*\*(.+?)\*\*", message.text)


def kinds(message: Message) -> list[str]:
    return [name.split()[1] for name in titles(message)]


def track_id(index: Index, kind: str, seed: int = 0) -> str:
    (track,) = [
        one for one in index.complete(title(kind, seed), 5) if one.title == title(kind, seed)
    ]
    return track.id


def menu(message: Message) -> str:
    return next(
        part["custom_id"]
        for part in message.parts()
        if part.get("custom_id", "").startswith("answer:pick:")
    )


async def like(
    state: State, index: Index, person: int, kind: str, seed: int, vote: int = 1
) -> None:
    track = index.find(track_id(index, kind, seed))
    vectors = index.query_of(track).windows.vectors
    await Likes(state).give(person, track, vote, STAMP.space, vectors)


async def test_without_likes_foryou_says_how_to_begin(discord_with_bot: Discord) -> None:
    message = await (await discord_with_bot.slash("foryou")).final_message()
    assert message.ephemeral
    assert "given no track a 👍" in message.text


async def test_foryou_finds_the_like_of_what_is_liked_and_new_each_time(
    discord_with_bot: Discord, state: State, sound_index: Index
) -> None:
    ada = discord_with_bot.member.id
    await like(state, sound_index, ada, "low", 0)
    first = await (await discord_with_bot.slash("foryou", {"count": 2})).final_message()
    assert first.ephemeral
    assert kinds(first) == ["low", "low"]
    assert "by the track you like" in first.text
    assert "heard" not in first.text
    second = await (await discord_with_bot.slash("foryou", {"count": 2})).final_message()
    assert not set(titles(first)) & set(titles(second))
    assert title("low", 0) not in titles(first) + titles(second)


async def test_foryou_begins_anew_when_everything_was_shown(
    discord_with_bot: Discord, state: State, sound_index: Index
) -> None:
    await like(state, sound_index, discord_with_bot.member.id, "low", 0)
    everything = await (await discord_with_bot.slash("foryou", {"count": 25})).final_message()
    again = await (await discord_with_bot.slash("foryou", {"count": 3})).final_message()
    assert len(titles(everything)) == 5  # a page
    assert kinds(again)[:2] == ["low", "low"]


async def test_what_was_shown_is_remembered_where_nothing_else_is_left(
    discord_with_bot: Discord, state: State, sound_index: Index
) -> None:
    ada, shown = discord_with_bot.member.id, Shown(state)
    for kind in KINDS:
        for seed in range(3):
            await like(state, sound_index, ada, kind, seed)
    await shown.add(ada, [track_id(sound_index, "low")])
    message = await (await discord_with_bot.slash("foryou")).final_message()
    assert not titles(message)
    assert shown.of(ada) == {track_id(sound_index, "low")}


async def test_that_somebody_gave_thumbs_is_read_by_nobody_else(
    discord_with_bot: Discord, state: State, sound_index: Index
) -> None:
    discord = discord_with_bot
    grace = discord.add_user("Grace", installed_app=True)
    discord.world.add_member(discord.guild, grace)
    await like(state, sound_index, grace.id, "middle", 0, -1)
    for place in (discord.channel, discord.world.direct(grace, discord.member)):
        clip = {"file": discord.upload("clip.wav", wav(sound("middle", 7)))}
        asked = await discord.slash("similar", clip, user=grace, channel=place)
        answer = await asked.final_message()
        assert not answer.ephemeral
        assert title("middle", 0) not in titles(answer)
        assert "taste" not in answer.text
        assert "thumb" not in answer.text
        # What is like one of them is for the eyes of who pressed.
        chosen = await discord.select(answer, menu(answer), ["1"], user=grace)
        panel = await chosen.final_message()
        pressed = await discord.click(panel, "More like this", user=grace)
        more = await pressed.final_message()
        assert more.ephemeral
        assert "To your taste" in more.text


async def test_thumbs_move_an_answer_and_the_card_says_so(
    discord_with_bot: Discord, state: State, sound_index: Index
) -> None:
    ada, dm = discord_with_bot.member.id, discord_with_bot.dm()
    clip = {"file": discord_with_bot.upload("clip.wav", wav(sound("middle", 7)))}
    before = await (await discord_with_bot.slash("similar", clip, channel=dm)).final_message()
    hated = titles(before)[0]
    await like(state, sound_index, ada, "middle", int(hated[-1]), -1)
    clip = {"file": discord_with_bot.upload("clip.wav", wav(sound("middle", 7)))}
    after = await (await discord_with_bot.slash("similar", clip, channel=dm)).final_message()
    assert hated not in titles(after)
    assert "To your taste: /likes taste switches that off." in after.text.replace("\\", "")
    await Choices(state).choose(ada, TASTE, "off")
    clip = {"file": discord_with_bot.upload("clip.wav", wav(sound("middle", 7)))}
    plain = await (await discord_with_bot.slash("similar", clip, channel=dm)).final_message()
    assert titles(plain) == titles(before)
    assert "taste" not in plain.text


async def test_nobody_s_thumbs_move_another_s_answer(
    discord_with_bot: Discord, state: State, sound_index: Index
) -> None:
    await like(state, sound_index, discord_with_bot.stranger.id, "middle", 0, -1)
    clip = {"file": discord_with_bot.upload("clip.wav", wav(sound("middle", 7)))}
    answer = await (await discord_with_bot.slash("similar", clip)).final_message()
    assert title("middle", 0) in titles(answer)


async def test_a_blend_of_two_files_asks_for_both(discord_with_bot: Discord) -> None:
    files = {
        "file": discord_with_bot.upload("low.wav", wav(sound("low", 7))),
        "file2": discord_with_bot.upload("shrill.wav", wav(sound("shrill", 7))),
    }
    answer = await (await discord_with_bot.slash("blend", files)).final_message()
    assert "low.wav + shrill.wav" in answer.text
    assert len(set(kinds(answer))) > 1
    assert [each.filename for each in answer.attachments] == ["clip-1.png", "clip-2.png"]


async def test_where_no_one_clip_was_heard_nothing_is_said_of_its_moments(
    discord_with_bot: Discord, state: State, sound_index: Index
) -> None:
    discord = discord_with_bot
    await like(state, sound_index, discord.member.id, "low", 0)
    files = {
        "file": discord.upload("low.wav", wav(sound("low", 7))),
        "file2": discord.upload("shrill.wav", wav(sound("shrill", 7))),
    }
    ends = {
        "start": track_id(sound_index, "low"),
        "goal": track_id(sound_index, "shrill"),
    }
    for command, options in (("blend", files), ("foryou", {}), ("path", ends)):
        answer = await (await discord.slash(command, options)).final_message()
        assert "heard" not in answer.text
        panel = await (await discord.select(answer, menu(answer), ["1"])).final_message()
        actions = [part["custom_id"].split(":")[1] for part in panel.parts() if "custom_id" in part]
        assert actions == ["more", "play", "like", "dislike"]
        # As a card of before still has the button.
        like_button = next(part for part in panel.parts() if ":like:" in part.get("custom_id", ""))
        like_button["custom_id"] = like_button["custom_id"].replace("like", "why")
        pressed = await discord.click(panel, like_button["custom_id"])
        told = await pressed.final_message()
        assert "I do not know any more which moments matched" in told.text
        assert told.attachments == []


async def test_of_a_track_in_a_blend_there_is_no_picture(
    discord_with_bot: Discord, sound_index: Index
) -> None:
    blended = {
        "file": discord_with_bot.upload("low.wav", wav(sound("low", 7))),
        "track": track_id(sound_index, "shrill"),
    }
    answer = await (await discord_with_bot.slash("blend", blended)).final_message()
    assert [each.filename for each in answer.attachments] == ["clip-1.png"]


async def test_where_the_catalogue_cannot_be_asked_nothing_is_offered(
    discord_with_bot: Discord, sound_index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> tuple[Track, ...]:
        raise CatalogueError("The index was lost.")

    monkeypatch.setattr(sound_index, "complete", lost)
    for command, option in (
        ("blend", "track"),
        ("compare", "track2"),
        ("path", "goal"),
        ("playlist search", "query"),
    ):
        assert await discord_with_bot.autocomplete(command, option, "low") == []


async def test_sounds_are_compared_beside_the_event_loop(
    discord_with_bot: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads, real = list[threading.Thread](), between.compare

    def noting(*given: Any) -> Comparison:
        threads.append(threading.current_thread())
        return real(*given)

    monkeypatch.setattr(between, "compare", noting)
    tracks = {"track": title("low", 0), "track2": title("high", 1)}
    await (await discord_with_bot.slash("compare", tracks)).final_message()
    assert [thread is threading.main_thread() for thread in threads] == [False]


async def test_a_blend_of_tracks_is_of_those_that_are_chosen(
    discord_with_bot: Discord, sound_index: Index
) -> None:
    offered = await discord_with_bot.autocomplete("blend", "track", "the low")
    assert [choice["name"] for choice in offered] == [
        f"{title('low', seed)} · Artist low {seed}" for seed in range(3)
    ]
    tracks = {"track": offered[0]["value"], "track2": title("high", 1)}
    answer = await (await discord_with_bot.slash("blend", tracks)).final_message()
    assert not {title("low", 0), title("high", 1)} & set(titles(answer))


@pytest.mark.parametrize("command", ["blend", "compare"])
async def test_one_sound_is_not_enough(discord_with_bot: Discord, command: str) -> None:
    files = {"file": discord_with_bot.upload("low.wav", wav(sound("low", 7)))}
    message = await (await discord_with_bot.slash(command, files)).final_message()
    assert message.ephemeral
    assert "two" in message.text


async def test_two_sounds_are_compared_with_a_picture(discord_with_bot: Discord) -> None:
    files = {
        "file": discord_with_bot.upload("one.wav", wav(sound("low", 7))),
        "file2": discord_with_bot.upload("other.wav", wav(sound("low", 7))),
    }
    answer = await (await discord_with_bot.slash("compare", files)).final_message()
    assert "one.wav ↔ other.wav" in answer.text
    assert "nearly the same sound (1.00)" in answer.text
    with Image.open(io.BytesIO(answer.file("compare.png"))) as picture:
        assert picture.width > picture.height


async def test_a_track_that_nobody_knows_is_a_sentence(discord_with_bot: Discord) -> None:
    tracks = {"track": "zzz", "track2": "yyy"}
    message = await (await discord_with_bot.slash("compare", tracks)).final_message()
    assert "no track called zzz" in message.text


async def test_a_path_leads_from_one_kind_to_another(
    discord_with_bot: Discord, sound_index: Index
) -> None:
    ends = {
        "start": track_id(sound_index, "low"),
        "goal": track_id(sound_index, "high"),
        "steps": 4,
    }
    answer = await (await discord_with_bot.slash("path", ends)).final_message()
    assert f"From {title('low', 0)} to {title('high', 0)}" in answer.text
    way = [KINDS.index(kind) for kind in kinds(answer)]
    assert len(way) == 4
    assert way[0] < way[-1]


async def test_likes_are_listed_and_taken_back(
    discord_with_bot: Discord, state: State, sound_index: Index
) -> None:
    ada = discord_with_bot.member.id
    await like(state, sound_index, ada, "low", 0)
    await like(state, sound_index, ada, "high", 2, -1)
    listed = await (await discord_with_bot.slash("likes list")).final_message()
    assert listed.ephemeral
    assert f"👎 **{title('high', 2)}**" in listed.text
    assert f"👍 **{title('low', 0)}**" in listed.text
    assert listed.text.startswith("### Your thumbs\n")  # those down are no likes
    assert "Your thumbs move what you find" in listed.text
    offered = await discord_with_bot.autocomplete("likes remove", "track", "low")
    assert len(offered) == 1
    removed = await discord_with_bot.slash("likes remove", {"track": offered[0]["value"]})
    assert title("low", 0) in (await removed.final_message()).text
    assert [one.title for one in Likes(state).of(ada)] == [title("high", 2)]
    again = await discord_with_bot.slash("likes remove", {"track": offered[0]["value"]})
    assert "no such track" in (await again.final_message()).text


async def test_names_are_read_beside_the_event_loop(
    discord_with_bot: Discord,
    state: State,
    sound_index: Index,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who likes thousands of tracks would hold everybody up with each letter they type."""
    threads = set()

    def noting(text: str) -> str:
        threads.add(threading.current_thread())
        return fold(text)

    monkeypatch.setattr(likes, "fold", noting)
    monkeypatch.setattr(genre, "fold", noting)
    await like(state, sound_index, discord_with_bot.member.id, "low", 0)
    assert await discord_with_bot.autocomplete("likes remove", "track", "LOW")
    await discord_with_bot.autocomplete("similar", "genre", "jazz")
    removed = await discord_with_bot.slash("likes remove", {"track": title("low", 0).upper()})
    assert "Taken back" in (await removed.final_message()).text
    assert threads
    assert threading.main_thread() not in threads


async def test_a_list_of_liked_songs_is_brought_along(
    discord_with_bot: Discord, state: State
) -> None:
    rows = f'Track Name,Artist Name(s)\n"{title("low", 1)}",Artist low 1\nUnknown Song,Nobody\n'
    file = discord_with_bot.upload("liked.csv", rows.encode())
    result = await discord_with_bot.slash("likes import", {"file": file})
    message = await result.final_message()
    assert "1 more track" in message.text
    assert "1 song of the list is not" in message.text
    assert "Unknown Song" in message.text
    assert [one.title for one in Likes(state).of(discord_with_bot.member.id)] == [title("low", 1)]


async def test_what_is_no_list_is_a_sentence(discord_with_bot: Discord) -> None:
    file = discord_with_bot.upload("liked.csv", b"\x00\x01")
    result = await discord_with_bot.slash("likes import", {"file": file})
    assert "no songs in that list" in (await result.final_message()).text


async def test_taste_is_switched_off_and_on(discord_with_bot: Discord, state: State) -> None:
    ada = discord_with_bot.member.id
    for value, said in (("off", "don't move"), ("on", "Your thumbs move")):
        result = await discord_with_bot.slash("likes taste", {"count": value})
        assert said in (await result.final_message()).text
        assert Choices(state).of(ada, TASTE, "") == value


@pytest.mark.parametrize("form", ["m3u8", "xspf", "jspf", "csv"])
async def test_likes_are_saved_as_a_playlist(
    discord_with_bot: Discord, state: State, sound_index: Index, form: str
) -> None:
    await like(state, sound_index, discord_with_bot.member.id, "low", 0)
    await like(state, sound_index, discord_with_bot.member.id, "high", 0, -1)
    message = await (await discord_with_bot.slash("likes save", {"form": form})).final_message()
    (file,) = message.attachments
    assert file.filename == f"what-you-like.{form}"
    data = message.file(file.filename)
    assert title("low", 0).encode() in data
    assert b"high" not in data
