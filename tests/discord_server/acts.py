"""What people do: write, use commands, press buttons."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import aiohttp

from tests.discord_server import payloads
from tests.discord_server.checks.mentions import note_mentions
from tests.discord_server.content import Delivery, Flag, Message, MessageKind, Upload
from tests.discord_server.dispatching import Dispatcher
from tests.discord_server.interactions import Kind
from tests.discord_server.offers import Filling, NotOfferedError, find_command, place_of
from tests.discord_server.people import Channel, Guild, User
from tests.discord_server.rest.body import guess_type
from tests.discord_server.results import InteractionResult
from tests.discord_server.server import Server

CHAT_INPUT, MESSAGE_MENU = 1, 3


class Acts:
    """People of a loopback Discord and what they can do."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.world = server.world
        self.gateway = server.gateway
        self.bot = server.world.bot
        self._dispatcher = Dispatcher(self.world, self.gateway)
        self.member = self.world.add_user("Ada")
        self.stranger = self.world.add_user("Grace")
        self.guild = self.add_guild("Listening Club", self.member)
        self.channel = self.guild.channels[0]

    # People, places, files

    def connector(self) -> aiohttp.TCPConnector:
        """Make a connector for a client; call it inside the running loop."""
        return self.server.connector()

    def add_user(self, name: str, **traits: Any) -> User:
        """Let somebody join Discord: `locale`, `open_to_dms`, `installed_app`."""
        return self.world.add_user(name, **traits)

    def add_guild(self, name: str, owner: User, **traits: Any) -> Guild:
        """Found a guild with one channel: `has_bot`, `locale`, `upload_limit`."""
        guild = self.world.add_guild(name, owner, **traits)
        self.world.add_channel(guild, "music")
        return guild

    def dm(self, user: User | None = None) -> Channel:
        """Return the private channel of a user and the bot."""
        return self.world.direct(user or self.member, self.bot)

    def upload(
        self,
        name: str,
        data: bytes = b"",
        content_type: str | None = None,
        *,
        stream: Callable[[], AsyncIterator[bytes]] | None = None,
        size: int | None = None,
        delivery: Delivery | None = None,
        **traits: Any,
    ) -> Upload:
        """Pick a file; `stream` and `size` make one that is too large for memory."""
        told = len(data) if size is None else size
        kind = content_type or guess_type(name)
        way = delivery or Delivery()
        return Upload(name, told, kind, data, stream, delivery=way, **traits)

    # Messages

    async def message(
        self,
        channel: Channel | None = None,
        author: User | None = None,
        content: str = "",
        *,
        attachments: Sequence[Upload] = (),
        reply_to: Message | None = None,
        ping: bool = True,
        forward: Message | None = None,
        voice: bool = False,
    ) -> Message:
        """Write a message; a reply calls the author of what it answers unless `ping` is false."""
        world, place = self.world, channel or self.channel
        draft = Message(world.ids.next(), place, author or self.member, world.clock.now(), content)
        draft.replies_to, draft.forwards = reply_to, forward
        draft.kind = MessageKind.REPLY if reply_to else MessageKind.DEFAULT
        draft.flags = Flag.VOICE_MESSAGE if voice else Flag(0)
        if forward:
            draft.flags |= Flag.HAS_SNAPSHOT
        folder = f"attachments/{place.id}"
        draft.attachments = [self.server.poster.attach(each, folder) for each in attachments]
        note_mentions(world, draft)
        if reply_to and ping and reply_to.author not in draft.mentions:
            draft.mentions.append(reply_to.author)
        await self.server.poster.publish(draft)
        return draft

    async def voice_message(self, channel: Channel | None = None, data: bytes = b"") -> Message:
        """Send a voice message: one Ogg Opus attachment."""
        upload = self.upload(
            "voice-message.ogg", data, "audio/ogg", duration=3.2, waveform="AAAAAAAAAAAA"
        )
        return await self.message(channel, attachments=[upload], voice=True)

    # Interactions

    async def slash(
        self,
        command: str,
        options: dict[str, Any] | None = None,
        *,
        user: User | None = None,
        channel: Channel | None = None,
        wait: bool = True,
    ) -> InteractionResult:
        """Use a slash command ("library add" for a subcommand); wait for the acknowledgement."""
        who, place = user or self.member, channel or self.channel
        filling = Filling(self.world, self.server.poster)
        name, *path = command.split()
        found, where = find_command(self.world, CHAT_INPUT, name, place, who)
        data = _command_data(found, filling)
        data["options"] = filling.fill(found, path, options or {})
        interaction = await self._dispatcher.dispatch(Kind.COMMAND, data, who, place, where)
        return await self._result(interaction, wait=wait)

    async def autocomplete(
        self,
        command: str,
        option: str,
        typed: str,
        options: dict[str, Any] | None = None,
        *,
        user: User | None = None,
        channel: Channel | None = None,
    ) -> list[dict[str, Any]]:
        """Type into an option; return the choices that the app offers."""
        who, place = user or self.member, channel or self.channel
        filling = Filling(self.world, self.server.poster)
        name, *path = command.split()
        found, where = find_command(self.world, CHAT_INPUT, name, place, who)
        data = _command_data(found, filling)
        values = {**(options or {}), option: typed}
        data["options"] = filling.fill(found, path, values, typing=option)
        interaction = await self._dispatcher.dispatch(Kind.AUTOCOMPLETE, data, who, place, where)
        return (await self._result(interaction, wait=True)).choices

    async def context_menu(
        self, command: str, message: Message, *, user: User | None = None, wait: bool = True
    ) -> InteractionResult:
        """Use a message's Apps menu; the app may read that message whatever its intents."""
        who, place = user or self.member, message.channel
        found, where = find_command(self.world, MESSAGE_MENU, command, place, who)
        told = payloads.message(self.world, message)
        data = _command_data(found, Filling(self.world, self.server.poster))
        data |= {"target_id": str(message.id), "resolved": {"messages": {told["id"]: told}}}
        interaction = await self._dispatcher.dispatch(Kind.COMMAND, data, who, place, where)
        return await self._result(interaction, wait=wait)

    async def click(
        self, message: Message, custom_id: str, *, user: User | None = None, wait: bool = True
    ) -> InteractionResult:
        """Press a button, given its custom_id or its label."""
        part = _control(message, custom_id)
        data = {"custom_id": part["custom_id"], "component_type": part["type"], "id": part["id"]}
        return await self._press(message, data, user, wait=wait)

    async def select(
        self, message: Message, custom_id: str, values: list[str], *, user: User | None = None
    ) -> InteractionResult:
        """Choose values in a select menu."""
        part = _control(message, custom_id)
        offered = [option["value"] for option in part.get("options", [])]
        if not set(values) <= set(offered):
            raise NotOfferedError(f"the menu offers {offered}, not {values}")
        data = {"custom_id": part["custom_id"], "component_type": part["type"], "id": part["id"]}
        return await self._press(message, data | {"values": values}, user, wait=True)

    async def submit(self, result: InteractionResult, values: dict[str, Any]) -> InteractionResult:
        """Send the modal that an interaction opened, its fields filled in by custom_id."""
        before, modal = result.interaction, result.modal
        filling = Filling(self.world, self.server.poster)
        parts = [_submitted(part, values, filling) for part in modal["components"]]
        data = {"custom_id": modal["custom_id"], "components": parts}
        if filling.resolved:
            data["resolved"] = filling.resolved
        where = place_of(before.channel, before.user)
        interaction = await self._dispatcher.dispatch(
            Kind.MODAL, data, before.user, before.channel, where, before.source
        )
        return await self._result(interaction, wait=True)

    async def _press(
        self, message: Message, data: dict[str, Any], user: User | None, *, wait: bool
    ) -> InteractionResult:
        who = user or self.member
        if message.ephemeral and message.interaction:
            asker = message.interaction["user"]["id"]
            if asker != str(who.id):
                raise NotOfferedError(f"{who.name} does not see that message")
        where = place_of(message.channel, who)
        interaction = await self._dispatcher.dispatch(
            Kind.COMPONENT, data, who, message.channel, where, message
        )
        return await self._result(interaction, wait=wait)

    async def _result(self, interaction: Any, *, wait: bool) -> InteractionResult:
        result = InteractionResult(self.world, interaction)
        return await result.acknowledgement() if wait else result


