"""Rate limits: an unpatched client waits and tries again."""

from __future__ import annotations

import discord
import pytest

from tests.discord_server.driver import Discord

POST = "POST /channels/{channel_id}/messages"


@pytest.mark.parametrize("route", [POST, None], ids=["bucket", "global"])
async def test_a_limit_is_waited_for(
    discord_server: Discord, client: discord.Client, route: str | None
) -> None:
    discord_server.rate_limit_next(route, 0.01, times=2)
    await client.get_partial_messageable(discord_server.channel.id).send("patience")
    assert [each.status for each in discord_server.exchanges[-3:]] == [429, 429, 200]
    assert len(discord_server.messages()) == 1
    assert discord_server.rejections == []


async def test_a_ban_is_not_waited_for(discord_server: Discord, client: discord.Client) -> None:
    discord_server.rate_limit_next(POST, banned=True)
    with pytest.raises(discord.HTTPException) as refusal:
        await client.get_partial_messageable(discord_server.channel.id).send("hello")
    assert refusal.value.status == 429
    assert "1015" in refusal.value.text


async def test_other_routes_are_free(discord_server: Discord, client: discord.Client) -> None:
    discord_server.rate_limit_next("DELETE /channels/{channel_id}/messages/{message_id}")
    await client.get_partial_messageable(discord_server.channel.id).send("hello")
    assert all(each.status != 429 for each in discord_server.exchanges)
