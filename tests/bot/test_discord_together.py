"""Several clips in one message: asked together, and each alone by a menu that lives on."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from bot.clip_pictures import STRIP
from bot.picture import WIDTH
from index.kept import sweep
from index.state_file import State
from tests.bot.fakes import MakeBot
from tests.bot.sounds import sound, title, wav
from tests.discord_server.content import Message, Upload
from tests.discord_server.driver import Discord


def clips(discord: Discord, *kinds: str) -> list[Upload]:
    return [discord.upload(f"{kind}.wav", wav(sound(kind, 7))) for kind in kinds]


def menu_of(message: Message) -> str:
    return next(
        part["custom_id"]
        for part in message.parts()
        if part.get("custom_id", "").startswith("answer:alone:")
    )


def offered(message: Message) -> list[str]:
    part = next(each for each in message.parts() if each.get("custom_id") == menu_of(message))
    return [option["label"] for option in part["options"]]


def values(message: Message) -> list[str]:
    part = next(each for each in message.parts() if each.get("custom_id") == menu_of(message))
    return [option["value"] for option in part["options"]]


def addresses(message: Message) -> list[str]:
    """Return where the pictures of a card lie, without what their addresses are signed with."""
    galleries = [part for part in message.parts() if part["type"] == 12]
    return [part["items"][0]["media"]["url"].partition("?")[0] for part in galleries]


async def dropped(discord: Discord, *kinds: str) -> Message:
    message = await discord.message(discord.dm(), attachments=clips(discord, *kinds))
    return await discord.next_message(message)


async def test_they_are_asked_together(discord_with_bot: Discord) -> None:
    answer = await dropped(discord_with_bot, "low", "shrill")
    assert "low.wav + shrill.wav" in answer.text
    assert "I asked 2 clips together" in answer.text
    first = [line for line in answer.text.splitlines() if line[:4] in ("**1.", "**2.")]
    assert all("The low one" in line or "The shrill one" in line for line in first)
    assert offered(answer) == ["1. low.wav", "2. shrill.wav"]


async def test_each_has_its_picture_and_keeps_it_when_it_is_asked_alone(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    async with discord_server.running(make_bot()):
        answer = await dropped(discord_server, "low", "shrill")
        assert [each.filename for each in answer.attachments] == ["clip-1.png", "clip-2.png"]
        turned = await (await discord_server.click(answer, "Next")).final_message()
        first, second = addresses(turned)
        assert first.startswith("https://")
        assert (first[-11:], second[-11:]) == ("/clip-1.png", "/clip-2.png")
    async with discord_server.running(make_bot()):
        result = await discord_server.select(turned, menu_of(turned), [values(turned)[1]])
        alone = await result.final_message()
        assert addresses(alone) == [second]
        page = await (await discord_server.click(alone, "Next")).final_message()
        assert "**6.**" in page.text
        assert addresses(page) == [second]
    with Image.open(io.BytesIO(answer.file("clip-2.png"))) as picture:
        assert picture.size == (WIDTH, STRIP)
    assert discord_server.rejections == []


async def test_a_menu_of_before_still_answers(discord_with_bot: Discord) -> None:
    answer = await dropped(discord_with_bot, "low", "shrill")
    part = next(each for each in answer.parts() if each.get("custom_id") == menu_of(answer))
    for option in part["options"]:
        option["value"] = option["value"].partition(":")[0]
    result = await discord_with_bot.select(answer, menu_of(answer), [values(answer)[1]])
    alone = await result.final_message()
    assert "**1.** **The shrill one" in alone.text
    assert addresses(alone) == []


async def test_each_alone_by_the_menu_also_after_a_restart(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    async with discord_server.running(make_bot()):
        answer = await dropped(discord_server, "low", "shrill")
    # The links to the attachments expire meanwhile; nothing is fetched again.
    discord_server.advance(2 * 86_400)
    fetched = len(discord_server.downloads)
    async with discord_server.running(make_bot()):
        result = await discord_server.select(answer, menu_of(answer), [values(answer)[1]])
        alone = await result.final_message()
    assert "shrill.wav" in alone.text
    assert "low.wav" not in alone.text
    assert "**1.** **The shrill one" in alone.text
    assert len(discord_server.downloads) == fetched
    assert discord_server.rejections == []


async def test_a_clip_that_is_a_track_is_named_when_it_is_asked_alone(
    discord_with_bot: Discord,
) -> None:
    both = [
        discord_with_bot.upload("known.wav", wav(sound("low", 1))),
        discord_with_bot.upload("new.wav", wav(sound("high", 7))),
    ]
    message = await discord_with_bot.message(discord_with_bot.dm(), attachments=both)
    answer = await discord_with_bot.next_message(message)
    assert "This is" not in answer.text
    result = await discord_with_bot.select(answer, menu_of(answer), [values(answer)[0]])
    assert f"This is **{title('low', 1)}**" in (await result.final_message()).text


async def test_the_menu_stays_when_the_page_is_turned(discord_with_bot: Discord) -> None:
    answer = await dropped(discord_with_bot, "low", "shrill")
    menu = menu_of(answer)
    turned = await (await discord_with_bot.click(answer, "Next")).final_message()
    assert "**6.**" in turned.text
    assert menu_of(turned) == menu
    assert offered(turned) == ["1. low.wav", "2. shrill.wav"]


async def test_what_is_kept_no_more_is_said(
    discord_server: Discord, make_bot: MakeBot, state: State
) -> None:
    async with discord_server.running(make_bot()):
        answer = await dropped(discord_server, "low", "shrill")
        await state.write(lambda database: sweep(database, state.kept, 10.0**10))
        result = await discord_server.select(answer, menu_of(answer), [values(answer)[1]])
        told = await result.final_message()
    assert told.ephemeral
    assert "The shrill one" not in told.text


async def test_one_that_cannot_be_heard_is_left_out(discord_with_bot: Discord) -> None:
    broken = discord_with_bot.upload("broken.wav", b"RIFF but broken")
    message = await discord_with_bot.message(
        discord_with_bot.dm(), attachments=[broken, *clips(discord_with_bot, "low", "high")]
    )
    answer = await discord_with_bot.next_message(message)
    assert "I asked 2 clips together" in answer.text
    assert "“broken.wav” could not be heard and was left out." in answer.text
    assert offered(answer) == ["1. low.wav", "2. high.wav"]


async def test_one_that_is_left_is_asked_as_one(discord_with_bot: Discord) -> None:
    broken = discord_with_bot.upload("broken.wav", b"RIFF but broken")
    message = await discord_with_bot.message(
        discord_with_bot.dm(), attachments=[broken, *clips(discord_with_bot, "low")]
    )
    answer = await discord_with_bot.next_message(message)
    assert "**1.** **The low one" in answer.text
    assert "together" not in answer.text
    assert "“broken.wav” could not be heard" in answer.text
    with pytest.raises(StopIteration):
        menu_of(answer)


async def test_none_that_can_be_heard_is_a_sentence(discord_with_bot: Discord) -> None:
    broken = [discord_with_bot.upload(name, b"RIFF but") for name in ("a.wav", "b.wav")]
    message = await discord_with_bot.message(discord_with_bot.dm(), attachments=broken)
    told = await discord_with_bot.next_message(message)
    assert "a.wav cannot be read as audio" in told.text


async def test_at_most_five_are_heard(discord_with_bot: Discord) -> None:
    kinds = ["low", "high", "middle", "shrill", "low", "high", "high"]
    files = [
        discord_with_bot.upload(f"{number}.wav", wav(sound(kind, 7 + number, 2.0)))
        for number, kind in enumerate(kinds)
    ]
    message = await discord_with_bot.message(discord_with_bot.dm(), attachments=files)
    answer = await discord_with_bot.next_message(message, 20)
    assert "I asked 5 clips together" in answer.text
    assert len(discord_with_bot.downloads) == 5


async def test_in_a_server_by_mention_and_by_menu(discord_with_bot: Discord) -> None:
    called = await discord_with_bot.message(
        content=discord_with_bot.bot.mention, attachments=clips(discord_with_bot, "low", "high")
    )
    answer = await discord_with_bot.next_message(called)
    assert "I asked 2 clips together" in answer.text
    result = await discord_with_bot.context_menu(
        "Find similar tracks", called, user=discord_with_bot.member
    )
    by_menu = await result.final_message()
    # Somebody else may choose from the card, too.
    other = discord_with_bot.add_user("Ida")
    discord_with_bot.world.add_member(discord_with_bot.guild, other)
    chosen = await discord_with_bot.select(
        by_menu, menu_of(by_menu), [values(by_menu)[1]], user=other
    )
    alone = await chosen.final_message()
    assert "**1.** **The high one" in alone.text
    assert alone.ephemeral
