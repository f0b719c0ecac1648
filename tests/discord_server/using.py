"""What people use: slash commands, Apps menus, buttons, select menus and forms."""

from __future__ import annotations

from typing import Any

from tests.discord_server import payloads
from tests.discord_server.content import Message, Upload
from tests.discord_server.dispatching import Dispatcher
from tests.discord_server.interactions import Interaction, Kind
from tests.discord_server.offers import Filling, NotOfferedError, find_command, place_of
from tests.discord_server.people import Channel, User
from tests.discord_server.results import InteractionResult
from tests.discord_server.server import Server
from tests.discord_server.speaking import Speaking

CHAT_INPUT, MESSAGE_MENU = 1, 3
LABEL = 18


class Using(Speaking):
    """People who use the app."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._dispatcher = Dispatcher(self.world, self.gateway)

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

    async def _result(self, interaction: Interaction, *, wait: bool) -> InteractionResult:
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
    if part["type"] == LABEL:
        return {"type": LABEL, "component": answer}
    return {"type": part["type"], "components": [answer]}
