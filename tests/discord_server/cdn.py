"""The CDN: attachments under signed addresses that expire."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import sys
from collections.abc import AsyncIterator

from aiohttp import web

from tests.discord_server.content import Attachment, Upload
from tests.discord_server.tls import CDN
from tests.discord_server.world import World

GONE = "This content is no longer available."
_DAY_S = 24 * 60 * 60
_CHUNK = 64 * 1024


def url(world: World, attachment: Attachment, host: str = CDN) -> str:
    """Sign an attachment's address for a day."""
    issued = int(world.clock.now())
    expires, issued_hex = f"{issued + _DAY_S:x}", f"{issued:x}"
    signature = _sign(world, attachment.path, expires, issued_hex)
    return f"https://{host}{attachment.path}?ex={expires}&is={issued_hex}&hm={signature}&"


def application(world: World) -> web.Application:
    """Build the web application of the CDN's hosts."""

    async def hand_out(request: web.Request) -> web.StreamResponse:
        response = await _hand_out(world, request)
        world.downloads.append((request.path, response.status))
        return response

    app = web.Application()
    app.router.add_get("/{path:.*}", hand_out)
    return app


async def _hand_out(world: World, request: web.Request) -> web.StreamResponse:
    attachment = world.attachments.get(request.path)
    if attachment is None or not _signed(world, request):
        return web.Response(status=404, text=GONE)
    upload = attachment.upload
    delivery = upload.delivery
    await asyncio.sleep(delivery.delay)
    if delivery.status != 200:
        onwards = {"Location": delivery.location} if delivery.location else {}
        return web.Response(status=delivery.status, headers=onwards)
    response = web.StreamResponse()
    response.content_type = upload.content_type or "application/octet-stream"
    if not delivery.endless:
        response.content_length = upload.size
    response.headers["Content-Disposition"] = f'attachment; filename="{attachment.filename}"'
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    left = upload.size if delivery.truncate_at is None else delivery.truncate_at
    if delivery.endless:
        left = sys.maxsize
    async for chunk in _chunks(upload):
        await asyncio.sleep(delivery.chunk_delay)
        await response.write(chunk[:left])
        left -= len(chunk)
        if left <= 0:
            break
    if delivery.truncate_at is not None and request.transport:
        request.transport.close()
        return response
    await response.write_eof()
    return response


async def _chunks(upload: Upload) -> AsyncIterator[bytes]:
    if upload.stream:
        async for chunk in upload.stream():
            yield chunk
    for start in range(0, len(upload.data), _CHUNK):
        yield upload.data[start : start + _CHUNK]


def _signed(world: World, request: web.Request) -> bool:
    query = request.query
    expires, issued = query.get("ex", ""), query.get("is", "")
    try:
        expired = int(expires, 16) < world.clock.now()
    except ValueError:
        return False
    told = _sign(world, request.path, expires, issued)
    return not expired and hmac.compare_digest(told, query.get("hm", ""))


def _sign(world: World, path: str, expires: str, issued: str) -> str:
    text = f"{path} {expires} {issued}".encode()
    return hmac.new(world.secret, text, hashlib.sha256).hexdigest()
