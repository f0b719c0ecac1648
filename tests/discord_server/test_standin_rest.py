"""The quieter routes, and the corners of the forms that a good library never sends."""

from __future__ import annotations

import io
from typing import Any

import discord
import pytest
from discord.http import Route

from tests.discord_server.content import Flag
from tests.discord_server.driver import Discord
from tests.discord_server.sample_bot import SampleBot


async def test_people_and_guilds_can_be_fetched(
    discord_server: Discord, client: discord.Client
) -> None:
    ada, guild = discord_server.member, discord_server.guild
    fetched = await client.fetch_user(ada.id)
    assert fetched.global_name == "Ada"
    direct = await fetched.create_dm()
    await direct.send("hello")
    assert [each.content for each in discord_server.messages(discord_server.dm(ada))] == ["hello"]
    known = await client.fetch_guild(guild.id)
    assert (await known.fetch_member(ada.id)).global_name == "Ada"
    assert known.owner_id == ada.id
    channel = await client.fetch_channel(discord_server.channel.id)
    assert isinstance(channel, discord.TextChannel)
    assert await client.fetch_application_emojis() == []
    assert (await client.application_info()).owner.global_name == "Ada"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/guilds/1", 404, 10004),
        ("GET", "/guilds/{guild}/members/1", 404, 10007),
        ("GET", "/applications/{app}/commands/1", 404, 10063),
        ("GET", "/applications/1/commands", 403, 50001),
        ("POST", "/users/@me/channels", 400, 50109),
        ("PUT", "/users/@me", 404, 0),
    ],
)
async def test_what_does_not_exist(
    discord_server: Discord,
    client: discord.Client,
    method: str,
    path: str,
    status: int,
    code: int,
) -> None:
    named = path.format(guild=discord_server.guild.id, app=client.application_id)
    with pytest.raises(discord.HTTPException) as refusal:
        await client.http.request(Route(method, named))
    assert (refusal.value.status, refusal.value.code) == (status, code)
    discord_server.unexpected.clear()


@pytest.mark.parametrize(
    ("recipient", "status", "code"),
    [("x", 400, 50035), (1, 404, 10013), ("bot", 403, 50007)],
)
async def test_dms_that_cannot_be_opened(
    discord_server: Discord, client: discord.Client, recipient: Any, status: int, code: int
) -> None:
    to = discord_server.bot.id if recipient == "bot" else recipient
    with pytest.raises(discord.HTTPException) as refusal:
        await client.http.start_private_message(to)
    assert (refusal.value.status, refusal.value.code) == (status, code)


async def test_commands_one_by_one(discord_server: Discord, client: discord.Client) -> None:
    assert client.application_id
    payload: Any = {"name": "do", "description": "Do it", "type": 1}
    made = await client.http.upsert_global_command(client.application_id, payload)
    again = await client.http.upsert_global_command(client.application_id, payload)
    assert made["id"] == again["id"]
    got = await client.http.get_global_command(client.application_id, int(made["id"]))
    assert got["name"] == "do"
    await client.http.delete_global_command(client.application_id, int(made["id"]))
    assert discord_server.world.commands.everywhere == []


async def test_bodies_that_are_no_json(discord_server: Discord, client: discord.Client) -> None:
    route = Route("POST", "/channels/{channel_id}/messages", channel_id=discord_server.channel.id)
    wrong: list[Any] = [{"data": b"{"}, {"data": b"{}"}, {"json": [1]}]
    for body in wrong:
        with pytest.raises(discord.HTTPException) as refusal:
            await client.http.request(route, **body)
        assert (refusal.value.status, refusal.value.code) == (400, 50109)


async def test_a_picture_in_a_layout_has_to_be_shown(
    discord_server: Discord, client: discord.Client
) -> None:
    place = client.get_partial_messageable(discord_server.channel.id)

    def picture(name: str) -> discord.File:
        return discord.File(io.BytesIO(b"png"), name)

    view = discord.ui.LayoutView()
    view.add_item(discord.ui.MediaGallery(discord.MediaGalleryItem("attachment://mel.png")))
    sent = await place.send(view=view, files=[picture("mel.png"), picture("lost.png")])
    (message,) = discord_server.messages()
    assert Flag.COMPONENTS_V2 in message.flags
    assert message.unshown_files == ["lost.png"]
    shown = sent.components[0]
    assert isinstance(shown, discord.MediaGalleryComponent)
    assert shown.items[0].media.url.startswith("https://cdn.discordapp.com/attachments/")
    # In an edit, the name finds only what comes with that edit; the address always works.
    with pytest.raises(discord.HTTPException, match="not found"):
        await sent.edit(view=view)
    view.clear_items()
    view.add_item(discord.ui.MediaGallery(discord.MediaGalleryItem(sent.attachments[1].url)))
    await sent.edit(view=view)
    assert message.unshown_files == ["mel.png"]


async def test_a_picture_in_an_embed_has_to_be_sent(
    discord_server: Discord, client: discord.Client
) -> None:
    place = client.get_partial_messageable(discord_server.channel.id)
    embed = discord.Embed(title="Mel").set_image(url="attachment://mel.png")
    await place.send(embed=embed)
    await place.send(embed=embed, file=discord.File(io.BytesIO(b"png"), "mel.png"))
    first, second = discord_server.messages()
    assert first.broken_pictures == ["mel.png"]
    assert second.broken_pictures == []


async def test_the_bot_comes_and_goes(discord_server: Discord, bot: SampleBot) -> None:
    await bot.wait_until_ready()
    guild = discord_server.add_guild("Later", discord_server.stranger, has_bot=False)
    assert bot.get_guild(guild.id) is None
    await discord_server.invite(guild)
    await discord_server.until(lambda: bot.get_guild(guild.id), what="the new guild")
    await discord_server.remove_bot(guild)
    await discord_server.until(lambda: not bot.get_guild(guild.id), what="the farewell")


async def test_people_edit_and_delete(discord_server: Discord, bot: SampleBot) -> None:
    seen: list[str] = []

    @bot.listen()
    async def on_message_edit(before: discord.Message, after: discord.Message) -> None:
        seen.append(f"{before.content} -> {after.content}")

    @bot.listen()
    async def on_message_delete(message: discord.Message) -> None:
        seen.append(f"{message.content} deleted")

    message = await discord_server.message(discord_server.dm(), content="one")
    await discord_server.edit(message, "two")
    await discord_server.delete(message)
    await discord_server.until(lambda: len(seen) == 2)
    assert seen == ["one -> two", "two deleted"]
