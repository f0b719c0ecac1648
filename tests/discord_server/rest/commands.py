"""Registering application commands, for everybody or for one guild."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tests.discord_server import errors
from tests.discord_server.answers import answer, nothing
from tests.discord_server.checks.commands import check_commands
from tests.discord_server.rest import body
from tests.discord_server.rest.account import number
from tests.discord_server.world import World

EVERYWHERE = "/applications/{application_id}/commands"
IN_GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"


class Commands:
    """Routes that list, replace, add and remove commands."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """List the routes of this area."""
        return [
            route
            for base in (EVERYWHERE, IN_GUILD)
            for route in (
                web.get(base, self._list),
                web.put(base, self._replace),
                web.post(base, self._add),
                web.get(base + "/{command_id}", self._get),
                web.delete(base + "/{command_id}", self._remove),
            )
        ]

    async def _list(self, request: web.Request) -> web.Response:
        return answer(self._shelf(request))

    async def _replace(self, request: web.Request) -> web.Response:
        commands = (await body.read(request)).payload
        check_commands(commands)
        shelf = self._shelf(request)
        shelf[:] = [self._registered(request, command, shelf) for command in commands]
        self._world.changes.ring()
        return answer(shelf)

    async def _add(self, request: web.Request) -> web.Response:
        command = (await body.read(request)).form
        shelf = self._shelf(request)
        others = [each for each in shelf if _key(each) != _key(command)]
        check_commands([command])
        registered = self._registered(request, command, shelf)
        status = 200 if len(others) < len(shelf) else 201
        shelf[:] = [*others, registered]
        self._world.changes.ring()
        return answer(registered, status)

    async def _get(self, request: web.Request) -> web.Response:
        return answer(self._find(request))

    async def _remove(self, request: web.Request) -> web.Response:
        self._shelf(request).remove(self._find(request))
        return nothing()

    def _find(self, request: web.Request) -> dict[str, Any]:
        for command in self._shelf(request):
            if command["id"] == request.match_info["command_id"]:
                return command
        raise errors.unknown_command()

    def _shelf(self, request: web.Request) -> list[dict[str, Any]]:
        if number(request, "application_id") != self._world.application_id:
            raise errors.missing_access()
        if "guild_id" not in request.match_info:
            return self._world.commands.everywhere
        guild = self._world.guilds.get(number(request, "guild_id"))
        if guild is None or not guild.has_bot:
            raise errors.missing_access()
        return self._world.commands.in_guild.setdefault(guild.id, [])

    def _registered(
        self, request: web.Request, command: dict[str, Any], shelf: list[dict[str, Any]]
    ) -> dict[str, Any]:
        known = {_key(each): each["id"] for each in shelf}
        extra = {
            "id": known.get(_key(command)) or str(self._world.ids.next()),
            "application_id": str(self._world.application_id),
            "version": str(self._world.ids.next()),
            "type": command.get("type", 1),
            "description": command.get("description") or "",
        }
        if "guild_id" in request.match_info:
            extra["guild_id"] = request.match_info["guild_id"]
        return {**command, **extra}


def _key(command: dict[str, Any]) -> tuple[int, str]:
    return command.get("type", 1), command.get("name", "")
