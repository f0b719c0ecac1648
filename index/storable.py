"""Texts and paths as SQLite can hold them: what comes from names of files may not be Unicode."""

from __future__ import annotations

import os


def storable_path(path: str) -> str | bytes:
    """Return a path as SQLite can hold it: text, or bytes where its name is not UTF-8."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def clean(text: str) -> str:
    """Replace what is not Unicode: titles taken from names of files may hold such."""
    return text.encode(errors="replace").decode()
