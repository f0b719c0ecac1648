"""Menus, deferred buttons, forms with labels and files, options that name people and places."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest
from discord import app_commands

from tests.discord_server.driver import Discord
from tests.discord_server.offers import NotOfferedError
from tests.discord_server.sample_bot import SampleBot


class Panel(discord.ui.View):
    """A select menu and a button that takes its time."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.select(
        custom_id="genre", options=[discord.SelectOption(label=name) for name in ("Jazz", "Folk")]
    )
    async def genre(self, interaction: discord.Interaction, menu: discord.ui.Select[Any]) -> None:
        await interaction.response.send_message(f"You like {menu.values[0]}.")

    @discord.ui.button(label="Slow", custom_id="slow")
    async def slow(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="At last.", view=None)

    @discord.ui.button(label="Refresh", custom_id="refresh")
    async def refresh(self, interaction: discord.Interaction, _: discord.ui.Button[Any]) -> None:
        await interaction.response.defer(thinking=True, ephemeral=True)
        message = await interaction.original_response()
        await interaction.followup.send("Refreshed.")
        await message.delete()


class Offering(discord.ui.Modal, title="Offer a clip"):
    """A form with labels: a file and a choice."""

    clip: discord.ui.Label[Any] = discord.ui.Label(
        text="Clip", component=discord.ui.FileUpload(custom_id="clip", required=True)
    )
    genre: discord.ui.Label[Any] = discord.ui.Label(
        text="Genre",
        component=discord.ui.Select(
            custom_id="genre", options=[discord.SelectOption(label="Jazz")]
        ),
    )
    note: discord.ui.Label[Any] = discord.ui.Label(
        text="Note", component=discord.ui.TextInput(custom_id="note")
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        upload: Any = self.clip.component
        menu: Any = self.genre.component
        note: Any = self.note.component
        data = await upload.values[0].read()
        said = f"{len(data)} bytes of {menu.values[0]}: {note.value}"
        await interaction.response.send_message(said)


class ControlBot(SampleBot):
    """The sample bot with a panel, a form and a group of commands."""

    async def setup_hook(self) -> None:
        group = app_commands.Group(name="show", description="Show things")

        @group.command(description="Show a panel")
        async def panel(interaction: discord.Interaction) -> None:
            await interaction.response.send_message("A panel", view=Panel(), ephemeral=True)

        @group.command(description="Show a form")
        async def form(interaction: discord.Interaction) -> None:
            await interaction.response.send_modal(Offering())

        @group.command(description="Show what was named")
        async def named(
            interaction: discord.Interaction,
            who: discord.User,
            role: discord.Role,
            where: discord.TextChannel,
            loud: bool,
            share: float = 0.5,
        ) -> None:
            said = f"{who.global_name} {role.name} {where.name} {loud} {share}"
            await interaction.response.send_message(said)

        @group.command(description="Offer too much")
        async def plenty(interaction: discord.Interaction, what: str) -> None:
            await interaction.response.send_message(what)

        @plenty.autocomplete("what")
        async def offers(_: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
            names = [f"{typed}{number}" for number in range(26)]
            return [app_commands.Choice(name=name, value=name) for name in names]

        self.tree.add_command(group)
        await super().setup_hook()


@pytest.fixture
async def server(discord_server: Discord) -> AsyncIterator[Discord]:
    async with discord_server.running(ControlBot(discord_server)):
        yield discord_server


async def test_a_select_menu(server: Discord) -> None:
    panel = await (await server.slash("show panel")).final_message()
    chosen = await server.select(panel, "genre", ["Folk"])
    assert (await chosen.final_message()).content == "You like Folk."
    with pytest.raises(NotOfferedError, match="offers"):
        await server.select(panel, "genre", ["Polka"])
    with pytest.raises(NotOfferedError, match="does not see"):
        await server.select(panel, "genre", ["Folk"], user=server.stranger)


async def test_a_deferred_update_is_final_once_it_is_edited(server: Discord) -> None:
    panel = await (await server.slash("show panel")).final_message()
    assert panel.button("Slo")["custom_id"] == "slow"
    with pytest.raises(AssertionError, match="no button"):
        panel.button("Fast")
    pressed = await server.click(panel, "slow")
    assert await pressed.final_message() is panel
    assert panel.text == "At last."


async def test_an_answer_can_be_taken_back(server: Discord) -> None:
    panel = await (await server.slash("show panel")).final_message()
    pressed = await server.click(panel, "refresh")
    await server.until(lambda: pressed.original is not None and pressed.original.deleted)
    assert pressed.responses == []
    with pytest.raises(AssertionError, match="in vain"):
        await pressed.final_message(0.1)
    gone = pressed.original
    assert gone is not None
    with pytest.raises(NotOfferedError, match="deleted"):
        await server.click(gone, "slow")


async def test_a_form_with_a_file(server: Discord) -> None:
    opened = await server.slash("show form")
    clip = server.upload("clip.ogg", b"x" * 321)
    values = {"clip": clip, "genre": ["Jazz"], "note": "loud"}
    result = await server.submit(opened, values)
    assert (await result.final_message()).content == "321 bytes of Jazz: loud"
    with pytest.raises(AssertionError, match="no modal"):
        await server.submit(result, {})


async def test_options_name_people_and_places(server: Discord) -> None:
    role = server.world.add_role(server.guild, "Listeners")
    named = {"who": server.stranger, "role": role, "where": server.channel, "loud": True}
    result = await server.slash("show named", named)
    assert (await result.final_message()).content == "Grace Listeners music True 0.5"
    with pytest.raises(NotOfferedError, match="subcommand"):
        await server.slash("show nothing")


async def test_too_many_choices_are_refused(server: Discord) -> None:
    typing = asyncio.ensure_future(server.autocomplete("show plenty", "what", "a"))
    await server.until(lambda: server.rejections, what="a refusal")
    server.advance(3.1)
    with pytest.raises(AssertionError, match="no choices"):
        await typing
    assert [(each.status, each.code) for each in server.rejections] == [(400, 50035)]
