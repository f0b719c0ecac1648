"""Downloads: signed addresses, and files that are slow, cut off or huge."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from yarl import URL

from tests.discord_server import cdn, tls
from tests.discord_server.content import Delivery, Upload
from tests.discord_server.driver import Discord

CLIP = bytes(range(256)) * 1000
DAY = 24 * 60 * 60


@pytest.fixture
async def session(discord_server: Discord) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(connector=discord_server.connector()) as session:
        yield session


async def address(server: Discord, upload: Upload, host: str = tls.CDN) -> URL:
    """Let somebody post a file; return where it lies."""
    message = await server.message(server.dm(), attachments=[upload])
    return URL(cdn.url(server.world, message.attachments[0], host), encoded=True)


@pytest.mark.parametrize("host", [tls.CDN, tls.MEDIA])
async def test_a_file_comes_whole(
    discord_server: Discord, session: aiohttp.ClientSession, host: str
) -> None:
    url = await address(discord_server, discord_server.upload("a clip.ogg", CLIP), host)
    async with session.get(url) as response:
        assert response.status == 200
        assert response.content_type == "audio/ogg"
        assert response.content_length == len(CLIP)
        assert await response.read() == CLIP
    assert discord_server.downloads == [(url.path, 200)]


async def test_a_stale_or_forged_address_finds_nothing(
    discord_server: Discord, session: aiohttp.ClientSession
) -> None:
    url = await address(discord_server, discord_server.upload("clip.ogg", CLIP))
    later = f"{int(time.time()) + 10 * DAY:x}"
    forged = [
        url.with_query(None),
        url.update_query(hm="0" * 64),
        url.update_query(ex=later),
        url.update_query(ex="soon"),
        url.with_name("other.ogg").with_query(url.query),
    ]
    for wrong in forged:
        async with session.get(wrong) as response:
            assert (response.status, await response.text()) == (404, cdn.GONE)
    discord_server.advance(DAY + 1)
    async with session.get(url) as response:
        assert response.status == 404


async def test_a_download_that_breaks_off(
    discord_server: Discord, session: aiohttp.ClientSession
) -> None:
    upload = discord_server.upload("clip.ogg", CLIP, delivery=Delivery(truncate_at=1000))
    async with session.get(await address(discord_server, upload)) as response:
        assert response.content_length == len(CLIP)
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()


async def test_a_download_that_is_too_slow(
    discord_server: Discord, session: aiohttp.ClientSession
) -> None:
    upload = discord_server.upload("clip.ogg", CLIP, delivery=Delivery(delay=30))
    url = await address(discord_server, upload)
    with pytest.raises(TimeoutError):
        await session.get(url, timeout=aiohttp.ClientTimeout(total=0.1))


async def test_a_server_error(discord_server: Discord, session: aiohttp.ClientSession) -> None:
    upload = discord_server.upload("clip.ogg", CLIP, delivery=Delivery(status=503))
    async with session.get(await address(discord_server, upload)) as response:
        assert response.status == 503


async def test_a_file_larger_than_memory_is_streamed(
    discord_server: Discord, session: aiohttp.ClientSession
) -> None:
    async def zeros() -> AsyncIterator[bytes]:
        while True:
            yield bytes(65_536)

    upload = discord_server.upload("clip.wav", stream=zeros, size=10**12)
    async with session.get(await address(discord_server, upload)) as response:
        assert response.content_length == 10**12
        assert len(await response.content.readexactly(200_000)) == 200_000
