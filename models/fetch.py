"""Brings the audio file behind a stranger's link, under limits."""

from __future__ import annotations

import re

import aiohttp
from yarl import URL

from models.connections import (
    REDIRECTS,
    AddressPolicy,
    RefusedError,
    follow,
    guarded_session,
    is_public_web,
)
from models.types import ClipError, ClipSource

_MEGABYTE = 1_000_000
_CHUNK = 64 * 1024
_LONGEST_LINK = 2_000
_HEADERS = {"Accept": "audio/*, video/*;q=0.9, application/octet-stream;q=0.8"}
_AUDIO = re.compile(r"(audio|video)/|(application|binary)/(octet-stream|ogg|mp4|x-matroska)$")
_PAGE = re.compile(r"text/html$|application/xhtml\+xml$")

_GIVE_FILE = "Give me the file itself instead."
_RETRY = "Try again in a while, or give me the file itself."
_DIRECT = (
    "Give a link to the audio file itself (such links often end in .mp3, .ogg or .wav), "
    "or give me the file."
)


class GuardedFetcher:
    """Fetches single audio files from links that strangers hand in.

    Each link gets a guarded session of its own (`models/connections.py`): nothing of one stranger's
    visit is left for the next.

    Parameters
    ----------
    max_bytes : int
        The largest file taken.
    seconds : float
        The most time one link may take, redirects and all.
    policy : callable
        Which addresses may be connected to; anything but the default is for tests.
    """

    def __init__(
        self,
        *,
        max_bytes: int = 25 * _MEGABYTE,
        seconds: float = 30.0,
        policy: AddressPolicy = is_public_web,
    ) -> None:
        self._max_bytes = max_bytes
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._policy = policy

    async def fetch(self, url: str) -> ClipSource:
        """Download the audio file behind a link.

        Raises
        ------
        ClipError
            The link is no link, leads where it must not, or to something that is not one audio
            file within the limits.
        """
        target = _parse(url)
        try:
            async with (
                guarded_session(self._policy, self._timeout, _HEADERS) as session,
                follow(session, target, _parse) as response,
            ):
                _check_answer(response)
                data = await self._read(response)
                return ClipSource(data, response.url.name[-120:] or response.url.host or "link")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise self._explain(error) from None

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        if (response.content_length or 0) > self._max_bytes:
            raise self._too_large()
        data = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK):
            data += chunk
            if len(data) > self._max_bytes:
                raise self._too_large()
        if not data:
            raise ClipError("The file behind the link is empty.", _DIRECT)
        return bytes(data)

    def _too_large(self) -> ClipError:
        return ClipError(
            f"The file behind the link is larger than {self._max_bytes / _MEGABYTE:g} MB.",
            "Cut out the part you mean, or use a smaller file.",
        )

    def _explain(self, error: Exception) -> ClipError:
        # The library's own words name addresses and ports: none of them are passed on.
        match error:
            case aiohttp.InvalidURL():
                return _not_a_link()
            case aiohttp.TooManyRedirects():
                return ClipError(
                    f"The link leads on and on: I follow {REDIRECTS} redirects and no more.",
                    _DIRECT,
                )
            case TimeoutError():
                return ClipError(
                    f"The link did not deliver within {self._timeout.total:g} seconds.", _RETRY
                )
            case aiohttp.ClientConnectorError(os_error=RefusedError()):
                return ClipError(
                    "The link leads to an address outside the public web, where I do not go.",
                    _GIVE_FILE,
                )
            case aiohttp.ClientConnectorError():
                return ClipError(
                    "The site behind the link cannot be reached.",
                    "Check the link, or give me the file itself.",
                )
            case _:
                return ClipError(
                    "The site behind the link broke off or answered in a way I do not understand.",
                    _RETRY,
                )


def _parse(text: str) -> URL:
    try:
        url = URL(text.strip())
        port = url.port
    except ValueError:
        url, port = URL(), None
    if len(text) > _LONGEST_LINK or url.scheme not in ("http", "https") or not url.host or not port:
        raise _not_a_link()
    if url.user is not None or url.password is not None:
        raise ClipError(
            "The link has a user name or a password in it, and I do not sign in anywhere.",
            _GIVE_FILE,
        )
    return url


def _not_a_link() -> ClipError:
    return ClipError("That is not a web link.", "A link begins with https:// or http://.")


def _check_answer(response: aiohttp.ClientResponse) -> None:
    if response.status in (404, 410):
        raise ClipError(
            "There is nothing behind that link (any more).", "Check it, or give me the file itself."
        )
    if response.status in (401, 403):
        raise ClipError("The link has expired, or asks for a sign-in.", _GIVE_FILE)
    if response.status != 200:
        raise ClipError(
            f"The site behind the link answered with the error {response.status}.",
            _RETRY,
        )
    if _PAGE.match(response.content_type):
        raise ClipError("Behind that link is a web page, not an audio file.", _DIRECT)
    if not _AUDIO.match(response.content_type):
        raise ClipError("What lies behind that link is not audio.", _DIRECT)
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ClipError("The site packs the file in a way I do not unpack.", _GIVE_FILE)
