"""Refusals on demand: the next request of a route, or of all, is answered 429 or fails."""

from __future__ import annotations

import math
from dataclasses import dataclass

from aiohttp import web

from tests.discord_server.answers import answer


@dataclass
class _Limit:
    route: str | None
    retry_after: float
    times: int
    banned: bool
    status: int = 429


class RateLimits:
    """What a test ordered to be refused, and how often."""

    def __init__(self) -> None:
        self._limits: list[_Limit] = []

    def refuse_next(
        self, route: str | None, retry_after: float, *, times: int = 1, banned: bool = False
    ) -> None:
        """Order 429 for the next requests of a route such as "POST /channels/{channel_id}/typing".

        Without a route the limit is global. `banned` answers as the proxy in front of Discord
        does to a client that ran into too many errors: no JSON, no `Via`.
        """
        self._limits.append(_Limit(route, retry_after, times, banned))

    def fail_next(self, route: str, status: int, *, times: int = 1) -> None:
        """Order an error without a reason for the next requests of a route."""
        self._limits.append(_Limit(route, 0, times, banned=False, status=status))

    def answer(self, route: str) -> web.Response | None:
        """Return the refusal of this request, if one was ordered."""
        for limit in self._limits:
            if limit.times and limit.route in (None, route):
                limit.times -= 1
                if limit.status != 429:
                    return answer({"message": "Something broke", "code": 0}, limit.status)
                return _banned() if limit.banned else _refusal(limit)
        return None


def _refusal(limit: _Limit) -> web.Response:
    everywhere = limit.route is None
    headers = {
        "Via": "1.1 google",
        "Retry-After": str(math.ceil(limit.retry_after)),
        "X-RateLimit-Scope": "global" if everywhere else "user",
    }
    if everywhere:
        headers["X-RateLimit-Global"] = "true"
    else:
        headers |= {
            "X-RateLimit-Limit": "5",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset-After": f"{limit.retry_after:.3f}",
            "X-RateLimit-Bucket": f"{hash(limit.route) & 0xFFFFFFFF:08x}",
        }
    body = {
        "message": "You are being rate limited.",
        "retry_after": limit.retry_after,
        "global": everywhere,
    }
    return answer(body, 429, headers)


def _banned() -> web.Response:
    text = "<!doctype html><title>Access denied | discord.com</title>error code: 1015"
    return web.Response(status=429, text=text, content_type="text/html")
