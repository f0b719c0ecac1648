"""Whether the files of a generation are still those that were published.

A damaged file that is mapped ends the whole process, so files are hashed before they are mapped.
Hashing gigabytes at every start is slow, so a generation that passed once gets a stamp: while size,
times and inode of every file stay the same, it is not hashed again. Damage that keeps all four is
found by `soundalike index verify` only.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from index.damage import damaged, reading
from index.manifest import FileSum, Manifest

STAMP = "verified.json"

Stats = dict[str, list[int]]


def file_sum(path: Path) -> FileSum:
    """Return size and BLAKE2b-256 of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=32))
        return FileSum(file.tell(), digest.hexdigest())


def verify_files(folder: Path, manifest: Manifest) -> None:
    """Check every file of a generation, by its stamp or else by its checksum.

    Raises
    ------
    CatalogueError
        A file is missing, cannot be read, or is not the one that was published.
    """
    stats = _stats(folder, manifest)
    if _read_stamp(folder) == _stamp_of(manifest, stats):
        return
    for problem in find_changed(folder, manifest):
        raise damaged(*problem)
    write_stamp(folder, manifest, stats)


def find_changed(folder: Path, manifest: Manifest) -> list[tuple[Path, str]]:
    """Hash every file; return those that differ from the manifest, and how."""
    changed = []
    for name, wanted in manifest.files.items():
        path = folder / name
        with reading(path):
            size = path.stat().st_size
            if size != wanted.size:
                changed.append((path, f"has {size:,} bytes instead of {wanted.size:,}"))
            elif file_sum(path) != wanted:
                changed.append((path, "is not the file that was published: its checksum differs"))
    return changed


@contextmanager
def keeping_stamps(folders: Iterable[Path]) -> Iterator[None]:
    """Let what was verified stay so while links to its files are made or removed.

    Either changes the `ctime` of a file, in every folder that holds it, and nothing else.
    """
    before = {folder: stamp for folder in folders if (stamp := _valid_stamp(folder))}
    try:
        yield
    finally:
        for folder, (sums, stats) in before.items():
            # Folders may be gone, or be read only; what was changed otherwise is hashed again.
            with contextlib.suppress(OSError):
                now = {name: _stat(folder / name) for name in stats}
                if all(_but_ctime(now[name]) == _but_ctime(stats[name]) for name in stats):
                    _write(folder, {"blake2b": sums, "stats": now})


def write_stamp(folder: Path, manifest: Manifest, stats: Stats | None = None) -> None:
    """Remember that the files, as described by `stats`, were verified.

    Without `stats` they are taken as they are now: right only for the one who has just hashed them.
    """
    # A folder that may only be read is verified at every opening instead.
    with contextlib.suppress(OSError):
        _write(folder, _stamp_of(manifest, stats or _stats(folder, manifest)))


def _stats(folder: Path, manifest: Manifest) -> Stats:
    """Return size, times and inode of every file."""
    found = {}
    for name in manifest.files:
        with reading(folder / name):
            found[name] = _stat(folder / name)
    return found


def _stat(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


def _but_ctime(stat: Sequence[int]) -> list[int]:
    return [*stat[:2], *stat[3:]]


def _stamp_of(manifest: Manifest, stats: Stats) -> dict[str, object]:
    sums = {name: value.blake2b for name, value in manifest.files.items()}
    return {"blake2b": sums, "stats": stats}


def _read_stamp(folder: Path) -> object:
    try:
        return json.loads((folder / STAMP).read_text())
    except (OSError, ValueError):
        return None


def _valid_stamp(folder: Path) -> tuple[object, Stats] | None:
    """Return sums and stats of a stamp that the files beside it still bear out."""
    match _read_stamp(folder):
        case {"blake2b": dict(sums), "stats": dict(stats)}:
            with contextlib.suppress(OSError):
                if stats == {str(name): _stat(folder / str(name)) for name in stats}:
                    return sums, stats
    return None


def _write(folder: Path, stamp: dict[str, object]) -> None:
    written = folder / f"{STAMP}.{os.getpid()}.{threading.get_ident()}"
    written.write_text(json.dumps(stamp))
    written.replace(folder / STAMP)
