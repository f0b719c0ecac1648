"""Sending interactions to the app, as each place has them."""

from __future__ import annotations

from typing import Any

from tests.discord_server import payloads
from tests.discord_server.content import Message
from tests.discord_server.gateway import Gateway
from tests.discord_server.interactions import Interaction, Kind
from tests.discord_server.offers import Place
from tests.discord_server.people import Channel, Member, User
from tests.discord_server.world import World


class Dispatcher:
    """Makes interactions and hands them to the gateway."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world = world
        self._gateway = gateway

    async def dispatch(
        self,
        kind: Kind,
        data: dict[str, Any],
        user: User,
        channel: Channel,
        place: Place,
        source: Message | None = None,
    ) -> Interaction:
        """Let a user do something; return at once."""
        world = self._world
        now = world.clock.now()
        interaction = Interaction(
            world.ids.next(), kind, user, channel, now, place.owners, data, source
        )
        world.interactions[interaction.id] = interaction
        body = self._payload(interaction, place)
        await self._gateway.tell("INTERACTION_CREATE", lambda _: body)
        return interaction

    def _payload(self, of: Interaction, place: Place) -> dict[str, Any]:
        channel, guild = of.channel, of.channel.guild
        body: dict[str, Any] = {
            "id": str(of.id),
            "application_id": str(self._world.application_id),
            "type": int(of.kind),
            "token": of.token,
            "version": 1,
            "data": of.data,
            "channel_id": str(channel.id),
            "channel": payloads.channel(self._world, channel),
            "app_permissions": str(int(channel.bot_permissions)),
            "locale": of.user.locale,
            "context": place.context,
            "authorizing_integration_owners": place.owners,
            "attachment_size_limit": channel.upload_limit,
            "entitlements": [],
        }
        if of.source:
            body["message"] = payloads.message(self._world, of.source)
        if guild is None:
            return body | {"user": payloads.user(of.user)}
        member = guild.members.get(of.user.id) or Member(of.user)
        permissions = str(int(member.permissions))
        body["channel"]["permissions"] = permissions
        return body | {
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
            "guild_locale": guild.locale,
            "member": payloads.member(member) | {"permissions": permissions},
        }
