"""What is kept, about, help and the host's own commands, over the wire."""

from __future__ import annotations

import asyncio
import importlib.metadata
import io
import json
import re
import time
import zipfile
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from bot.app import SoundalikeBot
from bot.live import LiveIndex
from bot.trust import privacy
from bot.words import ENGLISH
from index.likes import Likes
from index.opened import open_index
from index.state_file import State
from models.types import ClipSource, EmbeddedClip, Span, Track
from tests.bot.fakes import MakeBot
from tests.bot.sounds import STAMP, MelEar, build_index, sound, title, wav, windows_of
from tests.discord_server.driver import Discord
from tests.discord_server.offers import NotOfferedError
from tests.discord_server.people import Permission
from tests.discord_server.results import InteractionResult

TRACK = Track("t" * 32, "A title", "Ann")


def on_disk(state: State) -> bytes:
    files = state.path.parent.glob(state.path.name + "*")
    return b"".join(file.read_bytes() for file in files)


def held(bot: SoundalikeBot) -> list[object]:
    """List the views that discord.py holds for messages, and those that answer for all."""
    store = bot._connection._view_store
    return [*store._views, *store._synced_message_views]


async def thumb(state: State, person: int) -> None:
    windows = windows_of(sound("low", 1))
    await Likes(state).give(person, TRACK, 1, STAMP.space, windows.vectors)


async def test_privacy_names_every_table_and_counts_the_askers_own(
    discord_with_bot: Discord, state: State
) -> None:
    ada = discord_with_bot.member
    await thumb(state, ada.id)
    shown = await (await discord_with_bot.slash("privacy")).final_message()
    assert shown.ephemeral
    assert "never kept" in shown.text
    assert "1 entry of yours" in shown.text
    assert shown.text.count("entries of yours") == len([k for k in state.kept if k.person]) - 1


def test_every_table_is_explained_as_the_state_itself_does(state: State) -> None:
    assert {each.table: ENGLISH(f"kept.{each.table}") for each in state.kept} == {
        each.table: each.why for each in state.kept
    }


async def test_what_is_kept_is_handed_over_as_json(discord_with_bot: Discord, state: State) -> None:
    await thumb(state, discord_with_bot.member.id)
    shown = await (await discord_with_bot.slash("privacy")).final_message()
    result = await discord_with_bot.click(shown, "privacy:export")
    message = await result.final_message()
    assert message.ephemeral
    (name,) = [file.filename for file in message.attachments]
    mine = json.loads(message.file(name))
    assert [row["title"] for row in mine["likes"]] == ["A title"]


async def test_what_is_too_much_for_a_file_comes_in_several(
    discord_with_bot: Discord, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privacy, "LARGEST_FILE", 1 << 14)
    ada, likes = discord_with_bot.member.id, Likes(state)
    vectors = np.random.default_rng(6).normal(size=(600, 1, STAMP.dim)).astype(np.float32)
    many = [(Track(f"{n:032x}", f"Song {n}"), one) for n, one in enumerate(vectors)]
    await likes.like_all(ada, many, STAMP.space)
    shown = await (await discord_with_bot.slash("privacy")).final_message()
    assert "600 entries of yours" in shown.text
    result = await discord_with_bot.click(shown, "privacy:export")
    first = await result.final_message()
    second = await result.message_where(lambda message: "more of it" in message.text)
    assert second.ephemeral
    names = [file.filename for file in (*first.attachments, *second.attachments)]
    assert len(names) == len(set(names))
    assert len(first.attachments) == 10
    found = []
    for message in (first, second):
        for file in message.attachments:
            data = message.file(file.filename)
            assert len(data) <= 1 << 14
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                part = json.loads(archive.read(archive.namelist()[0]))
            found += [row["title"] for row in part["likes"]]
    assert found == [track.title for track, _ in many]


async def test_nothing_is_handed_over_where_files_may_not_be_sent(
    discord_with_bot: Discord,
) -> None:
    discord_with_bot.channel.bot_permissions &= ~Permission.ATTACH_FILES
    shown = await (await discord_with_bot.slash("privacy")).final_message()
    message = await (await discord_with_bot.click(shown, "privacy:export")).final_message()
    assert "may not send files" in message.text
    assert message.ephemeral


