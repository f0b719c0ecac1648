"""Vectors as bytes and values as JSON, the way they lie in SQLite."""

from __future__ import annotations

import numpy as np

from models.types import FloatArray, Windows

_FLOAT = np.dtype("<f4")


def pack(numbers: FloatArray) -> bytes:
    """Return numbers of any shape as bytes, float32, little-endian."""
    return np.ascontiguousarray(numbers, _FLOAT).tobytes()


def unpack(data: bytes, dim: int) -> FloatArray:
    """Return what `pack` made of vectors [n, dim]."""
    return np.frombuffer(data, _FLOAT).astype(np.float32).reshape(-1, dim)


def unpack_windows(vectors: bytes, starts: bytes, dim: int) -> Windows:
    """Return the windows whose vectors and starts were packed."""
    return Windows(unpack(vectors, dim), np.frombuffer(starts, _FLOAT).astype(np.float32))
