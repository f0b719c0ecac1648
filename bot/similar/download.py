"""Brings an attachment from Discord, bounded in bytes and time whatever its size was said to be."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

import aiohttp
import discord

from bot.similar.clips import too_large
from bot.words import ENGLISH
from models.types import ClipError

_CHUNK = 64 * 1024
_SECONDS = 120.0


class Downloads(AbstractAsyncContextManager["Downloads"]):
    """Fetches attachments; to be closed.

    Parameters
    ----------
    connector : aiohttp.BaseConnector
        How Discord is reached; it stays open.
    max_bytes : int
        The largest file taken.
    seconds : float
        The most time one file may take.
    """

    def __init__(
        self, connector: aiohttp.BaseConnector, max_bytes: int, seconds: float = _SECONDS
    ) -> None:
        self._max_bytes = max_bytes
        self._session = aiohttp.ClientSession(
            connector=connector,
            connector_owner=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(total=seconds),
            auto_decompress=False,
        )

    async def read(self, attachment: discord.Attachment) -> bytes:
        """Download a file.

        Raises
        ------
        ClipError
            Discord has it no more, does not hand it out whole, or it is too large after all.
        """
        try:
            async with self._session.get(attachment.url, allow_redirects=False) as response:
                if response.status in (403, 404):
                    raise ClipError(*ENGLISH.say("clip.gone"))
                response.raise_for_status()
                return await self._read(response)
        except (aiohttp.ClientError, OSError, ValueError):
            raise ClipError(*ENGLISH.say("clip.stuck")) from None

    async def __aexit__(self, *_error: object) -> None:
        await self._session.close()

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        data = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK):
            data += chunk
            if len(data) > self._max_bytes:
                raise too_large(len(data), self._max_bytes)
        return bytes(data)
