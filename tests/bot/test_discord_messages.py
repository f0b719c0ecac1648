"""Clips in DMs, mentions, replies, forwards and voice messages, over the wire."""

from __future__ import annotations

import pytest

from tests.bot.fakes import FakeFetcher, MakeBot
from tests.bot.sounds import sound, wav
from tests.discord_server.content import Message, Upload
from tests.discord_server.driver import Discord
from tests.discord_server.people import Permission

VOICE = wav(sound("high", 7), "OGG")


def clip(discord: Discord, kind: str, name: str = "clip.wav") -> Upload:
    return discord.upload(name, wav(sound(kind, 7)))


async def stays_silent(discord: Discord, message: Message) -> None:
    await discord.quiet()
    channels = (message.channel, discord.dm(message.author))
    assert all(each.author is not discord.bot for place in channels for each in place.messages)


async def test_a_clip_in_a_dm(discord_with_bot: Discord) -> None:
    dropped = await discord_with_bot.message(
        discord_with_bot.dm(), attachments=[clip(discord_with_bot, "low")]
    )
    answer = await discord_with_bot.next_message(dropped)
    assert "**1.** **The low one" in answer.text
    assert answer.file("clip.png")
    assert answer.replies_to is dropped
    assert not answer.pings
    assert discord_with_bot.dm().typings


async def test_the_first_sounding_file_counts(discord_with_bot: Discord) -> None:
    picture = discord_with_bot.upload("cover.png", b"PNG")
    dropped = await discord_with_bot.message(
        discord_with_bot.dm(), attachments=[picture, clip(discord_with_bot, "shrill")]
    )
    assert "The shrill one" in (await discord_with_bot.next_message(dropped)).text


async def test_a_link_counts_before_a_picture(discord_with_bot: Discord) -> None:
    picture = discord_with_bot.upload("cover.png", b"PNG")
    said = await discord_with_bot.message(
        discord_with_bot.dm(), content="see http://127.0.0.1/a.mp3", attachments=[picture]
    )
    assert "outside the public web" in (await discord_with_bot.next_message(said)).text


async def test_a_voice_message_in_a_dm(discord_with_bot: Discord) -> None:
    spoken = await discord_with_bot.voice_message(discord_with_bot.dm(), VOICE)
    answer = await discord_with_bot.next_message(spoken)
    assert "The high one" in answer.text
    assert "🎧 voice message" in answer.text


async def test_a_forwarded_clip_in_a_dm(discord_with_bot: Discord) -> None:
    original = await discord_with_bot.message(attachments=[clip(discord_with_bot, "middle")])
    forwarded = await discord_with_bot.message(discord_with_bot.dm(), forward=original)
    assert "The middle one" in (await discord_with_bot.next_message(forwarded)).text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("hello?", "Drop an audio clip here"),
        ("listen to <http://127.0.0.1/a.mp3>!", "outside the public web"),
        ("HTTP://127.0.0.1/a.mp3", "outside the public web"),
    ],
)
async def test_words_in_a_dm(discord_with_bot: Discord, content: str, words: str) -> None:
    said = await discord_with_bot.message(discord_with_bot.dm(), content=content)
    assert words in (await discord_with_bot.next_message(said)).text


async def test_a_picture_in_a_dm_is_not_audio(discord_with_bot: Discord) -> None:
    shown = await discord_with_bot.message(
        discord_with_bot.dm(), attachments=[discord_with_bot.upload("cat_1.png", b"PNG")]
    )
    assert "cat\\_1.png is not audio" in (await discord_with_bot.next_message(shown)).text


async def test_a_mention_with_a_clip(discord_with_bot: Discord) -> None:
    called = await discord_with_bot.message(
        content=f"{discord_with_bot.bot.mention} what is like this?",
        attachments=[clip(discord_with_bot, "high")],
    )
    answer = await discord_with_bot.next_message(called)
    assert "The high one" in answer.text
    assert not answer.pings


async def test_a_reply_to_a_clip_that_may_be_read(discord_with_bot: Discord) -> None:
    # The clip's message calls the bot too, so Discord shows it also as the replied one.
    called = await discord_with_bot.message(
        content=discord_with_bot.bot.mention, attachments=[clip(discord_with_bot, "low")]
    )
    await discord_with_bot.next_message(called)
    reply = await discord_with_bot.message(
        content=f"{discord_with_bot.bot.mention} once more", reply_to=called
    )
    assert "The low one" in (await discord_with_bot.next_message(reply)).text


async def test_a_reply_to_a_clip_that_discord_hides(discord_with_bot: Discord) -> None:
    hidden = await discord_with_bot.message(attachments=[clip(discord_with_bot, "low")])
    reply = await discord_with_bot.message(content=discord_with_bot.bot.mention, reply_to=hidden)
    answer = await discord_with_bot.next_message(reply)
    assert "does not show me the message you replied to" in answer.text
    assert "Apps → Find similar tracks" in answer.text


async def test_a_mention_without_a_clip_gets_a_hint(discord_with_bot: Discord) -> None:
    called = await discord_with_bot.message(content=f"hi {discord_with_bot.bot.mention}")
    assert "I see no clip" in (await discord_with_bot.next_message(called)).text


