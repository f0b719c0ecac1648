"""Kept graphs: what onnxruntime made of a large model file, on disk for the next process to map.

Most of a large model's start goes into unpacking its weights and packing them for this processor's
matrix products. The result is the same every time, so it is kept: the optimised graph, its weights
in a file beside it, and the packed ones too. A process that opens it maps that file; two of them
share one copy in memory. VGGish with random weights, onnxruntime 1.31, two cores with AVX-512:

                          load        ms a patch, 1 thread    on disk    shared by two workers
    fp16, the file        .9–1.8 s    16.0                    144 MB     nothing
    fp16, kept            .3–.5 s     16.0                    559 MB     .28 of .40 GB
    fp16, kept unpacked   .01 s       18.5                    289 MB     .28 of .38 GB
    int8, the file        .2–.3 s     4.4                     72 MB      nothing
    int8, kept            .1–.2 s     4.4                     140 MB     .07 of .14 GB
    int8, kept unpacked   .01 s       6.5                     72 MB      .07 of .14 GB

Packed weights are kept too because without them every batch packs them anew, which costs 15 % of
the speed in fp32 and half of it in int8; with them, the numbers are those of the file to the bit.

A mapped file that is damaged gives wrong numbers, one that is cut short ends the process. As with
an index, weights are known by size, times and inode, the small graph by its checksum; but what
differs is not hashed again: it is made again. The model file itself is hashed when its graph is
made, and known by the same four afterwards, so that no start has to read it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from models.card import ModelFile

GRAPH: Final = "graph.onnx"
WEIGHTS: Final = "weights.bin"

SMALLEST: Final = 16_000_000
"""Bytes of a model file below which keeping its graph would save next to nothing."""

_FORMAT = 1
_RECORD = "record.json"
_KEY = re.compile(r"[0-9a-f]{32}")
# Bytes on disk for each byte of the model file: fp16 weights are kept as fp32, and twice.
_ROOM = 5
_STAGED, _ABANDONED_S = ".new-", 3_600.0
_FAILED, _TRY_AGAIN_S = ".failed", 86_400.0


class KeptGraph:
    """The place of one model file's graph, as this version of onnxruntime makes it on this machine.

    Parameters
    ----------
    file : ModelFile
    cache : Path
        The folder for what can be derived again.
    version : str
        Of onnxruntime.
    cpu : str
        The processor it runs on.
    """

    def __init__(self, file: ModelFile, cache: Path, *, version: str, cpu: str) -> None:
        self._file = file
        self._home = cache / "graphs"
        self._made_by = {"format": _FORMAT, "onnxruntime": version, "cpu": cpu}
        spelled = json.dumps({**self._made_by, "sha512": file.sha512}, sort_keys=True)
        self._key = hashlib.blake2b(spelled.encode(), digest_size=16).hexdigest()
        self._folder = self._home / self._key

    def find(self) -> Path | None:
        """Return the graph, once it is known to be as it was left, of the model file as it is."""
        try:
            record = _read_record(self._folder)
            graph = self._folder / GRAPH
            sound = (
                record["model"] == _stat(self._file.path)
                and record["weights"] == _stat(self._folder / WEIGHTS)
                and record["graph"] == _digest(graph)
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return graph if sound else None

    def is_wanted(self) -> bool:
        """Whether it is worth making: large, not there, and nothing speaks against it."""
        if self._file.size < SMALLEST or self.find() or _age(self._failure) < _TRY_AGAIN_S:
            return False
        try:
            above = (self._home, *self._home.absolute().parents)
            place = next(folder for folder in above if folder.exists())
            enough = shutil.disk_usage(place).free > _ROOM * self._file.size
        except OSError:
            return False
        return enough and place.is_dir() and os.access(place, os.W_OK)

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Give a new folder to make it in, which is gone afterwards unless it was published."""
        self._home.mkdir(parents=True, exist_ok=True)
        # Not by `mkdtemp`, whose folders are closed to everyone else, whatever the umask says.
        folder = self._home / f"{_STAGED}{secrets.token_hex(8)}"
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def model_stat(self) -> list[int]:
        """Return what the model file is known by; to be asked before it is hashed."""
        return _stat(self._file.path)

    def publish(self, staged: Path, model: list[int]) -> None:
        """Sync what was made and put it in place in one step.

        Raises
        ------
        OSError
            It cannot be written, or another file has taken the model's place meanwhile.
        """
        for name in (GRAPH, WEIGHTS):
            _sync(staged / name)
        record = {
            **self._made_by,
            "path": os.fspath(self._file.path.absolute()),
            "model": model,
            "graph": _digest(staged / GRAPH),
            "weights": _stat(staged / WEIGHTS),
        }
        (staged / _RECORD).write_text(json.dumps(record, indent=2) + "\n")
        _sync(staged / _RECORD)
        if self.model_stat() != model:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        _sync(staged)
        self._place(staged)
        _sync(self._home)

    def drop(self) -> None:
        """Remove it; processes that have it mapped keep what they have."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def tidy(self) -> None:
        """Clear away graphs of other versions and of files that are gone, and unfinished ones."""
        try:
            useless = [entry for entry in self._home.iterdir() if self._is_useless(entry)]
        except OSError:
            return
        for entry in useless:
            with contextlib.suppress(OSError):
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def note_failure(self) -> None:
        """Remember for a day that it could not be made, so that not every start tries."""
        with contextlib.suppress(OSError):
            self._home.mkdir(parents=True, exist_ok=True)
            self._failure.touch()

    @property
    def _failure(self) -> Path:
        return self._home / f"{self._key}{_FAILED}"

    def _place(self, staged: Path) -> None:
        try:
            staged.rename(self._folder)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        else:
            return
        # Another process was quicker, or what is there is damaged.
        if not self.find():
            with self.staging() as aside:
                self._folder.rename(aside)
            staged.rename(self._folder)

    def _is_useless(self, entry: Path) -> bool:
        if entry.name.startswith(_STAGED):
            return _age(entry) > _ABANDONED_S
        if entry.name.endswith(_FAILED):
            return _age(entry) > _TRY_AGAIN_S
        if not _KEY.fullmatch(entry.name) or entry.name == self._key:
            return False
        try:
            record = _read_record(entry)
            if record["model"] != _stat(Path(record["path"])):
                return True
            # That of another processor may be in use, where machines share a folder.
            ours = record["cpu"] == self._made_by["cpu"]
            return ours and any(record[name] != made for name, made in self._made_by.items())
        except (OSError, ValueError, KeyError, TypeError):
            return True


def _read_record(folder: Path) -> dict[str, Any]:
    record = json.loads((folder / _RECORD).read_text())
    if not isinstance(record, dict):
        raise TypeError
    return record


def _stat(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _age(path: Path) -> float:
    """Return the seconds since a file was written; infinity where it is not there."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return float("inf")


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if hasattr(fcntl, "F_FULLFSYNC"):  # macOS, whose fsync leaves it in the drive's own cache
            with contextlib.suppress(OSError):
                fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
