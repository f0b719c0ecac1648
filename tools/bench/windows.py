"""The windows that searches are timed among, and those around them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from index.generations import verified_generation
from index.scoring import nearest_rows
from index.segments import open_segments
from models.types import FloatArray

MILLION: Final = 1_000_000

_SAMPLE = 1_000


def windows_in(directory: Path) -> FloatArray:
    """Return every window [n, dim] of an index, of unit length, as they lie in its files.

    Raises
    ------
    CatalogueError
        There is no index, or it is damaged.
    """
    vectors = open_segments(*verified_generation(directory))
    try:
        return np.array(vectors.matrix[:])
    finally:
        vectors.close()


def grown(windows: FloatArray, count: int, rng: np.random.Generator) -> FloatArray:
    """Return windows and others around them, `count` in all.

    Around each lie equally many, off by Gaussian noise of half the median distance to the nearest
    neighbour: as near as another window may be, and no nearer.
    """
    times = -(-count // len(windows))
    distance = half_way(windows)
    moved = [jittered(windows, rng, distance) for _ in range(times - 1)]
    return np.concatenate([windows, *moved])[:count]


def jittered(windows: FloatArray, rng: np.random.Generator, distance: float) -> FloatArray:
    """Return the windows moved by noise of about this length, of unit length again."""
    noise = rng.standard_normal(windows.shape, np.float32)
    return unit(windows + np.float32(distance / windows.shape[1] ** 0.5) * noise)


def half_way(windows: FloatArray) -> float:
    """Return half the median distance from a window to its nearest neighbour."""
    some = windows[np.linspace(0, len(windows) - 1, min(len(windows), _SAMPLE)).astype(int)]
    nearest = nearest_rows(some, windows, 2)[:, -1]
    return float(np.median(np.linalg.norm(some - windows[nearest], axis=1))) / 2


def unit(rows: FloatArray) -> FloatArray:
    """Return rows scaled to unit length."""
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)
