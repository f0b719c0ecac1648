"""Messages: what a bot hears of them, and what it may do with them."""

from __future__ import annotations

import io
from typing import Any

import discord
import pytest
from discord.http import Route

from tests.discord_server.driver import Discord
from tests.discord_server.people import USUAL, Permission
from tests.discord_server.privacy import Intent
from tests.discord_server.sample_bot import SampleBot

CLIP = bytes(5000)


async def heard(server: Discord, bot: SampleBot, **said: Any) -> discord.Message:
    """Let somebody write; return the message as the bot got it."""
    message = await server.message(**said)
    await server.until(lambda: any(each.id == message.id for each in bot.heard), what="an event")
    return next(each for each in bot.heard if each.id == message.id)


def clip(server: Discord) -> Any:
    return [server.upload("clip.ogg", CLIP)]


async def test_a_clip_in_a_dm_is_answered(discord_server: Discord, bot: SampleBot) -> None:
    dropped = await discord_server.message(discord_server.dm(), attachments=clip(discord_server))
    answer = await discord_server.next_message(dropped)
    assert answer.content == "5000 bytes"
    assert answer.replies_to is dropped
    assert not answer.pings


async def test_without_the_intent_a_guild_message_is_blank(
    discord_server: Discord, bot: SampleBot
) -> None:
    got = await heard(discord_server, bot, content="secret", attachments=clip(discord_server))
    assert (got.content, got.attachments) == ("", [])
    await discord_server.quiet(0.05)
    assert len(discord_server.messages()) == 1


async def test_a_mention_carries_its_clip(discord_server: Discord, bot: SampleBot) -> None:
    call = f"{discord_server.bot.mention} what is this?"
    dropped = await discord_server.message(content=call, attachments=clip(discord_server))
    assert (await discord_server.next_message(dropped)).content == "5000 bytes"


async def test_a_mention_says_nothing_of_what_it_replies_to(
    discord_server: Discord, bot: SampleBot
) -> None:
    first = await discord_server.message(content="mine", attachments=clip(discord_server))
    got = await heard(discord_server, bot, content=discord_server.bot.mention, reply_to=first)
    assert discord_server.bot.mention in got.content
    assert got.reference is not None
    resolved = got.reference.resolved
    assert isinstance(resolved, discord.Message)
    assert (resolved.content, resolved.attachments) == ("", [])


@pytest.mark.parametrize("ping", [True, False])
async def test_a_reply_to_the_bot_mentions_it(
    discord_server: Discord, bot: SampleBot, ping: bool
) -> None:
    sent = await bot.get_partial_messageable(discord_server.channel.id).send("hello")
    mine = discord_server.world.messages[sent.id]
    got = await heard(discord_server, bot, content="thanks", reply_to=mine, ping=ping)
    assert got.content == ("thanks" if ping else "")


async def test_with_the_intent_nothing_is_blank(discord_server: Discord) -> None:
    discord_server.world.granted_intents = Intent.MESSAGE_CONTENT
    intents = discord.Intents(guilds=True, messages=True, message_content=True)
    bot = SampleBot(discord_server, intents)
    async with discord_server.running(bot):
        got = await heard(discord_server, bot, content="open")
        assert got.content == "open"


async def test_voice_messages_and_forwards(discord_server: Discord, bot: SampleBot) -> None:
    channel = discord_server.dm()
    voice = await discord_server.voice_message(channel, CLIP)
    assert (await discord_server.next_message(voice)).content == "5000 bytes"
    got = next(each for each in bot.heard if each.id == voice.id)
    assert got.flags.voice
    assert got.attachments[0].is_voice_message()
    inside = await discord_server.message(attachments=clip(discord_server), content="from there")
    forwarded = await heard(discord_server, bot, channel=channel, forward=inside)
    (snapshot,) = forwarded.message_snapshots
    assert snapshot.content == "from there"
    assert await snapshot.attachments[0].read() == CLIP
    blank = await heard(discord_server, bot, forward=inside)
    assert blank.message_snapshots[0].attachments == []


