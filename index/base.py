"""The generation that the next one is built upon."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.generations import BUILDING, verified_generation
from index.journal_file import drop_published
from index.manifest import Manifest, segment_files
from index.rows import JoinedRows, Rows


@dataclass(frozen=True, slots=True)
class Base:
    """The last generation, where its vectors may be taken over, with its windows by row."""

    folder: Path
    manifest: Manifest
    matrix: Rows


def open_base(directory: Path) -> Base:
    """Open the live generation of an index, verified, to lay a journal over.

    What is left of the build that made it goes.

    Parameters
    ----------
    directory : Path
        The index, held for writing.

    Raises
    ------
    CatalogueError
        There is no index, or it is damaged.
    """
    folder, manifest = verified_generation(directory)
    drop_published(directory / BUILDING, manifest.checksum)
    parts = [
        np.memmap(folder / segment_files(number)[0], "<f4", "r").reshape(-1, manifest.stamp.dim)
        for number in range(len(manifest.segments))
    ]
    return Base(folder, manifest, JoinedRows(parts))
