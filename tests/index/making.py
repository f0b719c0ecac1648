"""Small catalogues with made-up vectors, built for real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from index.builder import IndexBuilder
from index.manifest import Manifest
from models.types import EmbeddedTrack, FloatArray, ModelStamp, Query, Track, Windows

STAMP = ModelStamp("tiny", "1", "tiny-1", 8, "ab" * 64)
HOP = 4.8
PATCH = 0.96


def unit(vectors: object) -> FloatArray:
    rows = np.asarray(vectors, np.float32)
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def make_windows(vectors: object) -> Windows:
    rows = unit(vectors)
    return Windows(rows, (np.arange(len(rows)) * HOP).astype(np.float32))


def make_query(vectors: object, track_id: str = "asked", seconds: float = 9.6) -> Query:
    windows = make_windows(vectors)
    return Query(windows, windows, track_id, seconds)


def make_track(name: str, vectors: object, **changes: object) -> EmbeddedTrack:
    windows = make_windows(np.atleast_2d(vectors))
    track = Track(id=name, title=name.title(), seconds=HOP * (len(windows) + 1))
    return EmbeddedTrack(replace(track, **changes), windows)


def random_track(
    name: str, rng: np.random.Generator, windows: int = 4, **changes: object
) -> EmbeddedTrack:
    return make_track(name, rng.normal(size=(windows, STAMP.dim)), **changes)


def build(directory: Path, tracks: Sequence[EmbeddedTrack], stamp: ModelStamp = STAMP) -> Manifest:
    with IndexBuilder(directory, stamp) as builder:
        with builder.batch():
            for embedded in tracks:
                builder.add(embedded, f"/music/{embedded.track.id}.ogg", 1000, 1)
        return builder.publish()