async def test_edits_files_reactions_typing_and_deletion(
    discord_server: Discord, bot: SampleBot
) -> None:
    place = bot.get_partial_messageable(discord_server.channel.id)
    async with place.typing():
        sent = await place.send("first", file=discord.File(io.BytesIO(b"one"), "my file.txt"))
    (message,) = discord_server.messages()
    assert discord_server.channel.typings == 1
    assert message.file("my_file.txt") == b"one"
    more = discord.File(io.BytesIO(b"two"), "two.txt")
    edited = await sent.edit(content="second", attachments=[*sent.attachments, more])
    assert [each.data for each in message.attachments] == [b"one", b"two"]
    await edited.edit(attachments=[edited.attachments[1]])
    assert [each.data for each in message.attachments] == [b"two"]
    assert message.revisions == ["first", "second"]
    await sent.add_reaction("🎵")
    assert message.reactions == [("🎵", discord_server.bot)]
    await sent.delete()
    assert message.deleted
    assert discord_server.messages() == []


async def test_history_is_blank_without_the_intent(discord_server: Discord, bot: SampleBot) -> None:
    written = await discord_server.message(content="secret")
    place = bot.get_partial_messageable(discord_server.channel.id)
    assert (await place.fetch_message(written.id)).content == ""
    assert [each.content async for each in place.history()] == [""]


@pytest.mark.parametrize(
    ("lost", "sent", "code"),
    [
        (Permission.VIEW_CHANNEL, {"content": "hello"}, 50001),
        (Permission.SEND_MESSAGES, {"content": "hello"}, 50013),
        (Permission.EMBED_LINKS, {"embed": discord.Embed(title="hello")}, 50013),
        (Permission.ATTACH_FILES, {"file": "hello"}, 50013),
    ],
)
async def test_missing_permissions(
    discord_server: Discord,
    client: discord.Client,
    lost: Permission,
    sent: dict[str, Any],
    code: int,
) -> None:
    discord_server.channel.bot_permissions = USUAL & ~lost
    if "file" in sent:
        sent = {"file": discord.File(io.BytesIO(b"hello"), "hello.txt")}
    with pytest.raises(discord.Forbidden) as refusal:
        await client.get_partial_messageable(discord_server.channel.id).send(**sent)
    assert refusal.value.code == code


async def test_what_is_not_the_bots_business(
    discord_server: Discord, client: discord.Client
) -> None:
    abroad = discord_server.add_guild("Abroad", discord_server.stranger, has_bot=False)
    shy = discord_server.add_user("Shy", open_to_dms=False)
    mine = await discord_server.message(content="mine")
    place = client.get_partial_messageable
    here = discord_server.channel.id
    wrong = [
        (place(abroad.channels[0].id).send("hi"), (403, 50001)),
        (place(12345).send("hi"), (404, 10003)),
        (place(discord_server.dm(shy).id).send("hi"), (403, 50007)),
        (place(here).get_partial_message(12345).edit(content="x"), (404, 10008)),
        (place(here).get_partial_message(mine.id).edit(content="x"), (403, 50005)),
        (place(here).get_partial_message(mine.id).delete(), (403, 50013)),
        (client.fetch_user(12345), (404, 10013)),
    ]
    for request, (status, code) in wrong:
        with pytest.raises(discord.HTTPException) as refusal:
            await request
        assert (refusal.value.status, refusal.value.code) == (status, code)


@pytest.mark.parametrize(
    ("allowed", "called"),
    [
        (None, {"ada", "role"}),
        ({"parse": []}, set()),
        ({"parse": ["users"]}, {"ada"}),
        ({"parse": ["roles"]}, {"role"}),
        ({"parse": [], "users": ["ada"]}, {"ada"}),
    ],
)
async def test_whom_a_message_would_call(
    discord_server: Discord,
    client: discord.Client,
    allowed: dict[str, Any] | None,
    called: set[str],
) -> None:
    ada = discord_server.member
    role = discord_server.world.add_role(discord_server.guild, "Listeners", mentionable=True)
    payload: dict[str, Any] = {"content": f"{ada.mention} {role.mention} @everyone"}
    if allowed is not None:
        named = [str(ada.id) for _ in allowed.get("users", [])]
        payload["allowed_mentions"] = {**allowed, "users": named}
    channel_id = discord_server.channel.id
    route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel_id)
    await client.http.request(route, json=payload)
    (message,) = discord_server.messages()
    # The bot lacks the permission to call everyone.
    assert not message.pings.everyone
    assert message.pings.users == ({ada.id} if "ada" in called else set())
    assert message.pings.roles == ({role.id} if "role" in called else set())
