"""A zip into a server's library, over the wire: what comes of it, and what happens meanwhile."""

from __future__ import annotations

import asyncio
import io
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from bot.library.importing import Progress
from bot.library.report import Report
from index.libraries import Libraries
from index.state import open_state
from index.state_file import State
from models.types import ClipSource, HeardTrack, PassingError, StateError
from tests.bot.fakes import MakeBot
from tests.bot.sounds import MelEar, sound, wav
from tests.discord_server.content import Message
from tests.discord_server.driver import Discord
from tests.discord_server.results import InteractionResult

OURS = [wav(sound("low", 60 + number), "FLAC") for number in range(3)]


def packed(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return file.getvalue()


THREE = packed({f"Ann - Song {number}.flac": data for number, data in enumerate(OURS)})


async def bring(discord: Discord, data: bytes, name: str = "music.zip") -> InteractionResult:
    return await discord.slash("library import", {"file": discord.upload(name, data)})


async def said(discord: Discord, data: bytes, name: str = "music.zip") -> Message:
    return await (await bring(discord, data, name)).message_where(is_done)


def is_done(message: Message) -> bool:
    return bool(message.text) and not message.text.startswith(("Listening:", "Ich höre:"))


def titles(state: State, discord: Discord) -> list[str]:
    return [track.title for track in Libraries(state).tracks(discord.guild.id)]


def on_disk(path: Path) -> list[str]:
    """Return the titles that somebody else who opens the file finds in it."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return [title for (title,) in database.execute("SELECT title FROM library")]


class Patient(MelEar):
    """Hears a track when it is let."""

    def __init__(self) -> None:
        self.let = asyncio.Semaphore(0)
        self.hearing = asyncio.Event()

    async def hear_whole(self, source: ClipSource) -> HeardTrack:
        self.hearing.set()
        await self.let.acquire()
        return await super().hear_whole(source)


async def test_what_is_in_it_is_found_and_the_rest_is_told(
    discord_with_bot: Discord, state: State
) -> None:
    files = {f"Album/Ann - Song {number}.flac": data for number, data in enumerate(OURS)}
    files |= {
        "Album/again.flac": OURS[0],
        "Album/@everyone [x](https://example.org).mp3": b"nothing",
        "quiet.wav": b"",
        "more.zip": THREE,
        "cover.jpg": b"-",
    }
    report = await said(discord_with_bot, packed(files))
    assert not report.ephemeral
    assert not report.pings
    assert report.text.splitlines()[:4] == [
        "**3 tracks are new in this server's library.**",
        "1 was there already.",
        "1 other file is no audio.",
        "3 files were left out:",
    ]
    # What is said of a file by its name does not begin with it again.
    assert "-# quiet.wav cannot be read as audio." in report.text
    assert "more.zip: It is an archive in the archive" in report.text.replace("\\", "")
    assert titles(state, discord_with_bot) == ["Song 0", "Song 1", "Song 2"]
    clip = discord_with_bot.upload("clip.wav", wav(sound("low", 61)))
    same = await (await discord_with_bot.slash("similar", {"file": clip})).final_message()
    assert "from this server" in same.text
    again = await said(discord_with_bot, THREE)
    assert again.text.startswith("**0 tracks are new in this server's library.**")
    assert "3 were there already" in again.text


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("music.rar", THREE, "not a zip I can read"),
        ("music.zip", b"PK nothing", "not a zip I can read"),
        ("music.zip", packed({}), "no audio in that zip"),
        ("music.zip", packed({"a.txt": b"-"}), "no audio in that zip"),
    ],
)
async def test_what_is_no_zip_of_audio_is_a_sentence(
    discord_with_bot: Discord, name: str, data: bytes, words: str
) -> None:
    assert words in (await said(discord_with_bot, data, name)).text


async def test_a_zip_too_large_is_not_downloaded(discord_with_bot: Discord) -> None:
    huge = discord_with_bot.upload("music.zip", THREE, size=300_000_000)
    told = await discord_with_bot.slash("library import", {"file": huge})
    assert "has 300 MB, and I take 250 MB" in (await told.final_message()).text
    assert not [place for place, _ in discord_with_bot.downloads if "music.zip" in place]


async def test_a_full_library_ends_it(
    discord_server: Discord, make_bot: MakeBot, state: State
) -> None:
    async with discord_server.running(make_bot(SOUNDALIKE_LIBRARY="2")):
        text = (await said(discord_server, THREE)).text.replace("\\", "")
    assert "2 tracks are new" in text
    assert "library is full: it holds 2 tracks" in text
    assert "1 file was not listened to" in text
    assert titles(state, discord_server) == ["Song 0", "Song 1"]
    assert discord_server.rejections == []


async def test_one_at_a_time_and_others_are_heard_meanwhile(
    discord_server: Discord, make_bot: MakeBot, state: State
) -> None:
    ear = Patient()
    async with discord_server.running(make_bot(listener=ear)):
        first = await bring(discord_server, THREE)
        await ear.hearing.wait()
        shown = await first.final_message()
        assert shown.text == "Listening: 0 of 3 files …"
        second = await bring(discord_server, THREE)
        assert "still listening to another archive" in (await second.final_message()).text
        clip = discord_server.upload("clip.wav", wav(sound("low", 7)))
        asked = await discord_server.slash("similar", {"file": clip})
        assert "The low one" in (await asked.final_message()).text
        for _ in range(3):
            ear.let.release()
        report = await first.message_where(is_done)
        assert report is shown
        assert len(titles(state, discord_server)) == 3
    assert discord_server.rejections == []


async def test_a_token_that_ran_out_costs_the_progress_and_not_the_tracks(
    discord_server: Discord, make_bot: MakeBot, state: State
) -> None:
    ear = Patient()
    async with discord_server.running(make_bot(listener=ear)):
        first = await bring(discord_server, THREE)
        await ear.hearing.wait()
        before = len(discord_server.messages())
        discord_server.advance(901)
        for _ in range(3):
            ear.let.release()
        await discord_server.until(lambda: len(discord_server.messages()) > before)
        report = discord_server.messages()[-1]
        assert "3 tracks are new" in report.text
        assert report not in first.responses
    assert titles(state, discord_server) == ["Song 0", "Song 1", "Song 2"]


async def test_a_bot_that_stops_says_how_far_it_came(
    discord_server: Discord, make_bot: MakeBot, state: State
) -> None:
    ear = Patient()
    bot = make_bot(listener=ear)
    async with discord_server.running(bot):
        first = await bring(discord_server, THREE)
        await ear.hearing.wait()
        leaving = asyncio.create_task(bot.take_leave(10.0))
        await asyncio.sleep(0)
        ear.let.release()
        report = await first.message_where(is_done)
        await leaving
    assert "1 track is new" in report.text
    assert "I am being restarted" in report.text
    assert "2 files were not listened to" in report.text
    assert "Import the same zip again in a minute" in report.text
    assert "Ask again" not in report.text
    assert titles(state, discord_server) == ["Song 0"]


async def test_the_same_zip_goes_on_where_it_was_stopped(
    discord_server: Discord, make_bot: MakeBot, tmp_path: Path
) -> None:
    ear = Patient()
    path = tmp_path / "kept" / "state.sqlite"
    with open_state(path) as before:
        async with discord_server.running(make_bot(listener=ear, remembered=before)):
            await bring(discord_server, THREE)
            ear.let.release()
            # On the disk while the next one is heard, whatever becomes of the bot now.
            await discord_server.until(lambda: on_disk(path) == ["Song 0"])
    heard: list[str] = []

    class Counting(MelEar):
        async def hear_whole(self, source: ClipSource) -> HeardTrack:
            heard.append(source.name)
            return await super().hear_whole(source)

    with open_state(path) as after:
        async with discord_server.running(make_bot(listener=Counting(), remembered=after)):
            report = await said(discord_server, THREE)
            assert titles(after, discord_server) == ["Song 0", "Song 1", "Song 2"]
    assert heard == ["Ann - Song 1.flac", "Ann - Song 2.flac"]
    assert report.text.splitlines() == [
        "**2 tracks are new in this server's library.**",
        "1 was there already.",
    ]


async def test_what_a_full_library_has_is_passed_over(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    async with discord_server.running(make_bot(SOUNDALIKE_LIBRARY="2")):
        await said(discord_server, THREE)
        again = (await said(discord_server, THREE)).text
    assert "**0 tracks are new in this server's library.**\n2 were there already." in again
    assert "1 file was not listened to" in again
    # The same zip would stop at the same file.
    assert "Import the same zip" not in again
    assert "Take something out with /library remove" in again


async def test_why_it_ended_is_said_in_the_readers_language(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    discord_server.member.locale = "de"
    bots = make_bot(listener=Patient(), patience=0.2), make_bot(SOUNDALIKE_LIBRARY="1")
    said_to: list[str] = []
    for bot in bots:
        async with discord_server.running(bot):
            said_to.append((await said(discord_server, THREE)).text.replace("\\", ""))
    slow, full = said_to
    assert "Die Bibliothek dieses Servers ist voll: Sie fasst 1 Titel." in full
    assert "Nimm etwas mit /bibliothek entfernen heraus" in full
    assert "Mit „Ann - Song 0.flac“ wurde ich nicht rechtzeitig fertig" in slow
    assert "Importiere dasselbe Zip noch einmal: Was schon hier ist" in slow


async def test_a_file_that_takes_too_long_is_named(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    async with discord_server.running(make_bot(listener=Patient(), patience=0.2)):
        text = (await said(discord_server, THREE)).text.replace("\\", "")
    assert "I could not finish “Ann - Song 0.flac” in time" in text
    assert "3 files were not listened to" in text
    assert "Import the same zip again: what is here already is passed over" in text
    assert "leave that file out" in text


async def test_a_worker_that_fails_leaves_one_out_and_a_full_disk_ends_it(
    discord_server: Discord, make_bot: MakeBot, caplog: pytest.LogCaptureFixture
) -> None:
    class Unlucky(MelEar):
        async def hear_whole(self, source: ClipSource) -> HeardTrack:
            if "Song 0" in source.name:
                raise PassingError("The process that listened died.", "Try again.")
            raise StateError("state.sqlite cannot be used: no room.", "Make room.")

    async with discord_server.running(make_bot(listener=Unlucky())):
        text = (await said(discord_server, THREE)).text
    assert "Ann - Song 0.flac: The process that listened died." in text.replace("\\", "")
    assert "cannot remember anything right now" in text
    assert "2 files were not listened to" in text
    assert "finds the reason in my log" in text
    assert "Import the same zip" not in text
    assert "no room" in caplog.text


async def test_progress_is_told_now_and_then_until_it_cannot_be() -> None:
    told: list[int] = []
    fails = False

    async def show(report: Report) -> None:
        told.append(report.added)
        if fails:
            raise OSError("gone")

    progress = Progress(show, every=0.0)
    await progress.tell(Report(added=1))
    await progress.tell(Report(added=2))
    assert told == [1, 2]
    fails = True
    await progress.tell(Report(added=3))
    fails = False
    await progress.tell(Report(added=4))
    assert told == [1, 2, 3]
    rare = Progress(show, every=3_600.0)
    for number in range(5, 9):
        await rare.tell(Report(added=number))
    assert told == [1, 2, 3, 5]
