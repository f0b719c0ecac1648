"""Apps → Find similar tracks, on any message, wherever the app is installed; over the wire."""

from __future__ import annotations

import pytest

from tests.bot.sounds import sound, wav
from tests.discord_server.content import Message, Upload
from tests.discord_server.driver import Discord
from tests.discord_server.people import Channel, User

MENU = "Find similar tracks"


def clip(discord: Discord, kind: str, name: str = "clip.wav") -> Upload:
    return discord.upload(name, wav(sound(kind, 7)))


async def ask(discord: Discord, message: Message, user: User | None = None) -> Message:
    result = await discord.context_menu(MENU, message, user=user)
    return await result.final_message()


async def test_a_clip_that_only_the_menu_may_read(discord_with_bot: Discord) -> None:
    shared = await discord_with_bot.message(attachments=[clip(discord_with_bot, "low")])
    result = await discord_with_bot.context_menu(MENU, shared)
    assert result.deferred
    answer = await result.final_message()
    assert "**1.** **The low one" in answer.text
    assert not answer.ephemeral
    assert not answer.pings


async def test_a_voice_message(discord_with_bot: Discord) -> None:
    spoken = await discord_with_bot.voice_message(data=wav(sound("high", 7), "OGG"))
    answer = await ask(discord_with_bot, spoken)
    assert "The high one" in answer.text
    assert "voice message" in answer.text


async def test_a_forward(discord_with_bot: Discord) -> None:
    shared = await discord_with_bot.message(attachments=[clip(discord_with_bot, "middle")])
    forwarded = await discord_with_bot.message(forward=shared)
    assert "The middle one" in (await ask(discord_with_bot, forwarded)).text


async def test_a_link(discord_with_bot: Discord) -> None:
    said = await discord_with_bot.message(content="listen: http://127.0.0.1/a.mp3 !")
    assert "outside the public web" in (await ask(discord_with_bot, said)).text


@pytest.mark.parametrize(
    ("content", "names", "words"),
    [
        ("nothing to hear here", [], "I hear nothing in that message."),
        ("look", ["cat.png"], "cat.png is not audio"),
    ],
)
async def test_nothing_to_hear_is_said_in_private(
    discord_with_bot: Discord, content: str, names: list[str], words: str
) -> None:
    shown = [discord_with_bot.upload(name, b"PNG") for name in names]
    said = await discord_with_bot.message(content=content, attachments=shown)
    answer = await ask(discord_with_bot, said)
    assert words in answer.text
    assert answer.ephemeral


def group(discord: Discord) -> Channel:
    third = discord.add_user("Ida")
    return discord.world.direct(discord.stranger, discord.member, third)


def direct(discord: Discord) -> Channel:
    return discord.dm(discord.stranger)


def friends(discord: Discord) -> Channel:
    return discord.world.direct(discord.stranger, discord.member)


def elsewhere(discord: Discord) -> Channel:
    return discord.add_guild("Elsewhere", discord.stranger, has_bot=False).channels[0]


@pytest.mark.parametrize("place", [direct, friends, group, elsewhere])
async def test_it_works_wherever_the_asker_installed_it(
    discord_with_bot: Discord, place: Channel
) -> None:
    discord_with_bot.stranger.installed_app = True
    shared = await discord_with_bot.message(
        place(discord_with_bot),
        discord_with_bot.stranger,
        attachments=[clip(discord_with_bot, "shrill")],
    )
    answer = await ask(discord_with_bot, shared, discord_with_bot.stranger)
    assert "The shrill one" in answer.text


async def test_its_name_is_in_every_language(discord_with_bot: Discord) -> None:
    commands = discord_with_bot.world.commands.everywhere
    menu = {each["name"]: each for each in commands if each["type"] == 3}[MENU]
    assert menu["name_localizations"]["de"] == "Ähnliche Titel finden"
    assert {"es-ES", "fr", "pt-BR"} <= set(menu["name_localizations"])
    assert menu["integration_types"] == [0, 1]
    assert menu["contexts"] == [0, 1, 2]
