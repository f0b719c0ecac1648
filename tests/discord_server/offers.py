"""What Discord's own app would let a user do: find a command, fill its options in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.discord_server import payloads
from tests.discord_server.content import Upload
from tests.discord_server.people import Channel, ChannelKind, Permission, Role, User
from tests.discord_server.posting import Poster
from tests.discord_server.world import World

SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN = 1, 2, 3, 4, 5
USER, CHANNEL, ROLE, NUMBER, ATTACHMENT = 6, 7, 8, 10, 11
IN_GUILD, IN_BOT_DM, IN_PRIVATE = 0, 1, 2


class NotOfferedError(AssertionError):
    """Discord's app would not let a user do this: the command, option or button is not there."""


@dataclass(frozen=True)
class Place:
    """Where and by whom a command is used, and through which installation."""

    context: int
    owners: dict[str, str]


def place_of(channel: Channel, user: User) -> Place:
    """Return the context of a channel and the installations that reach it."""
    owners = {}
    if channel.guild:
        context = IN_GUILD
        if channel.guild.has_bot:
            owners["0"] = str(channel.guild.id)
    elif channel.has_bot and channel.kind is ChannelKind.DM:
        context = IN_BOT_DM
        owners["0"] = "0"
    else:
        context = IN_PRIVATE
    if user.installed_app:
        owners["1"] = str(user.id)
    return Place(context, owners)


def find_command(
    world: World, kind: int, name: str, channel: Channel, user: User
) -> tuple[dict[str, Any], Place]:
    """Return a registered command and the place it is used in; fail if it is not offered there."""
    guild = channel.guild
    shelves = [world.commands.in_guild.get(guild.id, [])] if guild else []
    registered = [
        command
        for shelf in (*shelves, world.commands.everywhere)
        for command in shelf
        if (command["type"], command["name"]) == (kind, name)
    ]
    if not registered:
        known = [command["name"] for command in world.commands.everywhere]
        raise NotOfferedError(f"no command {name!r} is registered here; everywhere: {known}")
    command, place = registered[0], place_of(channel, user)
    contexts = command.get("contexts")
    if contexts is not None and place.context not in contexts:
        raise NotOfferedError(
            f"{name!r} is not offered in context {place.context}, only in {contexts}"
        )
    installs = {str(each) for each in command.get("integration_types") or [0]}
    owners = {key: value for key, value in place.owners.items() if key in installs}
    if not owners:
        raise NotOfferedError(f"{name!r} is not installed for {user.name} here ({place.owners})")
    _require_permissions(command, channel, user)
    return command, Place(place.context, owners)


def _require_permissions(command: dict[str, Any], channel: Channel, user: User) -> None:
    needed = command.get("default_member_permissions")
    if needed is None or channel.guild is None:
        return
    member = channel.guild.members.get(user.id)
    has = member.permissions if member else Permission(0)
    if Permission.ADMINISTRATOR not in has and int(has) & int(needed) != int(needed):
        raise NotOfferedError(
            f"{user.name} lacks the permissions that {command['name']!r} asks for"
        )


class Filling:
    """Fills a command's options in as Discord's app does, and refuses what it would refuse."""

    def __init__(self, world: World, poster: Poster) -> None:
        self._world = world
        self._poster = poster
        self.resolved: dict[str, dict[str, Any]] = {}

    def fill(
        self,
        command: dict[str, Any],
        path: list[str],
        values: dict[str, Any],
        *,
        typing: str | None = None,
    ) -> list[dict[str, Any]]:
        """Return the options of an interaction; `typing` names one being completed."""
        if path:
            for option in command.get("options") or []:
                if option["name"] == path[0] and option["type"] in (SUBCOMMAND, GROUP):
                    inner = self.fill(option, path[1:], values, typing=typing)
                    return [{"name": path[0], "type": option["type"], "options": inner}]
            raise NotOfferedError(f"{command['name']!r} has no subcommand {path[0]!r}")
        known = {option["name"]: option for option in command.get("options") or []}
        for name in values:
            if name not in known:
                raise NotOfferedError(
                    f"{command['name']!r} has no option {name!r}, only {[*known]}"
                )
        filled = []
        for name, option in known.items():
            if name in values:
                entry = {"name": name, "type": option["type"]}
                if name == typing:
                    entry |= {"value": values[name], "focused": True}
                else:
                    entry["value"] = self._value(option, values[name])
                filled.append(entry)
            elif option.get("required") and not typing:
                raise NotOfferedError(f"{command['name']!r} wants the option {name!r}")
        return filled

    def attachment(self, upload: Upload) -> str:
        """Upload a file for this interaction only; return its id."""
        folder = f"ephemeral-attachments/{self._world.application_id}"
        kept = self._poster.attach(upload, folder, ephemeral=True)
        self._resolve("attachments", kept.id, payloads.attachment(self._world, kept))
        return str(kept.id)

    def _resolve(self, group: str, key: int, body: dict[str, Any]) -> None:
        self.resolved.setdefault(group, {})[str(key)] = body

    def _value(self, option: dict[str, Any], value: Any) -> Any:
        kind = option["type"]
        expected: dict[int, tuple[type[Any], ...]] = {
            STRING: (str,),
            INTEGER: (int,),
            BOOLEAN: (bool,),
            USER: (User,),
            CHANNEL: (Channel,),
            ROLE: (Role,),
            NUMBER: (int, float),
            ATTACHMENT: (Upload,),
        }
        if not isinstance(value, expected[kind]):
            raise NotOfferedError(f"{value!r} does not fit the option {option['name']!r}")
        if kind == ATTACHMENT:
            return self.attachment(value)
        if kind == USER:
            self._resolve("users", value.id, payloads.user(value))
        elif kind == CHANNEL:
            body = payloads.channel(self._world, value) | {"permissions": "0"}
            self._resolve("channels", value.id, body)
        elif kind == ROLE:
            self._resolve("roles", value.id, payloads.role(value))
        else:
            _require_bounds(option, value)
            return value
        return str(value.id)


def _require_bounds(option: dict[str, Any], value: Any) -> None:
    size = len(value) if isinstance(value, str) else value
    keys = ("min_length", "max_length") if isinstance(value, str) else ("min_value", "max_value")
    low, high = (option.get(key) for key in keys)
    if (low is not None and size < low) or (high is not None and size > high):
        raise NotOfferedError(f"{option['name']!r} takes {low} to {high}, not {value!r}")
    choices = [choice["value"] for choice in option.get("choices") or []]
    if choices and value not in choices:
        raise NotOfferedError(f"{option['name']!r} offers {choices}, not {value!r}")
