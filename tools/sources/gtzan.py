"""The layout of the GTZAN collection: ``blues/blues.00000.wav``, where the folder is the label."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from models.tags import clean
from tools.sources.known import Known

SOURCE: Final = "gtzan"

_NAME: Final = re.compile(r"(.+)\.\d{5}", re.ASCII)


def read_gtzan(path: Path) -> Known | None:
    """Return what a file's place says of it; None where that is not of this layout.

    Its folder is its label and nobody's album, and it names no artist.
    """
    found = _NAME.fullmatch(path.stem)
    if not found or found[1] != path.parent.name:
        return None
    return Known(
        title=clean(path.stem), artist="", album="", labels=(clean(found[1]),), source=SOURCE
    )
