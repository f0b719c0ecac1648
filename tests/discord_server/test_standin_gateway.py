"""Logging in, and staying in when the connection does not hold."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import discord
import pytest

from tests.discord_server.driver import Discord
from tests.discord_server.privacy import Intent
from tests.discord_server.sample_bot import SampleBot


async def test_it_finds_its_guild_and_channel(discord_server: Discord, bot: SampleBot) -> None:
    await bot.wait_until_ready()
    guild = bot.get_guild(discord_server.guild.id)
    assert guild is not None
    assert guild.name == discord_server.guild.name
    channel = guild.get_channel(discord_server.channel.id)
    assert isinstance(channel, discord.TextChannel)
    assert channel.permissions_for(guild.me).send_messages
    assert not channel.permissions_for(guild.me).manage_messages


async def test_a_wrong_token(discord_server: Discord) -> None:
    client = discord.Client(intents=discord.Intents.none(), connector=discord_server.connector())
    async with client:
        with pytest.raises(discord.LoginFailure):
            await client.login("not.the.token")
    assert discord_server.rejections[0].status == 401


async def test_privileged_intents_have_to_be_granted(discord_server: Discord) -> None:
    intents = discord.Intents(guilds=True, message_content=True)
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with discord_server.running(SampleBot(discord_server, intents)):
            pass
    discord_server.world.granted_intents = Intent.MESSAGE_CONTENT
    async with discord_server.running(SampleBot(discord_server, intents)):
        pass


async def test_a_dropped_connection_is_resumed_and_nothing_missed(
    discord_server: Discord, bot: SampleBot
) -> None:
    await bot.wait_until_ready()
    await discord_server.drop_gateway()
    missed = await discord_server.message(discord_server.dm(), content="Are you there?")
    await discord_server.connected()
    await discord_server.until(lambda: bot.resumes, what="a resume")
    await discord_server.until(lambda: bot.heard, what="the missed message")
    assert [message.id for message in bot.heard] == [missed.id]
    assert discord_server.gateway.identifies == 1


async def test_a_reconnect_is_asked_for(discord_server: Discord, bot: SampleBot) -> None:
    await bot.wait_until_ready()
    await discord_server.ask_reconnect()
    await discord_server.until(lambda: bot.resumes, what="a resume")
    assert discord_server.gateway.identifies == 1


@pytest.mark.parametrize("dropped", [False, True])
async def test_an_invalid_session_starts_anew(
    discord_server: Discord, bot: SampleBot, dropped: bool
) -> None:
    await bot.wait_until_ready()
    if dropped:
        discord_server.gateway.sessions.clear()
        await discord_server.drop_gateway()
    else:
        await discord_server.invalidate_session()
    identified = discord_server.gateway
    await discord_server.until(lambda: identified.identifies == 2, 10, "a second identify")
    message = await discord_server.message(discord_server.dm(), content="Hello again")
    await discord_server.until(lambda: bot.heard)
    assert bot.heard[-1].id == message.id


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"op": 2, "d": {"token": "wrong", "intents": 1}}, 4004),
        ({"op": 2, "d": {"token": "", "intents": 1 << 40}}, 4013),
        ({"op": 3, "d": {}}, 4003),
        ("no JSON", 4002),
    ],
)
async def test_close_codes(discord_server: Discord, payload: object, code: int) -> None:
    if isinstance(payload, dict) and payload["d"].get("token") == "":
        payload["d"]["token"] = discord_server.token
    async with (
        aiohttp.ClientSession(connector=discord_server.connector()) as session,
        session.ws_connect("wss://gateway.discord.gg/?v=10&encoding=json") as socket,
    ):
        hello = await socket.receive_json()
        assert hello["op"] == 10
        await socket.send_str(payload if isinstance(payload, str) else json.dumps(payload))
        closed = await asyncio.wait_for(socket.receive(), 5)
        assert closed.type is aiohttp.WSMsgType.CLOSE
        assert closed.data == code


@pytest.mark.parametrize(("code", "op"), [(1000, 9), (4000, 0)])
async def test_only_a_goodbye_ends_a_session(discord_server: Discord, code: int, op: int) -> None:
    token = discord_server.token
    identify = {"op": 2, "d": {"token": token, "intents": 1, "properties": {}}}
    async with aiohttp.ClientSession(connector=discord_server.connector()) as session:
        socket = await session.ws_connect("wss://gateway.discord.gg/")
        await socket.receive()
        await socket.send_json(identify)
        ready = (await socket.receive_json())["d"]
        await socket.receive()
        await socket.close(code=code)
        await discord_server.until(lambda: not discord_server.gateway.connections)
        socket = await session.ws_connect(ready["resume_gateway_url"])
        await socket.receive()
        resume = {"token": token, "session_id": ready["session_id"], "seq": 1}
        await socket.send_json({"op": 6, "d": resume})
        missed = await socket.receive_json()
        assert (missed["op"], missed["t"]) == (op, None if op else "GUILD_CREATE")
        await socket.close()


async def test_two_servers_know_nothing_of_each_other(discord_server: Discord) -> None:
    async with Discord(discord_server.server.certificate) as other:
        first, second = SampleBot(discord_server), SampleBot(other)
        async with discord_server.running(first), other.running(second):
            await discord_server.message(discord_server.dm(), content="one")
            await discord_server.until(lambda: first.heard)
            await other.quiet(0.05)
            assert second.heard == []


async def test_an_unknown_route_is_noted(discord_server: Discord, client: discord.Client) -> None:
    with pytest.raises(discord.NotFound) as refusal:
        await client.fetch_premium_sticker_packs()
    assert refusal.value.code == 0
    assert discord_server.unexpected == ["GET /api/v10/sticker-packs"]
    discord_server.unexpected.clear()


async def test_other_hosts_do_not_exist(discord_server: Discord) -> None:
    async with aiohttp.ClientSession(connector=discord_server.connector()) as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get("https://example.com/")
