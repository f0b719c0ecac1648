"""Reading a request: JSON, or a multipart form of payload_json and files[n]."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from tests.discord_server.content import Upload
from tests.discord_server.errors import invalid_json

_FILE = re.compile(r"files\[(\d+)\]")


@dataclass
class Body:
    """What the client sent."""

    payload: Any = None
    files: dict[int, Upload] = field(default_factory=dict)

    @property
    def form(self) -> dict[str, Any]:
        """The payload, which has to be an object."""
        if not isinstance(self.payload, dict):
            raise invalid_json()
        return self.payload


async def read(request: web.Request) -> Body:
    """Read a request's body."""
    if not request.body_exists:
        return Body()
    if request.content_type == "multipart/form-data":
        return await _read_multipart(request)
    if request.content_type != "application/json":
        raise invalid_json()
    return Body(_parse(await request.text()))


async def _read_multipart(request: web.Request) -> Body:
    body = Body(payload={})
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise invalid_json()
        data = bytes(await part.read())
        if part.name == "payload_json":
            body.payload = _parse(data.decode())
        elif part.name and (numbered := _FILE.fullmatch(part.name)):
            name = part.filename or "unknown"
            # What the client declares is not looked at; Discord guesses from the name.
            upload = Upload(name, len(data), guess_type(name), data)
            body.files[int(numbered[1])] = upload
    return body


def guess_type(name: str) -> str | None:
    """Guess a content type from a file's name, as Discord does."""
    ending = name.rpartition(".")[2].lower()
    return {
        "aac": "audio/aac",
        "flac": "audio/x-flac",
        "m4a": "audio/mp4",
        "mp3": "audio/mpeg",
        "ogg": "audio/ogg",
        "opus": "audio/ogg",
        "wav": "audio/x-wav",
        "webm": "video/webm",
        "mp4": "video/mp4",
        "png": "image/png",
        "jpg": "image/jpeg",
        "txt": "text/plain; charset=utf-8",
        "csv": "text/csv; charset=utf-8",
        "json": "application/json; charset=utf-8",
        "m3u": "audio/x-mpegurl",
        "m3u8": "application/x-mpegurl",
    }.get(ending)


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise invalid_json() from None