def _command_data(command: dict[str, Any], filling: Filling) -> dict[str, Any]:
    data = {"id": command["id"], "name": command["name"], "type": command["type"]}
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    # The dictionary is shared: what the options resolve to appears in it as they are filled in.
    return data | {"resolved": filling.resolved}


def _control(message: Message, wanted: str) -> dict[str, Any]:
    if message.deleted:
        raise NotOfferedError("that message was deleted")
    for part in message.parts():
        if part.get("custom_id") and wanted in (part["custom_id"], part.get("label")):
            if part.get("disabled"):
                raise NotOfferedError(f"{wanted!r} is disabled")
            return part
    known = [part["custom_id"] for part in message.parts() if part.get("custom_id")]
    raise NotOfferedError(f"the message has no {wanted!r}, only {known}")


def _submitted(part: dict[str, Any], values: dict[str, Any], filling: Filling) -> dict[str, Any]:
    inner = part.get("component") or (part.get("components") or [None])[0]
    if inner is None:
        return part
    given = values.get(inner["custom_id"], inner.get("value", ""))
    answer: dict[str, Any] = {"type": inner["type"], "custom_id": inner["custom_id"]}
    if isinstance(given, Upload):
        answer["values"] = [filling.attachment(given)]
    else:
        answer["values" if isinstance(given, list) else "value"] = given
    return {
        "type": part["type"],
        **({"component": answer} if part["type"] == 18 else {"components": [answer]}),
    }
