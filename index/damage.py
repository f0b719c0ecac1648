"""The sentences of an index that cannot be trusted or written, in one voice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.types import CatalogueError

REBUILD = (
    "Build the index again with `soundalike index build`, go back with "
    "`soundalike index rollback`, or bring its folder from a backup."
)


def damaged(path: Path, how: str) -> CatalogueError:
    """Return the error for a file of an index that is not what was published."""
    return CatalogueError(f"The index is damaged: {path} {how}.", REBUILD)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what the system says about an unreadable file into a CatalogueError."""
    try:
        yield
    except FileNotFoundError as error:
        raise damaged(path, "is missing") from error
    except (OSError, sqlite3.Error) as error:
        raise damaged(path, f"cannot be read ({_reason(error)})") from error


@contextmanager
def writing(directory: Path) -> Iterator[None]:
    """Turn what the system says about a full or closed disk into a CatalogueError."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise CatalogueError(
            f"The index in {directory} cannot be written ({_reason(error)}).",
            "Make room or mend the folder's permissions, then run the same command: "
            "it carries on where it stopped.",
        ) from error


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).rstrip(".").lower()
