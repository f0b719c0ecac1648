"""Files and folders by their paths: what lies where, without asking the disk."""

from __future__ import annotations

import os
from collections.abc import Iterable

StrPath = str | os.PathLike[str]


class Places:
    """A set of files and folders that knows which paths are one of them, or lie below one.

    Parameters
    ----------
    tops : iterable of str or path
        Spelt as the paths that are looked for are: links and `..` are not followed.
    """

    def __init__(self, tops: Iterable[StrPath]) -> None:
        self._tops = frozenset(os.fspath(top) for top in tops)
        self._inside = tuple(f"{top.rstrip(os.sep)}{os.sep}" for top in self._tops)

    def __contains__(self, path: str) -> bool:
        return path in self._tops or path.startswith(self._inside)


def outermost(places: Iterable[StrPath]) -> list[str]:
    """Return these places without those that lie below another one, each once."""
    kept: list[str] = []
    for place in sorted({os.fspath(place) for place in places}, key=len):
        if place not in Places(kept):
            kept.append(place)
    return sorted(kept)
