"""`/similar` over the wire: an unpatched client, a strict Discord, a real index."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np
import pytest
from aiohttp import web
from PIL import Image

from bot.app import PATIENCE
from models.fetch import GuardedFetcher
from models.types import CatalogueError, ClipSource, EmbeddedClip, Span
from tests.bot.fakes import FakeFetcher, MakeBot
from tests.bot.sounds import KINDS, MelEar, sound, title, wav
from tests.discord_server.cdn import url
from tests.discord_server.content import Delivery, Message
from tests.discord_server.driver import Discord
from tests.discord_server.interactions import TOKEN_LASTS_S
from tests.discord_server.people import Permission

CLIP = wav(sound("low", 7))


def first_result(message: Message) -> str:
    return next(line for line in message.text.splitlines() if line.startswith("**1.**"))


@pytest.mark.parametrize("kind", KINDS)
async def test_an_attachment_is_answered_with_tracks_of_its_kind(
    discord_with_bot: Discord, kind: str
) -> None:
    clip = discord_with_bot.upload("my_clip.wav", wav(sound(kind, 7)))
    result = await discord_with_bot.slash("similar", {"file": clip, "count": 3})
    assert result.deferred
    answer = await result.final_message()
    rows = [line for line in answer.text.splitlines() if line[:4] in ("**1.", "**2.", "**3.")]
    assert len(rows) == 3
    assert all(f"The {kind} one" in row for row in rows)
    assert "my\\_clip.wav" in answer.text
    assert "sounds like it at 0:00" in answer.text
    assert f"(https://example.org/{kind}/" in answer.text
    assert "12 tracks" in answer.text
    assert not answer.pings


async def test_the_answer_shows_the_clips_picture(discord_with_bot: Discord) -> None:
    clip = discord_with_bot.upload("clip.flac", wav(sound("low", 7), "FLAC"))
    answer = await (await discord_with_bot.slash("similar", {"file": clip})).final_message()
    with Image.open(io.BytesIO(answer.file("clip.png"))) as picture:
        assert picture.size == (800, 200)


async def test_without_the_right_to_attach_there_is_no_picture(discord_with_bot: Discord) -> None:
    discord_with_bot.channel.bot_permissions &= ~Permission.ATTACH_FILES
    clip = discord_with_bot.upload("clip.wav", wav(sound("low", 7)))
    answer = await (await discord_with_bot.slash("similar", {"file": clip})).final_message()
    assert answer.attachments == []
    assert "The low one" in first_result(answer)


async def test_the_clip_itself_is_named_apart(discord_with_bot: Discord) -> None:
    clip = discord_with_bot.upload("clip.wav", wav(sound("low", 1), "WAV"))
    answer = await (await discord_with_bot.slash("similar", {"file": clip})).final_message()
    assert f"This is **{title('low', 1)}**" in answer.text
    assert title("low", 1) not in first_result(answer)


async def test_start_and_end_choose_the_part(discord_with_bot: Discord) -> None:
    both = wav(np.concatenate([sound("low", 7), sound("high", 7)]))
    clip = discord_with_bot.upload("both.wav", both)
    part = {"file": clip, "start": "0:07", "end": "11s"}
    answer = await (await discord_with_bot.slash("similar", part)).final_message()
    assert "The high one" in first_result(answer)
    assert "heard 0:07 – 0:11" in answer.text


@pytest.fixture
async def site() -> AsyncIterator[str]:
    async def serve(_: web.Request) -> web.Response:
        return web.Response(body=wav(sound("high", 7)), content_type="audio/wav")

    app = web.Application()
    app.router.add_get("/clip.wav", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_link_is_fetched_and_answered(
    discord_server: Discord, make_bot: MakeBot, site: str
) -> None:
    fetcher = GuardedFetcher(policy=lambda address, _: address == "127.0.0.1")
    async with discord_server.running(make_bot(fetcher=fetcher)):
        result = await discord_server.slash("similar", {"link": f"{site}/clip.wav"})
        assert "The high one" in first_result(await result.final_message())
    assert discord_server.rejections == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "I need a clip"),
        ({"link": "http://127.0.0.1/a.wav"}, "outside the public web"),
        ({"link": "my favourite song"}, "not a web link"),
        ({"file": ("song.wav", b"RIFF but broken"), "start": "0:10", "end": "0:05"}, "after the"),
        ({"file": ("song.wav", wav(sound("low", 7))), "start": "soon"}, "not a time I can read"),
        ({"file": ("song.wav", b"RIFF but broken")}, "cannot be read as audio"),
        ({"file": ("hush.wav", wav(0 * sound("low", 7)))}, "is silent"),
        ({"file": ("cat.png", b"PNG")}, "cat.png is not audio"),
        ({"file": ("a.wav", b"RIFF"), "link": "https://example.org/a.wav"}, "one at a time"),
    ],
)
async def test_what_cannot_be_answered_is_a_helpful_sentence(
    discord_with_bot: Discord, options: dict[str, object], words: str
) -> None:
    filled = {
        name: discord_with_bot.upload(*value) if isinstance(value, tuple) else value
        for name, value in options.items()
    }
    result = await discord_with_bot.slash("similar", filled)
    answer = await result.final_message()
    assert words in answer.text
    assert answer.text.startswith("**")
    assert len(answer.text.splitlines()) == 2


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"link": "https://example.org/a.wav", "start": "soon"},
        {"file": ("cat.png", b"PNG")},
        {"file": ("a.wav", b"RIFF"), "link": "https://example.org/a.wav"},
    ],
)
async def test_a_slip_of_the_asker_is_told_in_private(
    discord_with_bot: Discord, options: dict[str, object]
) -> None:
    filled = {
        name: discord_with_bot.upload(*value) if isinstance(value, tuple) else value
        for name, value in options.items()
    }
    result = await discord_with_bot.slash("similar", filled)
    assert (await result.final_message()).ephemeral
    assert not result.deferred


async def test_one_person_cannot_take_every_place(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    go = asyncio.Event()

    class Slow(FakeFetcher):
        async def fetch(self, url: str) -> ClipSource:
            await go.wait()
            return await super().fetch(url)

    class Ear(MelEar):
        async def hear(self, source: ClipSource, span: Span) -> EmbeddedClip:
            fetched = source.data == b"fetched"
            return await super().hear(replace(source, data=CLIP) if fetched else source, span)

    async with discord_server.running(make_bot(listener=Ear(), fetcher=Slow())):
        link = {"link": "https://slow.example.org/a.wav"}
        asked = [await discord_server.slash("similar", link) for _ in range(12)]
        refused = [each for each in asked if not each.deferred]
        assert len(refused) == 10
        for each in refused:
            told = await each.final_message()
            assert told.ephemeral
            assert "busy with your last clips" in told.text
        dropped = await discord_server.message(
            discord_server.dm(), attachments=[discord_server.upload("a.wav", CLIP)]
        )
        assert "your last clips" in (await discord_server.next_message(dropped)).text
        other = await discord_server.message(
            discord_server.dm(discord_server.stranger),
            author=discord_server.stranger,
            attachments=[discord_server.upload("a.wav", CLIP)],
        )
        assert "The low one" in (await discord_server.next_message(other)).text
        go.set()
        for each in asked:
            await each.final_message()
    assert discord_server.rejections == []


@pytest.mark.parametrize(("jobs", "together"), [("1", 8), ("12", 12)])
async def test_as_many_clips_are_heard_together_as_there_are_jobs(
    discord_server: Discord, make_bot: MakeBot, jobs: str, together: int
) -> None:
    inside, go = 0, asyncio.Event()

    class Counting(MelEar):
        async def hear(self, source: ClipSource, span: Span) -> EmbeddedClip:
            nonlocal inside
            inside += 1
            await go.wait()
            return await super().hear(source, span)

    people = [discord_server.add_user(f"Member {n}") for n in range(14)]
    async with discord_server.running(make_bot(listener=Counting(), SOUNDALIKE_JOBS=jobs)):
        dropped = [
            await discord_server.message(
                discord_server.dm(person),
                author=person,
                attachments=[discord_server.upload("a.wav", CLIP)],
            )
            for person in people
        ]
        await discord_server.until(lambda: inside >= together, 20)
        await discord_server.quiet()
        assert inside == together
        go.set()
        for each in dropped:
            await discord_server.next_message(each, 30)


async def test_an_ask_that_takes_too_long_is_told_so(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    class Deaf(MelEar):
        async def hear(self, source: ClipSource, span: Span) -> EmbeddedClip:
            await asyncio.Event().wait()
            raise AssertionError

    async with discord_server.running(make_bot(listener=Deaf(), patience=0.2)):
        clip = discord_server.upload("clip.wav", CLIP)
        answer = await (await discord_server.slash("similar", {"file": clip})).final_message()
    assert "That took too long" in answer.text
    assert PATIENCE < TOKEN_LASTS_S


async def test_a_file_larger_than_discord_said_is_cut_off(discord_with_bot: Discord) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1_000_000
            yield bytes(1_000_000)

    clip = discord_with_bot.upload(
        "clip.wav", size=1_000, stream=endless, delivery=Delivery(endless=True)
    )
    answer = await (await discord_with_bot.slash("similar", {"file": clip})).final_message()
    assert "I take 25 MB at most" in answer.text
    assert sent < 60_000_000


async def test_a_large_file_is_refused_before_it_is_fetched(discord_with_bot: Discord) -> None:
    huge = discord_with_bot.upload("album.wav", size=26_000_000)
    huge.stream = never
    discord_with_bot.guild.upload_limit = 50_000_000
    result = await discord_with_bot.slash("similar", {"file": huge})
    assert "26 MB, and I take 25 MB at most" in (await result.final_message()).text


async def never() -> AsyncIterator[bytes]:
    raise AssertionError("the file was fetched")
    yield b""


@pytest.mark.parametrize(
    ("delivery", "words"),
    [(Delivery(status=404), "no longer has that file"), (Delivery(status=403), "no longer has"),
     (Delivery(truncate_at=100), "did not hand me the file")],
)  # fmt: skip
async def test_a_file_that_does_not_arrive(
    discord_with_bot: Discord, delivery: Delivery, words: str
) -> None:
    clip = discord_with_bot.upload("clip.wav", wav(sound("low", 7)), delivery=delivery)
    answer = await (await discord_with_bot.slash("similar", {"file": clip})).final_message()
    assert words in answer.text


async def test_the_cdn_sends_the_bot_nowhere_else(discord_with_bot: Discord) -> None:
    whole = wav(sound("low", 7))
    first = await discord_with_bot.slash(
        "similar", {"file": discord_with_bot.upload("b.wav", whole)}
    )
    await first.final_message()
    attachments = discord_with_bot.world.attachments.values()
    (known,) = [each for each in attachments if each.filename == "b.wav"]
    elsewhere = Delivery(status=302, location=url(discord_with_bot.world, known))
    clip = discord_with_bot.upload("clip.wav", whole, delivery=elsewhere)
    answer = await (await discord_with_bot.slash("similar", {"file": clip})).final_message()
    assert "did not hand me the file" in answer.text
    assert [status for _, status in discord_with_bot.world.downloads] == [200, 302]


def is_no_place_in_the_queue(message: Message) -> bool:
    return "before you" not in message.text and "are next" not in message.text


async def test_fifty_asks_at_once_are_all_acknowledged_and_answered(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    bot = make_bot(SOUNDALIKE_JOBS="2", SOUNDALIKE_QUEUE="30")
    clip = wav(sound("middle", 7, 2.0))
    async with discord_server.running(bot):
        people = [discord_server.add_user(f"Member {n}") for n in range(50)]
        for each in people:
            discord_server.world.add_member(discord_server.guild, each)
        asks = [
            discord_server.slash(
                "similar", {"file": discord_server.upload(f"{n}.wav", clip)}, user=each
            )
            for n, each in enumerate(people)
        ]
        results = await asyncio.gather(*asks)
        coming = (result.message_where(is_no_place_in_the_queue, 30) for result in results)
        answers = await asyncio.gather(*coming)
    assert not any(result.failed for result in results)
    answered = [each for each in answers if "The middle one" in each.text]
    busy = [each for each in answers if "too many people" in each.text]
    assert len(answered) >= 32
    assert len(answered) + len(busy) == 50
    assert all(each.ephemeral for each in busy)
    assert discord_server.rejections == []


async def test_a_failing_catalogue_is_the_hosts_business(
    discord_server: Discord, make_bot: MakeBot, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(MelEar):
        async def hear(self, source: ClipSource, span: Span) -> EmbeddedClip:
            raise CatalogueError("The index is damaged.", "Run `soundalike index verify`.")

    async with discord_server.running(make_bot(listener=Broken())):
        clip = discord_server.upload("clip.wav", b"RIFF")
        answer = await (await discord_server.slash("similar", {"file": clip})).final_message()
    assert "out of order" in answer.text
    assert "damaged" not in answer.text
    assert "The index is damaged. Run `soundalike index verify`." in caplog.text


async def test_an_accident_is_a_sentence_and_the_log_has_the_place_but_not_the_words(
    discord_server: Discord, make_bot: MakeBot, caplog: pytest.LogCaptureFixture
) -> None:
    class Clumsy(MelEar):
        async def hear(self, source: ClipSource, span: Span) -> EmbeddedClip:
            raise KeyError(source.name)

    async with discord_server.running(make_bot(listener=Clumsy())):
        clip = discord_server.upload("secret.wav", b"RIFF")
        answer = await (await discord_server.slash("similar", {"file": clip})).final_message()
    assert "Something went wrong on my side" in answer.text
    assert "KeyError" in caplog.text
    assert "in hear" in caplog.text
    assert "secret" not in caplog.text + answer.text


async def test_it_works_where_only_the_asker_installed_it(discord_with_bot: Discord) -> None:
    discord_with_bot.stranger.installed_app = True
    elsewhere = discord_with_bot.add_guild("Elsewhere", discord_with_bot.stranger, has_bot=False)
    clip = discord_with_bot.upload("clip.wav", wav(sound("high", 7)))
    result = await discord_with_bot.slash(
        "similar",
        {"file": clip},
        user=discord_with_bot.stranger,
        channel=elsewhere.channels[0],
    )
    assert "The high one" in first_result(await result.final_message())
