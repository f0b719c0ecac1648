"""Run by `models/sites.py` in a process of its own: asks yt-dlp where the sound of a page lies.

Reads ``{"url", "extractors"}`` from its input and prints ``{"url", "title"}`` or ``{"error"}``, as
JSON. It imports nothing of the project.
"""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout, suppress
from typing import Any

_MEMORY, _PROCESSOR_SECONDS = 1 << 31, 30
_LONGEST_TITLE = 200

# One plain file: what comes in pieces by a playlist could not be fetched under one limit.
_FORMATS = "/".join(
    f"{quality}[protocol={protocol}]"
    for quality in ("bestaudio", "worst[acodec!=none]", "best")
    for protocol in ("https", "http")
)


def look_up(url: str, extractors: list[str]) -> dict[str, str]:
    """Return where the sound of a page lies and what it is called, or what went wrong."""
    try:
        import yt_dlp  # noqa: PLC0415  (an extra; and slow to import)
    except ImportError:
        return {"error": "missing"}
    options: dict[str, Any] = {
        "allowed_extractors": extractors,
        "cachedir": False,
        "extractor_retries": 1,
        "format": _FORMATS,
        "logger": _Silence(),
        "noplaylist": True,
        "playlist_items": "1",
        "quiet": True,
        "socket_timeout": 10,
    }
    try:
        with yt_dlp.YoutubeDL(options) as reader:
            found = reader.extract_info(url, download=False)
    except (yt_dlp.utils.YoutubeDLError, OSError, ValueError):
        return {"error": "unavailable"}
    while found and found.get("entries"):
        found = next(iter(found["entries"]), None)
    if found and found.get("is_live"):
        return {"error": "live"}
    if not found or not found.get("url"):
        return {"error": "unavailable"}
    return {"url": str(found["url"]), "title": str(found.get("title") or "")[:_LONGEST_TITLE]}


class _Silence:
    """Takes what yt-dlp says."""

    def debug(self, _message: str) -> None:
        """Say nothing."""

    info = warning = error = debug


def main() -> None:
    """Answer one question."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415  (unknown to Windows)

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_SECONDS, _PROCESSOR_SECONDS))
    asked = json.load(sys.stdin)
    with redirect_stdout(sys.stderr):
        answer = look_up(asked["url"], asked["extractors"])
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
