"""Writing what a person asked for: as a whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import click

from models.types import SettingsError


def write_whole(path: Path, content: bytes, fix: str) -> None:
    """Write a file so that nobody ever finds half of it.

    Raises
    ------
    SettingsError
        It cannot be written; `fix` says what to do.
    """
    try:
        _put(path, content)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror or error}.", fix) from error


def check_picture(path: Path) -> None:
    """Say before all the work that a picture could not be written after it.

    Raises
    ------
    click.UsageError
        It is no PNG by its name, or its folder is not there.
    """
    if path.suffix.lower() != ".png":
        raise click.UsageError("The picture is a PNG: give --picture a name that ends in .png.")
    if not path.absolute().parent.is_dir():
        raise click.UsageError(f"There is no folder {path.absolute().parent} for the picture.")


def _put(path: Path, content: bytes) -> None:
    if path.is_symlink() or (path.exists() and not path.is_file()):
        # A device, a pipe or a link is there to be written into, never to be replaced.
        path.write_bytes(content)
        return
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
