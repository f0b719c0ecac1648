"""Strangers' text made harmless: titles, file names and links that go into a Discord message."""

from __future__ import annotations

import re
import unicodedata

from yarl import URL

ELLIPSIS = "…"

_MARKDOWN = frozenset("\\`*_~|[]()<>:@")
# Letters by their category that nobody sees.
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})
_LONGEST_READ = 1_000
_MOST_MARKS = 2
_ISOLATE, _POP = "\u2068", "\u2069"
_LONGEST_LINK = 400
_LINK_BREAKERS = re.compile(r"[\s<>\"'`\\|{}^*\[\]]")


def plain(text: str, limit: int) -> str:
    """Make text safe and short for a Discord message.

    What cannot be seen (control, bidirectional and zero-width characters, unassigned ones) is
    taken out, runs of space become one, towers of combining marks are cut, markdown and mentions
    are escaped, and text from right to left is kept from turning its surroundings.

    Parameters
    ----------
    text : str
    limit : int
        The most characters of the result, escapes included; at least 3.

    Returns
    -------
    str
        One line; empty where nothing visible is left.
    """
    clean = _visible(text)
    if _turns(clean):
        return f"{_ISOLATE}{_escaped(clean, limit - 2)}{_POP}"
    return _escaped(clean, limit)


def bare(text: str, limit: int) -> str:
    """Make text safe and short where Discord reads no markdown, as in buttons and menus.

    Parameters
    ----------
    text : str
    limit : int
        The most characters of the result; at least 3.
    """
    clean = _visible(text)
    turned = _turns(clean)
    limit -= 2 * turned
    if len(clean) > limit:
        clean = clean[: limit - len(ELLIPSIS)].rstrip() + ELLIPSIS
    return f"{_ISOLATE}{clean}{_POP}" if turned else clean


def safe_link(url: str) -> str:
    """Return a link as it may stand in a masked link; empty where it is none, or too long."""
    if len(url) > _LONGEST_LINK or _LINK_BREAKERS.search(url):
        return ""
    try:
        link = URL(url)
    except ValueError:
        return ""
    text = str(link).replace("(", "%28").replace(")", "%29").replace("@", "%40")
    return text if link.scheme in ("http", "https") and link.host and not link.user else ""


def _turns(text: str) -> bool:
    return any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text)


def _visible(text: str) -> str:
    letters: list[str] = []
    marks = 0
    for letter in text[:_LONGEST_READ]:
        if letter.isspace() or letter in _BLANKS:
            letters.append(" ")
            continue
        category = unicodedata.category(letter)
        if category in _UNSEEN:
            continue
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= _MOST_MARKS:
            letters.append(letter)
    return " ".join("".join(letters).split())


def _escaped(text: str, limit: int) -> str:
    escaped: list[str] = []
    left = limit
    for letter in text:
        piece = f"\\{letter}" if letter in _MARKDOWN else letter
        escaped.append(piece)
        left -= len(piece)
        if left < 0:
            break
    else:
        return "".join(escaped)
    while left < len(ELLIPSIS):
        left += len(escaped.pop())
    return "".join(escaped).rstrip() + ELLIPSIS