async def test_who_wants_to_be_forgotten_is_asked_once_more_and_then_is(
    discord_with_bot: Discord, state: State
) -> None:
    ada = discord_with_bot.member
    await thumb(state, ada.id)
    await thumb(state, 77)
    shown = await (await discord_with_bot.slash("privacy")).final_message()
    sure = await (await discord_with_bot.click(shown, "privacy:delete")).final_message()
    assert "Forget everything" in sure.text
    assert len(Likes(state).of(ada.id)) == 1
    done = await (await discord_with_bot.click(sure, "privacy:forget")).final_message()
    assert "1 entry is deleted" in done.text
    assert Likes(state).of(ada.id) == ()
    assert len(Likes(state).of(77)) == 1


class Slow(MelEar):
    """Hears once it is let."""

    def __init__(self) -> None:
        self.let = asyncio.Event()

    async def hear(self, source: ClipSource, span: Span) -> EmbeddedClip:
        await self.let.wait()
        return await super().hear(source, span)


async def test_what_was_on_its_way_is_forgotten_too(
    discord_server: Discord, make_bot: MakeBot, state: State
) -> None:
    ear = Slow()

    def kept() -> int:
        return int(state.read(lambda db: db.execute("SELECT count(*) FROM answers").fetchone()[0]))

    async def ask() -> InteractionResult:
        clip = discord_server.upload("clip.wav", wav(sound("low", 7)))
        return await discord_server.slash("similar", {"file": clip})

    async with discord_server.running(make_bot(ear)):
        before = await ask()
        shown = await (await discord_server.slash("privacy")).final_message()
        sure = await (await discord_server.click(shown, "privacy:delete")).final_message()
        await (await discord_server.click(sure, "privacy:forget")).final_message()
        ear.let.set()
        answer = await before.final_message()
        assert title("low", 0) in answer.text
        assert kept() == 0
        await (await ask()).final_message()
        assert kept() == 1
    assert discord_server.rejections == []


async def test_what_was_forgotten_is_gone_from_the_disk(
    discord_with_bot: Discord, state: State
) -> None:
    await thumb(state, discord_with_bot.member.id)
    assert TRACK.id.encode() in on_disk(state)
    shown = await (await discord_with_bot.slash("privacy")).final_message()
    sure = await (await discord_with_bot.click(shown, "privacy:delete")).final_message()
    await (await discord_with_bot.click(sure, "privacy:forget")).final_message()
    assert TRACK.id.encode() not in on_disk(state)


