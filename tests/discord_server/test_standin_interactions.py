"""What a right bot answers to commands, menus, buttons and forms, wherever they come from."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.discord_server.driver import Discord
from tests.discord_server.offers import NotOfferedError
from tests.discord_server.people import ChannelKind
from tests.discord_server.sample_bot import Likes, SampleBot

CLIP = bytes(range(256)) * 40


@pytest.fixture
async def discord(discord_server: Discord) -> AsyncIterator[Discord]:
    bot = SampleBot(discord_server)
    async with discord_server.running(bot):
        yield discord_server
    assert discord_server.rejections == []


async def test_a_slash_command_gets_its_clip_and_answers_with_a_file(discord: Discord) -> None:
    clip = discord.upload("my clip.ogg", CLIP)
    result = await discord.slash("measure", {"clip": clip, "count": 5})
    assert result.deferred
    assert result.acknowledged_after is not None
    assert result.acknowledged_after < 3
    message = await result.final_message()
    assert message.content == f"{len(CLIP)} bytes, context [0]"
    assert message.file("start.bin") == CLIP[:5]
    assert message.attachments[0].upload.description == "its start"
    assert discord.messages() == [message]
    assert not message.pings


async def test_a_slash_command_in_a_dm(discord: Discord) -> None:
    channel = discord.dm()
    clip = discord.upload("clip.ogg", CLIP)
    result = await discord.slash("measure", {"clip": clip}, channel=channel)
    assert "context [1]" in (await result.final_message()).content


async def test_a_user_install_works_where_the_bot_is_not(discord: Discord) -> None:
    grace = discord.add_user("Grace Hopper", installed_app=True, locale="de")
    elsewhere = discord.add_guild("Elsewhere", grace, has_bot=False)
    friends = discord.world.direct(grace, discord.member)
    clip = discord.upload("clip.ogg", CLIP)
    for channel, context in ((elsewhere.channels[0], 0), (friends, 2)):
        result = await discord.slash("measure", {"clip": clip}, user=grace, channel=channel)
        assert f"context [{context}]" in (await result.final_message()).content
    assert friends.kind is ChannelKind.DM


async def test_what_the_app_would_not_offer_fails_the_test(discord: Discord) -> None:
    clip = discord.upload("clip.ogg", CLIP)
    elsewhere = discord.add_guild("Elsewhere", discord.stranger, has_bot=False)
    with pytest.raises(NotOfferedError, match="no command"):
        await discord.slash("meassure", {"clip": clip})
    with pytest.raises(NotOfferedError, match="no option"):
        await discord.slash("measure", {"clip": clip, "size": 3})
    with pytest.raises(NotOfferedError, match="wants"):
        await discord.slash("measure")
    with pytest.raises(NotOfferedError, match="1 to 10"):
        await discord.slash("measure", {"clip": clip, "count": 11})
    with pytest.raises(NotOfferedError, match="does not fit"):
        await discord.slash("measure", {"clip": "clip.ogg"})
    with pytest.raises(NotOfferedError, match="not installed"):
        await discord.slash("find", {"title": "x"}, channel=elsewhere.channels[0])


async def test_autocomplete(discord: Discord) -> None:
    choices = await discord.autocomplete("find", "title", "blue")
    assert choices == [{"name": "blue 1", "value": "blue1"}, {"name": "blue 2", "value": "blue2"}]


async def test_a_context_menu_reads_any_message_and_follows_up(discord: Discord) -> None:
    message = await discord.message(attachments=[discord.upload("clip.ogg", CLIP)])
    result = await discord.context_menu("Measure this", message)
    assert (await result.final_message()).content == f"{len(CLIP)} bytes"
    more = await result.message_where(lambda each: "More" in each.content)
    assert result.responses[1:] == [more]


async def test_buttons_answer_privately_or_change_their_message(discord: Discord) -> None:
    dropped = await discord.message(discord.dm(), attachments=[discord.upload("a.ogg", CLIP)])
    answer = await discord.next_message(dropped)
    # A view hears clicks once the reply that carries it is answered.
    await discord.quiet()
    liked = await discord.click(answer, "Like")
    noted = await liked.final_message()
    assert noted.ephemeral
    assert noted not in discord.messages(discord.dm())
    with pytest.raises(NotOfferedError, match="disabled"):
        await discord.click(answer, "off")
    more = await discord.click(answer, "more")
    assert await more.final_message() is answer
    assert answer.content == "More."
    assert answer.revisions[0].startswith(f"{len(CLIP)} bytes")
    with pytest.raises(NotOfferedError, match="has no"):
        await discord.click(answer, "like")


async def test_buttons_outlive_a_restart(discord_server: Discord) -> None:
    discord = discord_server
    async with discord.running(SampleBot(discord)):
        dropped = await discord.message(discord.dm(), attachments=[discord.upload("a.ogg", CLIP)])
        answer = await discord.next_message(dropped)
    again = SampleBot(discord)
    again.add_view(Likes())
    async with discord.running(again):
        assert (await (await discord.click(answer, "Like")).final_message()).content == "Noted."


async def test_a_modal(discord: Discord) -> None:
    opened = await discord.slash("wish")
    assert opened.modal["title"] == "A wish"
    result = await discord.submit(opened, {"words": "rain"})
    assert (await result.final_message()).content == "Wished for rain."
