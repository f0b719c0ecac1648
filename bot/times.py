"""Times as people write them: `1:23`, `83`, `1m23s`."""

from __future__ import annotations

import re

from bot.words import ENGLISH
from models.types import ClipError, Span

_LONGEST_TEXT = 20
_SHORT = 10.0  # seconds
_CLOCK = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,4}):)?(\d{1,6}(?:[.,]\d{1,3})?)", re.ASCII)
_UNITS = re.compile(
    r"(?=\d)(?:(\d{1,3})h)?(?:(\d{1,4})m)?(?:(\d{1,6}(?:[.,]\d{1,3})?)s)?", re.ASCII
)


def parse_time(text: str) -> float:
    """Read a time in seconds from what a person wrote.

    Parameters
    ----------
    text : str
        `83`, `83.5`, `1:23`, `1:02:03`, `1m23s`, `2m`, `1h2m3.5s`; spaces do not matter.

    Returns
    -------
    float
        Seconds, at least 0.

    Raises
    ------
    ClipError
        The text is no time.
    """
    compact = "".join(text.split()).lower()
    found = _CLOCK.fullmatch(compact) or _UNITS.fullmatch(compact)
    if found:
        hours, minutes, seconds = (_number(part) for part in found.groups())
        if ":" not in compact or (seconds < 60 and (minutes < 60 or not hours)):
            return hours * 3600 + minutes * 60 + seconds
    raise ClipError(*ENGLISH.say("time.unreadable", text=text[:_LONGEST_TEXT]))


def parse_span(start: str | None, end: str | None) -> Span:
    """Read the part of a clip that is meant; what is not given is the clip's own edge.

    Raises
    ------
    ClipError
        One of them is no time, or the end does not come after the start.
    """
    span = Span(parse_time(start) if start else None, parse_time(end) if end else None)
    if span.end is not None and span.end <= (span.start or 0.0):
        raise ClipError(*ENGLISH.say("time.backwards"))
    return span


def clock(seconds: float) -> str:
    """Write a time the way players show it: `1:23`, from an hour on `1:02:03`."""
    whole = max(round(seconds), 0)
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02}"
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def edges(start: float, end: float) -> tuple[str, str]:
    """Write both ends of a part; those of one shorter than 10 s to the tenth: `0:07.5`."""
    if end - start >= _SHORT:
        return clock(start), clock(end)
    return _to_the_tenth(start), _to_the_tenth(end)


def _to_the_tenth(seconds: float) -> str:
    tenths = max(round(seconds * 10), 0)
    whole = clock(tenths // 10)
    return f"{whole}.{tenths % 10}" if tenths % 10 else whole


def _number(part: str | None) -> float:
    return float((part or "0").replace(",", "."))
