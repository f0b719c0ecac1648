"""The bot's life on the wire: logging in, offering commands, dropped gateways, shutting down."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import discord
import pytest

from bot.run import run_bot
from bot.service import Soundalike
from bot.settings import Settings
from index.opened import Index, open_index
from index.state_file import State
from models.fetch import GuardedFetcher
from models.types import SettingsError, SoundalikeError
from tests.bot.fakes import MakeBot
from tests.bot.sounds import KINDS, STAMP, MelEar, build_index, sound, wav
from tests.discord_server.content import Message
from tests.discord_server.driver import Discord
from tests.discord_server.people import Permission


async def ask(discord: Discord) -> str:
    clip = discord.upload("clip.wav", wav(sound("low", 7)))
    result = await discord.slash("similar", {"file": clip})
    return (await result.final_message()).text


async def test_an_answer_after_the_gateway_dropped(discord_with_bot: Discord) -> None:
    await discord_with_bot.drop_gateway()
    await discord_with_bot.until(lambda: not discord_with_bot.gateway.session, 5)
    await discord_with_bot.connected()
    assert "The low one" in await ask(discord_with_bot)


async def test_an_ask_in_flight_survives_a_dropped_gateway(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    go = asyncio.Event()

    class Patient(MelEar):
        async def hear(self, source, span):
            await go.wait()
            return await super().hear(source, span)

    async with discord_server.running(make_bot(listener=Patient())):
        clip = discord_server.upload("clip.wav", wav(sound("low", 7)))
        result = await discord_server.slash("similar", {"file": clip})
        await discord_server.drop_gateway()
        await discord_server.connected()
        go.set()
        assert "The low one" in (await result.final_message()).text
    assert discord_server.rejections == []


async def test_rate_limits_are_waited_out(discord_with_bot: Discord) -> None:
    discord_with_bot.rate_limit_next(None, 0.05, times=2)
    assert "The low one" in await ask(discord_with_bot)


@pytest.mark.parametrize("may_write", [True, False])
async def test_an_answer_later_than_its_token_is_sent_all_the_same(
    discord_server: Discord, make_bot: MakeBot, may_write: bool
) -> None:
    go = asyncio.Event()

    class Slow(MelEar):
        async def hear(self, source, span):
            await go.wait()
            return await super().hear(source, span)

    async with discord_server.running(make_bot(listener=Slow())):
        clip = discord_server.upload("clip.wav", wav(sound("low", 7)))
        if not may_write:
            discord_server.channel.bot_permissions &= ~Permission.SEND_MESSAGES
        await discord_server.slash("similar", {"file": clip})
        discord_server.advance(16 * 60)
        go.set()
        place = discord_server.channel if may_write else discord_server.dm()
        look = lambda: [m for m in place.messages if "The low one" in m.text]  # noqa: E731
        (late,) = await discord_server.until(look, 10, "the late answer")
        assert late.file("clip.png")
        turned = await discord_server.click(late, "Next")
        assert await turned.message_where(lambda message: "**6.**" in message.text) is late


async def test_a_failure_later_than_its_token_leaves_only_a_note(
    discord_server: Discord, make_bot: MakeBot, caplog: pytest.LogCaptureFixture
) -> None:
    go = asyncio.Event()

    class Slow(MelEar):
        async def hear(self, source, span):
            await go.wait()
            raise KeyError

    async with discord_server.running(make_bot(listener=Slow())):
        clip = discord_server.upload("clip.wav", wav(sound("low", 7)))
        await discord_server.slash("similar", {"file": clip})
        discord_server.advance(16 * 60)
        go.set()
        await discord_server.until(lambda: "could not tell a person" in caplog.text, 10)


def menu_of(message: Message) -> str:
    return next(part["custom_id"] for part in message.parts() if part["type"] == 3)


@pytest.mark.parametrize(
    "name",
    ["*" * 10_000, "@everyone <@1> <@&2>", "\u202e\u2066evil\u200b", "# head\n- list\n> quote",
     "[x](https://evil.example)", "\ud800", "", " \u3164 ", "שלום" * 500, "Z" + "\u0301" * 900],
)  # fmt: skip
async def test_hostile_titles_are_accepted_and_call_nobody(
    discord_server: Discord, make_bot: MakeBot, tmp_path: Path, name: str
) -> None:
    storable = name.encode(errors="replace").decode()
    build_index(tmp_path / "hostile", dict.fromkeys(KINDS, storable))
    with open_index(tmp_path / "hostile") as index:
        async with discord_server.running(make_bot(index=index)):
            clip = discord_server.upload("@everyone_**.wav", wav(sound("low", 7)))
            answer = await (
                await discord_server.slash("similar", {"file": clip, "count": 10})
            ).final_message()
            assert "**5.**" in answer.text
            turned = await discord_server.click(answer, "Next")
            await turned.message_where(lambda message: "**10.**" in message.text)
            await discord_server.select(answer, menu_of(answer), ["10"])
    assert not answer.pings
    assert discord_server.rejections == []


async def test_only_the_needed_is_asked_of_discord(
    discord_server: Discord, make_bot: MakeBot, caplog: pytest.LogCaptureFixture
) -> None:
    bot = make_bot()
    caplog.set_level(logging.INFO)
    async with discord_server.running(bot):
        await ask(discord_server)
        await discord_server.until(bot.is_ready, 10)
    assert bot.intents == discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
    assert bot.allowed_mentions is not None
    assert bot.allowed_mentions.to_dict() == {"parse": []}
    assert str(bot.activity.name) == "12 tracks"
    assert "ready; servers: 1, catalogue: 12 tracks" in caplog.text
    assert discord_server.token not in caplog.text
    assert "clip.wav" not in caplog.text


async def test_commands_for_one_server_appear_there_only(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    commands = discord_server.world.commands
    async with discord_server.running(make_bot(SOUNDALIKE_GUILD=str(discord_server.guild.id))):
        there = [each["name"] for each in commands.in_guild[discord_server.guild.id]]
        assert "similar" in there
        assert commands.everywhere == []
        assert "The low one" in await ask(discord_server)
    assert discord_server.rejections == []


# Starting and stopping


def settings_for(discord: Discord, **more: str) -> Settings:
    return Settings.from_mapping({"DISCORD_TOKEN": discord.token, **more})


@pytest.fixture
def service(sound_index: Index) -> Iterator[Soundalike]:
    with Soundalike(MelEar(), sound_index, GuardedFetcher()) as service:
        yield service


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_cleanly(
    discord_server: Discord, service: Soundalike, state: State, number: signal.Signals
) -> None:
    running = asyncio.create_task(
        run_bot(settings_for(discord_server), service, state, discord_server.connector)
    )
    await discord_server.connected()
    os.kill(os.getpid(), number)
    await asyncio.wait_for(running, 10)
    assert not discord_server.gateway.session


@pytest.mark.parametrize("done_in_time", [True, False])
async def test_asks_in_hand_are_answered_before_it_stops(
    discord_server: Discord, sound_index: Index, state: State, done_in_time: bool
) -> None:
    go = asyncio.Event()

    class Slow(MelEar):
        async def hear(self, source, span):
            await go.wait()
            return await super().hear(source, span)

    with Soundalike(Slow(), sound_index, GuardedFetcher()) as service:
        grace = 30.0 if done_in_time else 0.3
        running = asyncio.create_task(
            run_bot(settings_for(discord_server), service, state, discord_server.connector, grace)
        )
        await discord_server.connected()
        await discord_server.until(lambda: discord_server.world.commands.everywhere, 10)
        file = {"file": discord_server.upload("clip.wav", wav(sound("low", 7)))}
        asked = await discord_server.slash("similar", file)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0)
        late = await discord_server.slash("similar", file)
        if done_in_time:
            go.set()
        await asyncio.wait_for(running, 20)
    word = "The low one" if done_in_time else "I am being restarted"
    assert word in (await asked.final_message()).text
    refusal = await late.final_message()
    assert "I am being restarted" in refusal.text
    assert refusal.ephemeral
    assert discord_server.rejections == []


async def test_a_second_signal_does_not_wait(
    discord_server: Discord, sound_index: Index, state: State
) -> None:
    class Deaf(MelEar):
        async def hear(self, source, span):
            await asyncio.Event().wait()

    with Soundalike(Deaf(), sound_index, GuardedFetcher()) as service:
        running = asyncio.create_task(
            run_bot(settings_for(discord_server), service, state, discord_server.connector, 1_000)
        )
        await discord_server.connected()
        await discord_server.until(lambda: discord_server.world.commands.everywhere, 10)
        clip = discord_server.upload("clip.wav", wav(sound("low", 7)))
        await discord_server.slash("similar", {"file": clip})
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.05)
        assert not running.done()
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(running, 20)


async def test_being_cancelled_is_not_taken_for_a_signal(
    discord_server: Discord, service: Soundalike, state: State
) -> None:
    running = asyncio.create_task(
        run_bot(settings_for(discord_server), service, state, discord_server.connector)
    )
    await discord_server.connected()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_wrong_token_is_one_sentence(
    discord_server: Discord, service: Soundalike, state: State
) -> None:
    settings = Settings.from_mapping({"DISCORD_TOKEN": "MTIz.wrong.token"})
    with pytest.raises(SettingsError, match="does not accept the token") as caught:
        await run_bot(settings, service, state, discord_server.connector)
    assert "wrong.token" not in str(caught.value)


async def test_a_server_it_is_not_in_is_one_sentence(
    discord_server: Discord, service: Soundalike, state: State
) -> None:
    settings = settings_for(discord_server, SOUNDALIKE_GUILD="123456789012345678")
    with pytest.raises(SettingsError, match="I am not in it"):
        await run_bot(settings, service, state, discord_server.connector)


async def test_an_unreachable_discord_is_one_sentence(
    discord_server: Discord, service: Soundalike, state: State
) -> None:
    def distrustful() -> aiohttp.TCPConnector:
        return aiohttp.TCPConnector(ssl=ssl.create_default_context(), resolver=Nowhere())

    with pytest.raises(SoundalikeError, match="cannot be reached"):
        await run_bot(settings_for(discord_server), service, state, distrustful)


class Nowhere(aiohttp.abc.AbstractResolver):
    async def resolve(self, host, port=0, family=0):
        raise OSError("no such host")

    async def close(self):
        pass


async def test_a_command_that_discord_shows_in_an_older_form(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    bot = make_bot()
    async with discord_server.running(bot):
        bot.tree.remove_command("similar")
        result = await discord_server.slash("similar", {"link": "https://example.org/a.mp3"})
        answer = await result.final_message()
    assert "has changed since your Discord loaded it" in answer.text
    assert answer.ephemeral


async def test_another_file_of_the_models_space_is_noted_in_the_log(
    discord_server: Discord, make_bot: MakeBot, caplog: pytest.LogCaptureFixture
) -> None:
    class Smaller(MelEar):
        stamp = replace(STAMP, sha512="b" * 128)

    bot = make_bot(listener=Smaller())
    async with discord_server.running(bot):
        await discord_server.until(lambda: "another file" in caplog.text, 10)
