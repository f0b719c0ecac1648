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
        named = {os.fspath(top) for top in tops}
        self._everything = os.sep in named
        self._tops = frozenset(top.rstrip(os.sep) for top in named - {os.sep})

    def __contains__(self, path: str) -> bool:
        if self._everything and path.startswith(os.sep):
            return True
        # There may be very many places, and a path has but few folders above it.
        while path and path not in self._tops:
            path = path.rpartition(os.sep)[0]
        return bool(path)


def outermost(places: Iterable[StrPath]) -> list[str]:
    """Return these places without those that lie below another one, each once."""
    # The shortest spelling of each, as `/music/` is `/music`.
    spelled: dict[str, str] = {}
    for place in sorted({os.fspath(place) for place in places}, key=len):
        spelled.setdefault(place.rstrip(os.sep), place)
    everything = Places(spelled.values())
    return sorted(place for bare, place in spelled.items() if _above(bare) not in everything)


def _above(bare: str) -> str:
    """Return the folder that a place lies in, spelt without a slash at the end; empty for none."""
    folder = bare.rpartition(os.sep)[0]
    return os.sep if not folder and bare.startswith(os.sep) else folder
