"""Commands are described from the catalogues, in every language Discord asks for."""

from __future__ import annotations

from typing import Any, Literal

import discord
import pytest
from discord import app_commands

from bot.words.catalogue import Catalogue, load_catalogue
from bot.words.commands import CommandTranslator, describe_commands
from tests.bot.fakes import MakeBot
from tests.bot.sounds import sound, wav
from tests.discord_server.driver import Discord

MENU = 3
IN_DISCORDS_WORDS = {"de", "es-ES", "es-419", "fr", "pt-BR"}
TEXTS = {
    "en": {
        "commands.shelf.description": "Your shelf",
        "commands.shelf_put.description": "Put something on it",
        "commands.shelf_put.options.where.name": "where",
        "commands.shelf_put.options.where.description": "Which board",
        "commands.shelf_put.options.where.choices.top": "the top one",
        "commands.shelf_put.options.where.choices.low": "the lowest one",
        "commands.put_it_there.name": "Put it there",
    },
    "de": {
        "commands.shelf.name": "regal",
        "commands.shelf.description": "Dein Regal",
        "commands.shelf_put.options.where.name": "wohin",
        "commands.shelf_put.options.where.choices.top": "das oberste",
        "commands.put_it_there.name": "Dorthin legen",
    },
}


@pytest.fixture
def tree(monkeypatch: pytest.MonkeyPatch) -> app_commands.CommandTree[discord.Client]:
    numbers = load_catalogue("en").numbers
    monkeypatch.setattr(
        "bot.words.speaking.load_catalogue",
        lambda locale: Catalogue(TEXTS.get(locale, {}), numbers),
    )
    return app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))


def shelf() -> app_commands.Group:
    group = app_commands.Group(name="shelf", description="…")

    @group.command()
    async def put(interaction: discord.Interaction, where: Literal["top", "low"]) -> None: ...

    return group


async def registered(
    tree: app_commands.CommandTree[discord.Client],
) -> list[dict[str, Any]]:
    translator = CommandTranslator()
    return [
        await command.get_translated_payload(tree, translator) for command in tree.get_commands()
    ]


async def test_decorators_say_nothing_and_the_catalogue_all(
    tree: app_commands.CommandTree[discord.Client],
) -> None:
    tree.add_command(shelf())

    @tree.context_menu(name="Put it there")
    async def menu(interaction: discord.Interaction, message: discord.Message) -> None: ...

    describe_commands(tree)
    group, there = await registered(tree)
    assert (group["name"], group["description"]) == ("shelf", "Your shelf")
    assert group["name_localizations"] == {"de": "regal"}
    assert group["description_localizations"] == {"de": "Dein Regal"}
    (put,) = group["options"]
    assert put["description"] == "Put something on it"
    assert put["name_localizations"] == put["description_localizations"] == {}
    (where,) = put["options"]
    assert (where["name"], where["description"]) == ("where", "Which board")
    assert where["name_localizations"] == {"de": "wohin"}
    assert "description_localizations" not in where
    assert where["choices"] == [
        {"name": "the top one", "value": "top", "name_localizations": {"de": "das oberste"}},
        {"name": "the lowest one", "value": "low"},
    ]
    assert there["name_localizations"] == {"de": "Dorthin legen"}


def test_a_command_that_no_catalogue_describes_is_a_mistake(
    tree: app_commands.CommandTree[discord.Client],
) -> None:
    @tree.command()
    async def shrug(interaction: discord.Interaction) -> None: ...

    with pytest.raises(KeyError, match=r"commands\.shrug\.description"):
        describe_commands(tree)


async def test_the_catalogue_calls_commands_what_they_are_called(
    discord_with_bot: Discord,
) -> None:
    called, named = set(), set()
    for command in discord_with_bot.world.commands.everywhere:
        collect(command, (), called)
    for key, text in load_catalogue("en").texts.items():
        if key.startswith("commands.") and key.endswith(".name"):
            named.add((key.removesuffix(".name"), text))
    assert named == called


def collect(thing: dict[str, Any], above: tuple[str, ...], found: set[tuple[str, str]]) -> None:
    path = (*above, thing["name"].lower().replace(" ", "_"))
    key = f"commands.{'_'.join(path)}"
    found.add((key, thing["name"]))
    for option in thing.get("options") or []:
        if option["type"] <= 2:
            collect(option, path, found)
        else:
            found.add((f"{key}.options.{option['name']}", option["name"]))


async def test_discord_is_told_every_name(discord_with_bot: Discord) -> None:
    described = 0
    for command in discord_with_bot.world.commands.everywhere:
        is_menu = command["type"] == MENU
        for thing in [command, *(command.get("options") or [])]:
            # A menu has no description, and Discord sends none.
            for about in ("name",) if is_menu else ("name", "description"):
                assert set(thing[f"{about}_localizations"]) == IN_DISCORDS_WORDS, thing["name"]
                described += 1
    assert described >= 12


@pytest.mark.parametrize(
    ("locale", "at", "tracks"),
    [
        ("de", "klingt so bei 0:00", "12 Titel"),
        ("es-ES", "suena parecido en 0:00", "12 pistas"),
        ("es-419", "suena parecido en 0:00", "12 pistas"),
        ("fr", "ça sonne pareil à 0:00", "12 titres"),
        ("pt-BR", "soa parecido em 0:00", "12 faixas"),
        ("ja", "sounds like it at 0:00", "12 tracks"),
    ],
)
async def test_an_answer_is_in_the_language_of_who_asked(
    discord_with_bot: Discord, locale: str, at: str, tracks: str
) -> None:
    discord_with_bot.member.locale = locale
    clip = discord_with_bot.upload("clip.wav", wav(sound("low", 7)))
    answer = await (await discord_with_bot.slash("similar", {"file": clip})).final_message()
    assert at in answer.text
    assert tracks in answer.text


@pytest.mark.parametrize(
    ("locale", "raised_far_below", "raised_here"),
    [
        ("de", "**Das ist kein Link ins Netz.**\nEin Link beginnt", "Ich brauche einen Clip"),
        ("es-419", "**Eso no es un enlace web.**\nUn enlace empieza", "Necesito un clip"),
        ("fr", "**Ce n'est pas un lien web.**\nUn lien commence", "Il me faut un extrait"),
        ("pt-BR", "**Isso não é um link da web.**\nUm link começa", "Preciso de um trecho"),
    ],
)
async def test_a_refusal_is_too(
    discord_with_bot: Discord, locale: str, raised_far_below: str, raised_here: str
) -> None:
    discord_with_bot.member.locale = locale
    answer = await discord_with_bot.slash("similar", {"link": "my favourite song"})
    assert (await answer.final_message()).text.startswith(raised_far_below)
    answer = await discord_with_bot.slash("similar", {})
    assert raised_here in (await answer.final_message()).text


async def test_a_server_is_answered_in_its_language(
    discord_server: Discord, make_bot: MakeBot
) -> None:
    discord_server.guild.locale = "de"
    me = discord_server.bot.mention
    async with discord_server.running(make_bot()):
        hint = await discord_server.next_message(await discord_server.message(content=me))
        assert "ich sehe keinen Clip" in hint.text
        assert "/ähnlich" in hint.text
        cat = discord_server.upload("cat.png", b"PNG")
        called = await discord_server.message(content=me, attachments=[cat])
        answer = await discord_server.next_message(called)
        assert "cat.png ist keine Audiodatei" in answer.text
    assert discord_server.rejections == []
