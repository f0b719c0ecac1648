"""Generations: immutable folders side by side, `current` naming the live one, one writer."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.checksums import keeping_stamps, verify_files
from index.damage import damaged, reading
from index.manifest import LIMIT, MANIFEST, Manifest
from index.storable import clean
from models.types import CatalogueError

CURRENT = "current"
KEEP = 2
LOCK = ".lock"
BUILDING = ".building"

_NAME = re.compile(r"generation-(\d{6,12})")
_OURS = (LOCK, BUILDING, f"{CURRENT}.new", ".DS_Store")


def live_generation(directory: Path) -> Path:
    """Return the folder of the live generation.

    Raises
    ------
    CatalogueError
        There is no index here, or `current` names no generation.
    """
    pointer = directory / CURRENT
    _check_name(directory)
    with reading(pointer):
        if not pointer.is_file():
            raise CatalogueError(
                f"There is no index in {directory}.",
                f"Build one with `soundalike index build FOLDER --out {directory}`.",
            )
        name = _named_by(pointer)
    if not _NAME.fullmatch(name):
        raise damaged(pointer, "does not name a generation")
    if not (directory / name).is_dir():
        raise damaged(pointer, f"names {name}, which is not there")
    return directory / name


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a generation; CatalogueError where it cannot be trusted."""
    path = folder / MANIFEST
    with reading(path), path.open("rb") as file:
        data = file.read(LIMIT)
    return Manifest.from_json(data.decode(errors="replace"))


def verified_generation(directory: Path) -> tuple[Path, Manifest]:
    """Return the live generation and its manifest once every file of it was checked.

    Raises
    ------
    CatalogueError
        There is no index, or it is damaged.
    """
    while True:
        folder = live_generation(directory)
        try:
            manifest = read_manifest(folder)
            verify_files(folder, manifest)
        except CatalogueError:
            # A builder may have published and cleaned up in between: then ask the new one.
            if live_generation(directory) == folder:
                raise
        else:
            return folder, manifest


def publish(directory: Path, staged: Path, keep: int = KEEP) -> Path:
    """Make a finished, synced folder the live generation.

    A reader sees the old generation or the new one whole, whenever the machine stops. What cannot
    be removed is left for the next time: the new generation is live all the same.

    Parameters
    ----------
    directory : Path
        The index.
    staged : Path
        The folder; it is moved.
    keep : int
        Older generations to keep, at least 1: the one that was live, then the newest.
    """
    newest = max(map(generation_number, directory.iterdir()), default=0)
    folder = directory / f"generation-{max(newest, 0) + 1:06d}"
    sync_folder(staged)
    staged.rename(folder)
    sync_folder(directory)
    # First, as removing links changes what the stamps of files that stay are made of.
    _remove_all_but(directory, [folder, *_older(directory, folder)[: max(keep, 1)]])
    make_live(folder)
    return folder


def make_live(folder: Path) -> None:
    """Let `current` name this generation."""
    directory = folder.parent
    pointer = directory / f"{CURRENT}.new"
    pointer.unlink(missing_ok=True)
    with pointer.open("x") as file:
        file.write(f"{folder.name}\n")
        file.flush()
        sync_file(file.fileno())
    pointer.replace(directory / CURRENT)
    sync_folder(directory)


def generations(directory: Path) -> list[Path]:
    """Return the generations on disk, oldest first."""
    whole = (path for path in _numbered(directory) if (path / MANIFEST).is_file())
    return sorted(whole, key=generation_number)


def generation_number(folder: Path) -> int:
    """Return the number in a generation's name, or -1 where it is none."""
    match = _NAME.fullmatch(folder.name)
    return int(match[1]) if match else -1


def remove_generation(folder: Path) -> None:
    """Remove a generation, or what is left of one; what cannot be removed stays."""
    with contextlib.suppress(OSError):
        (folder / MANIFEST).unlink(missing_ok=True)  # without it, the rest is none any more
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def writer_lock(directory: Path) -> Iterator[None]:
    """Hold the index for writing; the system lets go of it when the process ends, however.

    Raises
    ------
    CatalogueError
        Somebody else holds it.
    """
    with (directory / LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CatalogueError(
                f"Another build is writing to {directory}.",
                "Wait until it has finished, or stop it: what it has done so far is kept.",
            ) from None
        yield


def check_home(directory: Path) -> None:
    """Refuse to build an index into a folder that holds something else, or cannot hold one."""
    _check_name(directory)
    if not directory.exists():
        return
    fix = "Name a new or an empty folder with --out."
    if not directory.is_dir():
        raise CatalogueError(f"{directory} is a file, not a folder.", fix)
    if not _is_index(directory) and not all(map(_is_leftover, directory.iterdir())):
        raise CatalogueError(f"{directory} holds other files and is no index.", fix)


def sync_file(descriptor: int) -> None:
    """Wait until a file is on the disk, its drive's own cache included where that can be asked."""
    if hasattr(fcntl, "F_FULLFSYNC"):  # macOS
        with contextlib.suppress(OSError):  # some network disks do not know it
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _older(directory: Path, newest: Path) -> list[Path]:
    """Return the other whole generations, those that are worth most first."""
    live = _live_if_any(directory)
    others = (folder for folder in reversed(generations(directory)) if folder != newest)
    return sorted(others, key=lambda folder: folder != live)


def _remove_all_but(directory: Path, kept: list[Path]) -> None:
    with keeping_stamps(kept):
        for folder in _numbered(directory):
            if folder not in kept:
                remove_generation(folder)


def _live_if_any(directory: Path) -> Path | None:
    try:
        return live_generation(directory)
    except CatalogueError:
        return None


def _check_name(directory: Path) -> None:
    """Refuse a name that usearch, which takes only text, can neither write nor read below."""
    try:
        os.fspath(directory).encode()
    except UnicodeEncodeError:
        raise CatalogueError(
            f"An index cannot lie in {clean(str(directory))}: the name is not valid UTF-8.",
            "Rename the folder, or name another one.",
        ) from None


def _is_index(directory: Path) -> bool:
    """Whether `current` is a pointer of ours; a damaged one is, with generations beside it."""
    pointer = directory / CURRENT
    if pointer.is_symlink() or not pointer.is_file():
        return False
    return _NAME.fullmatch(_named_by(pointer)) is not None or bool(_numbered(directory))


def _is_leftover(path: Path) -> bool:
    """Whether an entry of a folder is what an unfinished first build leaves."""
    return not path.is_symlink() and (path.name in _OURS or generation_number(path) > 0)


def _named_by(pointer: Path) -> str:
    with pointer.open("rb") as file:
        return file.read(64).decode(errors="replace").strip()


def _numbered(directory: Path) -> list[Path]:
    """Return the folders that have the name of a generation, whole or not."""
    ours = (path for path in directory.iterdir() if generation_number(path) > 0)
    return [path for path in ours if path.is_dir() and not path.is_symlink()]