async def test_chatting_about_an_answer_is_left_in_peace(discord_with_bot: Discord) -> None:
    called = await discord_with_bot.message(
        content=discord_with_bot.bot.mention, attachments=[clip(discord_with_bot, "low")]
    )
    answer = await discord_with_bot.next_message(called)
    before = len(discord_with_bot.messages())
    await discord_with_bot.message(content="nice one!", reply_to=answer)
    await discord_with_bot.quiet()
    assert len(discord_with_bot.messages()) == before + 1


@pytest.mark.parametrize(
    ("content", "names"),
    [("look", ["meme.png"]), ("https://example.org/a.mp3", []), ("more", ["notes.txt"])],
)
async def test_chatting_with_a_picture_or_a_link_is_left_in_peace(
    discord_server: Discord, make_bot: MakeBot, content: str, names: list[str]
) -> None:
    fetcher = FakeFetcher()
    async with discord_server.running(make_bot(fetcher=fetcher)):
        answer = await answer_to_a_clip(discord_server)
        before = len(discord_server.messages())
        shown = [discord_server.upload(name, b"content") for name in names]
        await discord_server.message(content=content, attachments=shown, reply_to=answer)
        await discord_server.quiet()
        assert len(discord_server.messages()) == before + 1
    assert fetcher.fetched == []


async def test_a_clip_in_a_reply_to_an_answer_is_answered(discord_with_bot: Discord) -> None:
    answer = await answer_to_a_clip(discord_with_bot)
    another = await discord_with_bot.message(
        content="and this?", attachments=[clip(discord_with_bot, "high")], reply_to=answer
    )
    assert "The high one" in (await discord_with_bot.next_message(another)).text


async def answer_to_a_clip(discord: Discord) -> Message:
    called = await discord.message(content=discord.bot.mention, attachments=[clip(discord, "low")])
    return await discord.next_message(called)


@pytest.mark.parametrize("status", [403, 500])
async def test_an_answer_comes_where_typing_cannot_be_shown(
    discord_server: Discord, make_bot: MakeBot, status: int
) -> None:
    discord_server.fail_next("POST /channels/{channel_id}/typing", status, times=9)
    async with discord_server.running(make_bot()):
        answer = await answer_to_a_clip(discord_server)
    assert "The low one" in answer.text


@pytest.mark.parametrize("known", ["here", "elsewhere"])
async def test_hints_name_the_command_only_where_it_is_known(
    discord_server: Discord, make_bot: MakeBot, known: str
) -> None:
    elsewhere = discord_server.add_guild("Elsewhere", discord_server.stranger)
    guild = discord_server.guild if known == "here" else elsewhere
    async with discord_server.running(make_bot(SOUNDALIKE_GUILD=str(guild.id))):
        said = await discord_server.message(discord_server.dm(), content="hello?")
        assert "/similar" not in (await discord_server.next_message(said)).text
        called = await discord_server.message(content=discord_server.bot.mention)
        hint = (await discord_server.next_message(called)).text
    assert ("/similar" in hint) == (known == "here")


async def test_a_clip_that_is_not_for_the_bot_is_not_touched(discord_with_bot: Discord) -> None:
    shared = await discord_with_bot.message(attachments=[clip(discord_with_bot, "low")])
    await stays_silent(discord_with_bot, shared)


async def test_where_it_may_not_write_the_asker_is_told_in_private(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    discord_server.channel.bot_permissions &= ~Permission.SEND_MESSAGES
    async with discord_server.running(make_bot()):
        await discord_server.message(
            content=discord_server.bot.mention, attachments=[clip(discord_server, "low")]
        )
        (told,) = await discord_server.until(lambda: discord_server.dm().messages, 10)
    assert "You called me in music, but I may not write there." in told.text
    assert discord_server.rejections == []


@pytest.mark.parametrize(
    "lacking", [Permission.ATTACH_FILES, Permission.READ_MESSAGE_HISTORY, Permission.EMBED_LINKS]
)
async def test_fewer_rights_give_a_plainer_answer(
    discord_server: Discord, make_bot: MakeBot, lacking: Permission
) -> None:
    discord_server.channel.bot_permissions &= ~lacking
    async with discord_server.running(make_bot()):
        called = await discord_server.message(
            content=discord_server.bot.mention, attachments=[clip(discord_server, "low")]
        )
        answer = await discord_server.next_message(called)
    assert "The low one" in answer.text
    assert bool(answer.attachments) == (lacking is not Permission.ATTACH_FILES)
    assert discord_server.rejections == []


async def test_closed_dms_leave_only_a_note_in_the_log(
    discord_server: Discord, make_bot: MakeBot, caplog: pytest.LogCaptureFixture
) -> None:
    discord_server.member.open_to_dms = False
    discord_server.channel.bot_permissions &= ~Permission.SEND_MESSAGES
    async with discord_server.running(make_bot()):
        await discord_server.message(
            content=discord_server.bot.mention, attachments=[clip(discord_server, "low")]
        )
        await discord_server.until(lambda: "could not tell" in caplog.text, 10)
    assert [each.status for each in discord_server.rejections] == [403]
