"""Who the bot is, where its gateway is, and whom it may write to."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tests.discord_server import errors, payloads
from tests.discord_server.answers import answer
from tests.discord_server.checks.form import Form
from tests.discord_server.people import Guild
from tests.discord_server.rest import body
from tests.discord_server.tls import GATEWAY
from tests.discord_server.world import World


class Account:
    """Routes about the bot itself and the people and guilds it sees."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """List the routes of this area."""
        return [
            web.get("/users/@me", self._me),
            web.get("/oauth2/applications/@me", self._application),
            web.get("/applications/@me", self._application),
            web.get("/gateway", self._gateway),
            web.get("/gateway/bot", self._gateway_bot),
            web.get("/users/{user_id}", self._user),
            web.post("/users/@me/channels", self._open_dm),
            web.get("/guilds/{guild_id}", self._guild),
            web.get("/guilds/{guild_id}/members/{user_id}", self._member),
            web.get("/applications/{application_id}/emojis", self._emojis),
        ]

    async def _me(self, request: web.Request) -> web.Response:
        extra = {"verified": True, "mfa_enabled": False, "locale": "en-US", "flags": 0}
        return answer(payloads.user(self._world.bot) | extra)

    async def _application(self, request: web.Request) -> web.Response:
        bot = self._world.bot
        owner = next((user for user in self._world.users.values() if not user.bot), bot)
        return answer(
            {
                "id": str(self._world.application_id),
                "name": bot.name,
                "icon": None,
                "description": "",
                "bot_public": True,
                "bot_require_code_grant": False,
                "verify_key": "0" * 64,
                "flags": 0,
                "summary": "",
                "team": None,
                "owner": payloads.user(owner),
                "bot": payloads.user(bot),
                "integration_types_config": {"0": {}, "1": {}},
                "approximate_guild_count": len(self._world.guilds),
            }
        )

    async def _gateway(self, request: web.Request) -> web.Response:
        return answer({"url": f"wss://{GATEWAY}"})

    async def _gateway_bot(self, request: web.Request) -> web.Response:
        limit: dict[str, Any] = {"total": 1000, "remaining": 999, "max_concurrency": 1}
        limit["reset_after"] = 86_400_000
        return answer({"url": f"wss://{GATEWAY}", "shards": 1, "session_start_limit": limit})

    async def _user(self, request: web.Request) -> web.Response:
        user = self._world.users.get(number(request, "user_id"))
        if user is None:
            raise errors.unknown_user()
        return answer(payloads.user(user))

    async def _open_dm(self, request: web.Request) -> web.Response:
        form = (await body.read(request)).form
        try:
            user = self._world.users.get(int(form.get("recipient_id", "")))
        except (TypeError, ValueError):
            wrong = Form()
            wrong.fail(("recipient_id",), "NUMBER_TYPE_COERCE", "Value is not snowflake.")
            wrong.raise_if_wrong()
        if user is None:
            raise errors.unknown_user()
        if user.bot:
            raise errors.closed_dms()
        return answer(payloads.channel(self._world, self._world.direct(self._world.bot, user)))

    async def _guild(self, request: web.Request) -> web.Response:
        return answer(payloads.guild(self._world, self._joined(request)))

    async def _member(self, request: web.Request) -> web.Response:
        member = self._joined(request).members.get(number(request, "user_id"))
        if member is None:
            raise errors.unknown_member()
        return answer(payloads.member(member))

    async def _emojis(self, request: web.Request) -> web.Response:
        return answer({"items": []})

    def _joined(self, request: web.Request) -> Guild:
        guild = self._world.guilds.get(number(request, "guild_id"))
        if guild is None:
            raise errors.unknown_guild()
        if not guild.has_bot:
            raise errors.missing_access()
        return guild


def number(request: web.Request, name: str) -> int:
    """Return a snowflake from the path; what is none cannot exist."""
    text = request.match_info[name]
    return int(text) if text.isdigit() else 0
