"""Brings an attachment from Discord, bounded in bytes and time whatever its size was said to be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, aclosing
from typing import BinaryIO

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
        data = bytearray()
        async with aclosing(self._chunks(attachment, self._max_bytes)) as chunks:
            async for chunk in chunks:
                data += chunk
        return bytes(data)

    async def save(self, attachment: discord.Attachment, file: BinaryIO, max_bytes: int) -> None:
        """Download a file of at most so many bytes into one that is open, a piece at a time.

        Raises
        ------
        ClipError
            As `read` does, or there is no room for it.
        """
        async with aclosing(self._chunks(attachment, max_bytes)) as chunks:
            async for chunk in chunks:
                try:
                    await asyncio.to_thread(file.write, chunk)
                except OSError:
                    raise ClipError(
                        "There is no room on this machine to take the file in.",
                        "Try again in a while, or with a smaller file.",
                    ) from None

    async def __aexit__(self, *_error: object) -> None:
        await self._session.close()

    async def _chunks(
        self, attachment: discord.Attachment, max_bytes: int
    ) -> AsyncGenerator[bytes, None]:
        size = 0
        try:
            async with self._session.get(attachment.url, allow_redirects=False) as response:
                if response.status in (403, 404):
                    raise ClipError(*ENGLISH.say("clip.gone"))
                if response.status != 200:  # one that would send us elsewhere, too
                    raise ClipError(*ENGLISH.say("clip.stuck"))
                async for chunk in response.content.iter_chunked(_CHUNK):
                    size += len(chunk)
                    if size > max_bytes:
                        raise too_large(size, max_bytes)
                    yield chunk
        except (aiohttp.ClientError, OSError, ValueError):
            raise ClipError(*ENGLISH.say("clip.stuck")) from None
