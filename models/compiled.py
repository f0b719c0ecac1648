"""Where numba keeps what librosa has it compile: half a minute of work, wanted once a machine.

It is kept beside librosa's own files, or in the user's cache. Where neither can be written to, for
an installation made by root in a read-only home, numba refuses to load librosa at all.
"""

from __future__ import annotations

import atexit
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from models.cpu import describe_cpu
from models.types import ModelError

SETTING: Final = "NUMBA_CACHE_DIR"
"""What numba reads; whoever has set it is left alone."""


def keep_compiled(cache: Path | None) -> None:
    """Give numba a folder it can write to; to be called before librosa is imported.

    Processes that are started from here share it. If it lasts for this run only, for want of a
    better one, it is removed when this process ends.

    Parameters
    ----------
    cache : Path or None
        The folder for what can be derived again, if there is one.

    Raises
    ------
    ModelError
        Librosa is not installed, or nothing can be written to anywhere.
    """
    if SETTING in os.environ or _can_write(_librosa() / "__pycache__"):
        return
    if cache is not None and _can_write(cache / "numba"):
        os.environ[SETTING] = str(cache / "numba")
        return
    try:
        folder = tempfile.mkdtemp(prefix="soundalike-numba-")
    except OSError:
        raise ModelError(
            "There is no folder for what librosa has to compile.",
            f"Name one that can be written to, with {SETTING}.",
        ) from None
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[SETTING] = folder


def is_compiled(cache: Path) -> bool:
    """Whether this machine was seen to have compiled what it needs."""
    return _record(cache).is_file()


def note_compiled(cache: Path) -> None:
    """Note that it has; where the note cannot be written, the next start looks again."""
    path = _record(cache)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError:
        pass


def _record(cache: Path) -> Path:
    where = str(_librosa())
    versions = [importlib.metadata.version(name) for name in ("librosa", "numba")]
    depends_on = [*versions, where, os.environ.get(SETTING), describe_cpu()]
    key = hashlib.blake2b(json.dumps(depends_on).encode(), digest_size=16).hexdigest()
    return cache / "compiled" / key


def _librosa() -> Path:
    """Return the folder librosa is installed in, without importing it."""
    found = importlib.util.find_spec("librosa")
    if found is None or not found.submodule_search_locations:
        raise ModelError("Librosa is not installed.", "Run `make setup`.")
    return Path(found.submodule_search_locations[0])


def _can_write(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()  # as numba tries it
    except OSError:
        return False
    return True
