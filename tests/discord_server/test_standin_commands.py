"""Registering commands: what is kept, and what Discord refuses."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from discord import app_commands

from tests.discord_server.driver import Discord
from tests.discord_server.offers import NotOfferedError
from tests.discord_server.sample_bot import SampleBot

Json = dict[str, Any]


def command(**traits: Any) -> Json:
    return {"name": "do", "description": "Do it", "type": 1, **traits}


def option(**traits: Any) -> Json:
    return {"name": "what", "description": "What to do", "type": 3, **traits}


def choices(count: int, **traits: Any) -> list[Json]:
    return [{"name": str(n), "value": str(n), **traits} for n in range(count)]


WRONG = {
    "name in capitals": [command(name="Do")],
    "name with a space": [command(name="do it")],
    "long name": [command(name="d" * 33)],
    "no description": [command(description="")],
    "long description": [command(description="d" * 101)],
    "same name twice": [command(), command()],
    "unknown locale": [command(name_localizations={"xx": "tun"})],
    "localised name in capitals": [command(name_localizations={"de": "Tun"})],
    "menu with a long localised name": [
        {"name": "Do", "type": 3, "name_localizations": {"de": "D" * 33}}
    ],
    "menu with an unknown locale": [{"name": "Do", "type": 3, "name_localizations": {"d": "Tun"}}],
    "choice with a long localised name": [
        command(options=[option(choices=choices(1, name_localizations={"de": "n" * 101}))])
    ],
    "two options with one localised name": [
        command(
            options=[
                option(name=name, name_localizations={"de": "eins"}) for name in ("one", "two")
            ]
        )
    ],
    "too large in translation": [
        command(
            options=[
                option(
                    name=f"o{n}",
                    choices=choices(25, name_localizations={"de": "n" * 100}),
                )
                for n in range(4)
            ]
        )
    ],
    "long localised description": [command(description_localizations={"de": "d" * 101})],
    "unknown context": [command(contexts=[3])],
    "unknown integration type": [command(integration_types=[2])],
    "many options": [command(options=[option(name=f"o{n}") for n in range(26)])],
    "same option twice": [command(options=[option(), option()])],
    "required after optional": [command(options=[option(), option(name="then", required=True)])],
    "unknown option type": [command(options=[option(type=12)])],
    "subcommand beside an option": [
        command(options=[option(type=1), option(name="other", type=3)])
    ],
    "many choices": [command(options=[option(choices=choices(26))])],
    "long choice": [command(options=[option(choices=choices(1, name="n" * 101))])],
    "choices and autocomplete": [command(options=[option(choices=choices(1), autocomplete=True)])],
    "autocomplete of a file": [command(options=[option(type=11, autocomplete=True)])],
    "bounds the wrong way": [command(options=[option(type=4, min_value=5, max_value=1)])],
    "menu with a description": [{"name": "Do", "type": 3, "description": "Do it"}],
    "too many menus": [{"name": f"Do {n}", "type": 3} for n in range(16)],
    "too many commands": [command(name=f"do{n}") for n in range(101)],
    "long menu name": [{"name": "D" * 33, "type": 3}],
    "menu with options": [{"name": "Do", "type": 3, "options": [option()]}],
    "unknown kind": [command(type=9)],
    "permissions in words": [command(default_member_permissions="manage")],
    "groups too deep": [
        command(options=[option(type=2, options=[option(type=2, options=[option(type=1)])])])
    ],
    "lengths beyond the longest": [command(options=[option(max_length=6001)])],
    "a choice that is no number": [command(options=[option(type=4, choices=choices(1))])],
    "too large": [
        command(
            options=[
                option(choices=choices(25, name="n" * 100, value="v" * 100)),
                option(name="b", choices=choices(25, name="n" * 100, value="v" * 100)),
            ]
        )
    ],
}


@pytest.mark.parametrize("commands", WRONG.values(), ids=WRONG)
async def test_what_is_refused(
    discord_server: Discord, client: discord.Client, commands: list[Any]
) -> None:
    assert client.application_id
    with pytest.raises(discord.HTTPException) as refusal:
        await client.http.bulk_upsert_global_commands(client.application_id, payload=commands)
    assert (refusal.value.status, refusal.value.code) == (400, 50035)
    assert discord_server.rejections[-1].body["errors"]
    assert discord_server.world.commands.everywhere == []


async def test_a_tree_of_groups_is_kept(discord_server: Discord, client: discord.Client) -> None:
    tree = app_commands.CommandTree(client)
    library = app_commands.Group(name="library", description="Your tracks")

    @library.command(description="Add a track")
    async def add(interaction: discord.Interaction, track: str, loud: bool = False) -> None:
        """Never called: only registered."""

    tree.add_command(library)
    first = await tree.sync()
    again = await tree.sync()
    assert [each.id for each in first] == [each.id for each in again]
    assert [each.name for each in await tree.fetch_commands()] == ["library"]


async def test_commands_of_one_guild(discord_server: Discord, client: discord.Client) -> None:
    tree = app_commands.CommandTree(client)
    guild = discord.Object(discord_server.guild.id)

    @tree.command(description="Only here", guild=guild)
    async def here(interaction: discord.Interaction) -> None:
        """Never called: only registered."""

    await tree.sync(guild=guild)
    other = discord_server.add_guild("Other", discord_server.stranger)
    with pytest.raises(NotOfferedError, match="no command"):
        await discord_server.slash("here", user=discord_server.stranger, channel=other.channels[0])
    abroad = discord_server.add_guild("Abroad", discord_server.stranger, has_bot=False)
    with pytest.raises(discord.Forbidden) as refusal:
        await tree.sync(guild=discord.Object(abroad.id))
    assert refusal.value.code == 50001


async def test_commands_for_managers_only(discord_server: Discord, bot: SampleBot) -> None:
    @bot.tree.command(description="Set things right")
    @app_commands.default_permissions(manage_guild=True)
    async def admin(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Done.", ephemeral=True)

    await bot.tree.sync()
    discord_server.world.add_member(discord_server.guild, discord_server.stranger)
    with pytest.raises(NotOfferedError, match="permissions"):
        await discord_server.slash("admin", user=discord_server.stranger)
    assert (await (await discord_server.slash("admin")).final_message()).content == "Done."