async def test_panels_that_were_sent_are_not_held_in_memory(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    bot = make_bot()
    async with discord_server.running(bot):
        before = len(held(bot))
        for name in ("privacy", "about", "help"):
            await (await discord_server.slash(name)).final_message()
        assert len(held(bot)) == before
        # The buttons are known all the same, and the panels they bring are not held either.
        shown = await (await discord_server.slash("privacy")).final_message()
        sure = await (await discord_server.click(shown, "privacy:delete")).final_message()
        await (await discord_server.click(sure, "privacy:keep")).final_message()
        assert len(held(bot)) == before
    assert discord_server.rejections == []


async def test_who_thinks_better_of_it_keeps_it_all(
    discord_with_bot: Discord, state: State
) -> None:
    await thumb(state, discord_with_bot.member.id)
    shown = await (await discord_with_bot.slash("privacy")).final_message()
    sure = await (await discord_with_bot.click(shown, "privacy:delete")).final_message()
    kept = await (await discord_with_bot.click(sure, "privacy:keep")).final_message()
    assert "stays as it is" in kept.text
    assert len(Likes(state).of(discord_with_bot.member.id)) == 1


async def test_the_buttons_work_after_a_restart(
    discord_server: Discord, make_bot: MakeBot, state: State
) -> None:
    async with discord_server.running(make_bot()):
        shown = await (await discord_server.slash("privacy")).final_message()
    async with discord_server.running(make_bot()):
        sure = await (await discord_server.click(shown, "privacy:delete")).final_message()
    assert "Forget everything" in sure.text
    assert discord_server.rejections == []


async def test_about_says_what_it_is(discord_with_bot: Discord) -> None:
    shown = await (await discord_with_bot.slash("about")).final_message()
    assert shown.ephemeral
    assert "mean-mel 1" in shown.text
    assert "12 tracks" in shown.text
    assert "discord.py 2" in shown.text
    (began,) = re.findall(r"- Started <t:(\d+):R>", shown.text)
    assert 1_700_000_000 < int(began) <= time.time()


async def test_about_is_said_where_the_project_is_not_installed(
    discord_with_bot: Discord, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = importlib.metadata.version

    def version(package: str) -> str:
        if package in ("soundalike", "usearch"):
            raise importlib.metadata.PackageNotFoundError(package)
        return told(package)

    monkeypatch.setattr(importlib.metadata, "version", version)
    shown = await (await discord_with_bot.slash("about")).final_message()
    assert "- Run from its source, not installed\n- I listen with" in shown.text
    assert "-# discord.py 2" in shown.text
    assert "usearch" not in shown.text


async def test_help_comes_in_every_place(discord_with_bot: Discord) -> None:
    for channel in (discord_with_bot.channel, discord_with_bot.dm()):
        shown = await (await discord_with_bot.slash("help", channel=channel)).final_message()
        assert shown.ephemeral
        assert "/similar" in shown.text


async def test_help_names_commands_as_the_readers_client_does(discord_with_bot: Discord) -> None:
    erna = discord_with_bot.add_user("Erna", locale="de")
    discord_with_bot.world.add_member(discord_with_bot.guild, erna)
    shown = await (await discord_with_bot.slash("help", user=erna)).final_message()
    assert "`/ähnlich datei: riff.mp3" in shown.text
    assert "/similar" not in shown.text


@pytest.fixture
async def hosted(
    discord_server: Discord, make_bot: MakeBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Discord]:
    """Run a bot of Ada's with two indexes in its data directory."""
    for name in ("main", "other"):
        build_index(tmp_path / "indexes" / name, {"low": f"{name} low"})

    async def is_owner(_self: SoundalikeBot, user: object) -> bool:
        return getattr(user, "id", None) == discord_server.member.id

    monkeypatch.setattr(SoundalikeBot, "is_owner", is_owner)
    opener = partial(open_index, tmp_path / "indexes" / "main")
    with LiveIndex(opener) as index:
        bot = make_bot(index=index, SOUNDALIKE_HOME=str(tmp_path))
        async with discord_server.running(bot):
            yield discord_server
    assert discord_server.rejections == []


async def test_the_host_sees_what_goes_on(hosted: Discord) -> None:
    shown = await (await hosted.slash("admin status")).final_message()
    assert shown.ephemeral
    assert "12 tracks" in shown.text
    assert "Asks worked on: 0" in shown.text


async def test_the_hosts_commands_are_shown_to_administrators_alone(hosted: Discord) -> None:
    someone = hosted.add_user("Someone", installed_app=True)
    hosted.world.add_member(hosted.guild, someone)
    for place in (hosted.channel, hosted.dm(someone)):
        with pytest.raises(NotOfferedError):
            await hosted.slash("admin status", user=someone, channel=place)


async def test_nobody_else_is_let_in(hosted: Discord, discord_server: Discord) -> None:
    hosted.world.add_member(hosted.guild, hosted.stranger, Permission.ADMINISTRATOR)
    assert await hosted.autocomplete("admin swap", "index", "oth", user=hosted.stranger) == []
    for command, options in (("status", {}), ("reload", {}), ("swap", {"index": "other"})):
        result = await hosted.slash(f"admin {command}", options, user=discord_server.stranger)
        assert "whoever runs me" in (await result.final_message()).text


async def test_the_host_takes_a_new_generation_at_once(hosted: Discord, tmp_path: Path) -> None:
    shown = await (await hosted.slash("admin reload")).final_message()
    assert "newest generation already" in shown.text
    build_index(tmp_path / "indexes" / "main", {"low": "built anew"})
    shown = await (await hosted.slash("admin reload")).final_message()
    assert "a newer generation" in shown.text


async def test_the_host_swaps_to_another_index(hosted: Discord) -> None:
    offered = await hosted.autocomplete("admin swap", "index", "oth")
    assert [choice["value"] for choice in offered] == ["other"]
    shown = await (await hosted.slash("admin swap", {"index": "other"})).final_message()
    assert "I answer from other now, of 12 tracks" in shown.text
    clip = hosted.upload("clip.wav", wav(sound("low", 7)))
    answer = await (await hosted.slash("similar", {"file": clip})).final_message()
    assert "other low" in answer.text


async def test_an_index_outside_the_folder_is_none(hosted: Discord) -> None:
    shown = await (await hosted.slash("admin swap", {"index": "../main"})).final_message()
    assert "There is no index" in shown.text


async def test_an_index_that_cannot_be_opened_is_a_sentence_for_the_host(
    hosted: Discord, tmp_path: Path
) -> None:
    (generation,) = (tmp_path / "indexes" / "other").glob("generation-*")
    (generation / "manifest.json").write_text("{}")
    shown = await (await hosted.slash("admin swap", {"index": "other"})).final_message()
    assert "index" in shown.text
    assert "out of order" not in shown.text
    clip = hosted.upload("clip.wav", wav(sound("low", 7)))
    answer = await (await hosted.slash("similar", {"file": clip})).final_message()
    assert "main low" in answer.text
