"""Links that open a track where it sounds like the clip, where its site knows how."""

from __future__ import annotations

import re

from yarl import URL

from bot.times import clock

_YOUTUBE = ("youtube.com", "youtu.be", "youtube-nocookie.com")
_FILE = re.compile(r"\.(mp3|ogg|oga|opus|wav|flac|m4a|aac|mp4|webm)$", re.IGNORECASE)
_SECONDS = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")


def link_at(url: str, seconds: float) -> str:
    """Return a track's link with a time in it; unchanged where its site knows no times.

    Parameters
    ----------
    url : str
        A link that begins at a time of its own, as those of AudioSet's pieces do, begins later.
    seconds : float
        Where in the track, at least 0.
    """
    try:
        link = URL(url)
        host = (link.host or "").lower()
    except ValueError:
        return url
    whole = round(seconds)
    if _is_of(host, *_YOUTUBE):
        begins = _seconds(link.query.get("t") or link.query.get("start") or "")
        return str(link.without_query_params("start").update_query(t=f"{begins + whole}s"))
    if _is_of(host, "soundcloud.com"):
        return str(link.with_fragment(f"t={clock(whole)}"))
    if _is_of(host, "vimeo.com"):
        return str(link.with_fragment(f"t={whole}s"))
    if _FILE.search(link.path):
        return str(link.with_fragment(f"t={whole}"))  # W3C Media Fragments URI 1.0, 4.2.1
    return url


def _is_of(host: str, *sites: str) -> bool:
    return any(host == site or host.endswith(f".{site}") for site in sites)


def _seconds(text: str) -> int:
    found = _SECONDS.fullmatch(text[:12])
    if not found:
        return 0
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds
