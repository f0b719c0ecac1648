"""Links to the pages of music sites: yt-dlp says where the sound lies, the guarded fetcher gets it.

The host names the sites; without the extra `links` there are none. yt-dlp reads pages that
strangers write, so it does so in a short-lived process of its own, and downloads nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from yarl import URL

from models.types import ClipError, ClipSource, PassingError

_SECONDS = 30.0
_LONGEST_ANSWER = 1 << 16
_CHILD = Path(__file__).with_name("sites_child.py")


@dataclass(frozen=True, slots=True)
class Site:
    """A site whose pages are understood.

    Attributes
    ----------
    hosts : tuple of str
        Its names; names below them are its own too.
    extractors : tuple of str
        What yt-dlp calls its readers for single pages of it: regular expressions of whole names.
    """

    hosts: tuple[str, ...]
    extractors: tuple[str, ...]

    def owns(self, host: str) -> bool:
        """Whether a host is this site's."""
        return any(host == name or host.endswith(f".{name}") for name in self.hosts)


SITES: Mapping[str, Site] = {
    "youtube": Site(("youtube.com", "youtu.be", "youtube-nocookie.com"), ("youtube",)),
    "soundcloud": Site(("soundcloud.com",), ("soundcloud",)),
    "bandcamp": Site(("bandcamp.com",), ("Bandcamp",)),
    "vimeo": Site(("vimeo.com",), ("vimeo",)),
    "archive.org": Site(("archive.org",), ("archive.org",)),
}
"""The sites that a host can name."""


class Fetcher(Protocol):
    """Brings the file behind a link, under limits."""

    async def fetch(self, url: str) -> ClipSource:
        """Download one file; ClipError where that cannot be done."""


class SiteFetcher:
    """Fetches from named sites what their pages play, and from elsewhere what a link is.

    Parameters
    ----------
    fetcher : Fetcher
        Gets every file, those of the sites too.
    sites : sequence of Site
    seconds : float
        How long yt-dlp may take over a page.
    """

    def __init__(
        self, fetcher: Fetcher, sites: Sequence[Site], *, seconds: float = _SECONDS
    ) -> None:
        self._fetcher = fetcher
        self._sites = tuple(sites)
        self._seconds = seconds

    async def fetch(self, url: str) -> ClipSource:
        """Download the sound of a page, or the file behind another link.

        Raises
        ------
        ClipError
            The page plays nothing that can be had, or the file cannot be fetched.
        """
        site = self._site_of(url)
        if site is None:
            return await self._fetcher.fetch(url)
        found = await self._look_up(url, site)
        source = await self._fetcher.fetch(found["url"])
        return ClipSource(source.data, found.get("title") or source.name)

    def _site_of(self, url: str) -> Site | None:
        try:
            link = URL(url.strip())
        except ValueError:
            return None
        if link.scheme not in ("http", "https") or link.user:
            return None
        return next((site for site in self._sites if site.owns(link.host or "")), None)

    async def _look_up(self, url: str, site: Site) -> dict[str, str]:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", str(_CHILD)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=_environment(),
        )
        asked = json.dumps({"url": url.strip(), "extractors": site.extractors}).encode()
        try:
            async with asyncio.timeout(self._seconds):
                answer, _ = await child.communicate(asked)
        except TimeoutError:
            raise PassingError(
                "The page took too long to be read.", "Try again, or give me the file itself."
            ) from None
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        return _understood(answer)


def _environment() -> dict[str, str]:
    """Leave out what the machine knows: proxies, tokens, the home folder with its settings."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "YTDLP_NO_PLUGINS": "1"}


def _understood(answer: bytes) -> dict[str, str]:
    try:
        found = json.loads(answer[:_LONGEST_ANSWER])
    except ValueError:
        found = {}
    match found:
        case {"url": str(), "title": str()}:
            return dict(found)
        case {"error": "missing"}:
            raise ClipError(
                "I cannot read pages of that site here: yt-dlp is not installed.",
                "Give me the file itself.",
            )
        case {"error": "live"}:
            raise ClipError(
                "That is a live stream, and it has no end yet.", "Give me a part of it as a file."
            )
        case _:
            raise ClipError(
                "I cannot get the sound of that page.",
                "It may be private, blocked here or for members only: give me the file itself.",
            )
