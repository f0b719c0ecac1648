"""JSON answers with exactly the content type that clients of Discord look for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

JSON = "application/json"


def answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Answer with JSON."""
    body = json.dumps(data).encode()
    return web.Response(body=body, status=status, content_type=JSON, headers=headers)


def nothing() -> web.Response:
    """Answer that it is done, with no body."""
    return web.Response(status=204)
