"""Writes the files of a generation, synced and summed, beside the live one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from index.checksums import file_sum
from index.generations import sync_file
from index.journal import Journal, Origin
from index.manifest import (
    CATALOGUE,
    FILES,
    GRAPH,
    MANIFEST,
    VECTORS,
    GraphSettings,
    Manifest,
    Segment,
)
from index.schema import PUT_FILE, PUT_TRACK, create_tables, fill
from index.vectors import WindowVectors, build_graph
from models.types import ModelStamp

Progress = Callable[[int, int], None]


def write_generation(
    folder: Path,
    journal: Journal,
    origin: Origin,
    others: tuple[ModelStamp, ...],
    progress: Progress,
) -> Manifest:
    """Write a whole generation from the journal; the same tracks give the same bytes.

    Parameters
    ----------
    folder : Path
        A new folder.
    journal : Journal
        Holds at least one track.
    origin : Origin
        The model that is recorded as the one that made the vectors.
    others : tuple of ModelStamp
        Other files of it that made some of them.
    progress : callable
        Called with the windows put into the graph and those there are.
    """
    folder.mkdir()
    tracks, windows = _write_tracks(folder, journal)
    settings = GraphSettings()
    shape = (windows, origin.stamp.dim)
    matrix = np.memmap(folder / VECTORS, "<f4", "r", shape=shape)
    build_graph(matrix, folder / GRAPH, settings, progress)
    for name in FILES:
        _sync(folder / name)
    manifest = Manifest(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        stamp=origin.stamp,
        window_seconds=origin.window_seconds,
        hop_seconds=origin.hop_seconds,
        tracks=tracks,
        windows=windows,
        segments=(Segment(windows, windows),),
        files={name: file_sum(folder / name) for name in FILES},
        others=others,
        graph=settings,
    )
    (folder / MANIFEST).write_text(manifest.to_json())
    _sync(folder / MANIFEST)
    WindowVectors(folder, manifest).close()  # usearch may stop short without a word
    return manifest


def _write_tracks(folder: Path, journal: Journal) -> tuple[int, int]:
    """Write the catalogue and the vectors; return how many tracks and windows they hold."""
    database = sqlite3.connect(folder / CATALOGUE)
    try:
        # Nobody reads it before it is whole, so it needs no journal of its own.
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        with database, (folder / VECTORS).open("wb") as vectors:
            create_tables(database)
            database.executemany(PUT_FILE, journal.file_rows())
            number = first = 0
            for number, (track_id, source, windows) in enumerate(journal.windows(), start=1):
                starts = np.asarray(windows.starts, "<f4").tobytes()
                row = [number - 1, track_id, source, first, len(windows), starts]
                database.execute(PUT_TRACK, row)
                vectors.write(np.ascontiguousarray(windows.vectors, "<f4").data)
                first += len(windows)
            fill(database)
    finally:
        database.close()
    return number, first


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        sync_file(file.fileno())
