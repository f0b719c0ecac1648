"""Pages of named sites: which links are theirs, and what a real yt-dlp makes of a page."""

import importlib
import importlib.util
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from models.sites import SITES, Site, SiteFetcher
from models.types import ClipError, ClipSource, PassingError

needs_yt_dlp = pytest.mark.skipif(
    importlib.util.find_spec("yt_dlp") is None, reason="yt-dlp, of the extra `links`, is not here"
)
LOOPBACK = Site(("127.0.0.1",), ("generic",))


class Noting:
    """Takes every link for a file of its own."""

    def __init__(self) -> None:
        self.fetched: list[str] = []

    async def fetch(self, url: str) -> ClipSource:
        self.fetched.append(url)
        return ClipSource(b"sound", "file.mp3")


@pytest.fixture
async def site() -> AsyncIterator[str]:
    async def audio(_request: web.Request) -> web.Response:
        return web.Response(body=b"ID3" + bytes(500), content_type="audio/mpeg")

    async def dull(_request: web.Request) -> web.Response:
        return web.Response(text="<html><title>Words</title></html>", content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/song.mp3", audio), web.get("/dull", dull)])
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


@pytest.mark.parametrize(
    ("link", "owner"),
    [
        ("https://www.youtube.com/watch?v=abc", "youtube"),
        ("https://youtu.be/abc?t=3", "youtube"),
        ("https://music.youtube.com/watch?v=abc", "youtube"),
        ("http://ann.bandcamp.com/track/x", "bandcamp"),
        ("https://notyoutube.com/watch?v=abc", None),
        ("https://youtube.com.example.org/", None),
        ("https://youtube.com@example.org/", None),
        ("https://ann:b@youtube.com/watch?v=abc", None),
        ("ftp://youtube.com/x", None),
        ("https://[::1", None),
    ],
)
async def test_a_link_belongs_to_the_site_of_its_host(link: str, owner: str | None) -> None:
    plain, sites = Noting(), SiteFetcher(Noting(), list(SITES.values()))
    found = sites._site_of(link)
    assert found == (SITES[owner] if owner else None), link
    if owner is None:
        await SiteFetcher(plain, list(SITES.values())).fetch(link)
        assert plain.fetched == [link]


async def test_without_sites_every_link_is_taken_as_it_is() -> None:
    plain = Noting()
    await SiteFetcher(plain, []).fetch("https://youtu.be/abc")
    assert plain.fetched == ["https://youtu.be/abc"]


@needs_yt_dlp
async def test_what_a_page_plays_is_fetched_under_its_title(site: str) -> None:
    plain = Noting()
    clip = await SiteFetcher(plain, [LOOPBACK]).fetch(f"{site}song.mp3")
    assert plain.fetched == [f"{site}song.mp3"]
    assert clip == ClipSource(b"sound", "song")


@needs_yt_dlp
async def test_a_page_without_sound_is_a_sentence(site: str) -> None:
    plain = Noting()
    with pytest.raises(ClipError, match="cannot get the sound"):
        await SiteFetcher(plain, [LOOPBACK]).fetch(f"{site}dull")
    assert plain.fetched == []


@needs_yt_dlp
async def test_no_reader_but_those_of_the_site_looks_at_a_page(site: str) -> None:
    only_youtube = Site(("127.0.0.1",), SITES["youtube"].extractors)
    with pytest.raises(ClipError, match="cannot get the sound"):
        await SiteFetcher(Noting(), [only_youtube]).fetch(f"{site}song.mp3")


async def test_a_page_that_takes_too_long_is_given_up(site: str) -> None:
    with pytest.raises(PassingError, match="too long"):
        await SiteFetcher(Noting(), [LOOPBACK], seconds=0.01).fetch(f"{site}song.mp3")


@needs_yt_dlp
def test_every_reader_that_is_named_is_known_to_yt_dlp() -> None:
    extractors = importlib.import_module("yt_dlp.extractor")
    known = {reader.IE_NAME for reader in extractors.gen_extractor_classes()}
    assert {name for site in SITES.values() for name in site.extractors} <= known
