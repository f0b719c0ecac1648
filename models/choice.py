"""Which of a model's files runs on this machine: those that may, and what is noted of them.

Light to import: whoever only lists models waits for nothing that runs them.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import math
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from models.card import ModelCard, ModelFile
from models.cpu import describe_cpu

LEAST_OVERLAP: Final = 0.95
"""Share of what a card's first file finds that another has to find too, to run in its place."""

_FORMAT = 1
_A_DAY = 86_400.0


def known_choice(card: ModelCard, cache: Path) -> ModelFile | None:
    """Return the file that runs here; None where the files have to be timed to know, or none is."""
    files = candidates(card)
    if not files:
        return None
    if len(files) == 1:
        return files[0]
    try:
        noted = json.loads(_record(files, cache).read_text())
        chosen = noted["sha512"]
        left = noted.get("until", math.inf) - time.time()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    # A day at most, whatever the clock said when it was noted.
    if left < 0 or _A_DAY < left < math.inf:
        return None
    return next((file for file in files if file.sha512 == chosen), None)


def candidates(card: ModelCard) -> tuple[ModelFile, ...]:
    """Return the files that may run here, the preferred one first.

    Beside the card's first file, those are the ones measured to find what it finds. Where it is not
    here, one that is stored at full precision may stand in for it unmeasured; int8 may not. Where
    there is none at all, the first file is returned all the same. A model without files has none.
    """
    if not card.files:
        return ()
    first = card.files[0]
    here = [file for file in card.files if file.path.is_file()]
    fit = [file for file in here if file.overlap is not None and file.overlap >= LEAST_OVERLAP]
    if first in here:
        return (first, *(file for file in fit if file is not first))
    return tuple(file for file in here if file in fit or file.precision != "int8") or (first,)


def note_choice(
    files: Sequence[ModelFile], chosen: ModelFile, cache: Path, *, for_good: bool = True
) -> bool:
    """Note which file runs here; tell whether that could be written.

    Parameters
    ----------
    files : sequence of ModelFile
        The candidates.
    chosen : ModelFile
        One of them.
    cache : Path
        The folder for what can be derived again.
    for_good : bool
        False forgets it after a day: timing came to nothing, and may do better another time.
    """
    content: dict[str, str | float] = {"sha512": chosen.sha512, "precision": chosen.precision}
    if not for_good:
        content["until"] = time.time() + _A_DAY
    path = _record(files, cache)
    written = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(json.dumps(content) + "\n")
        written.replace(path)
    except OSError:
        with suppress(OSError):
            written.unlink()
        return False
    return True


def _record(files: Sequence[ModelFile], cache: Path) -> Path:
    """Return where the choice among files is noted: elsewhere for whatever may change it."""
    depends_on = [_FORMAT, _version(), describe_cpu(), *(file.sha512 for file in files)]
    key = hashlib.blake2b(json.dumps(depends_on).encode(), digest_size=16).hexdigest()
    return cache / "choices" / f"{key}.json"


def _version() -> str:
    """Return the version of onnxruntime, not asked of itself: it takes long to load."""
    try:
        return importlib.metadata.version("onnxruntime")
    except importlib.metadata.PackageNotFoundError:
        return ""  # one that was built here
