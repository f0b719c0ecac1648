"""Writes the files of a generation, synced and summed, beside the live one."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from index.base import Base
from index.checksums import file_sum
from index.damage import damaged
from index.generations import sync_file
from index.journal import Journal
from index.manifest import (
    CATALOGUE,
    MANIFEST,
    FileSum,
    GraphSettings,
    Manifest,
    Segment,
    segment_files,
)
from index.merging import kept_segments
from index.placement import Placed, Placement
from index.schema import PUT_FILE, PUT_TRACK, create_tables, fill
from index.segments import open_segments
from index.vectors import build_graph
from models.types import ModelStamp

Progress = Callable[[int, int], None]


class Making(NamedTuple):
    """What a manifest says of how the vectors were made, and of what.

    Attributes
    ----------
    stamp : ModelStamp
        The model that is recorded as the one that made the vectors.
    others : tuple of ModelStamp
        Other files of it that made some of them.
    window_seconds, hop_seconds : float
    sources : tuple of str
        The folders and files that were looked through.
    """

    stamp: ModelStamp
    others: tuple[ModelStamp, ...]
    window_seconds: float
    hop_seconds: float
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is written, and what is taken over.

    Attributes
    ----------
    tracks : list of Placed
        All of them by id, with their rows in the new generation.
    kept : tuple of Segment
        The first segments of the last generation.
    fresh : list of Placed
        The tracks of the segment that is written, with their rows in the last generation.
    """

    tracks: list[Placed]
    kept: tuple[Segment, ...]
    fresh: list[Placed]


def write_generation(
    folder: Path,
    journal: Journal,
    base: Base | None,
    making: Making,
    progress: Progress,
    *,
    whole: bool = False,
) -> Manifest:
    """Write a generation from the journal; the same tracks, written whole, give the same bytes.

    Segments of the last generation are taken over by links, but for the last ones where these are
    small or full of what is gone (`index.merging`): they are written again with what is new.

    Parameters
    ----------
    folder : Path
        A new folder.
    journal : Journal
        Holds at least one track.
    base : Base or None
        The generation it lies over, verified.
    making : Making
    progress : callable
        Called with the windows put into the graph and those there are.
    whole : bool
        Whether to write everything again, in one segment.
    """
    folder.mkdir()
    placement = journal.placement()
    plan = _plan(list(placement), () if base is None or whole else base.manifest.segments)
    windows = sum(track.count for track in plan.fresh)
    segments, number, settings = plan.kept, len(plan.kept), GraphSettings()
    written = [CATALOGUE]
    _write_catalogue(folder / CATALOGUE, journal.file_rows(), plan.tracks)
    if windows:
        vectors, graph = segment_files(number)
        _write_vectors(folder / vectors, placement, plan.fresh)
        matrix = np.memmap(folder / vectors, "<f4", "r", shape=(windows, making.stamp.dim))
        build_graph(matrix, folder / graph, settings, progress)
        segments += (Segment(windows, windows),)
        written += [vectors, graph]
    for name in written:
        _sync(folder / name)
    taken = _take_over(folder, base, number) if base and number else {}
    manifest = Manifest(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        **making._asdict(),
        tracks=len(plan.tracks),
        windows=sum(segment.live for segment in segments),
        segments=segments,
        files={**{name: file_sum(folder / name) for name in written}, **taken},
        graph=settings,
    )
    (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
    _sync(folder / MANIFEST)
    open_segments(folder, manifest).close()  # usearch may stop short without a word
    return manifest


def _plan(tracks: list[Placed], segments: Sequence[Segment]) -> _Plan:
    ends = np.cumsum([segment.windows for segment in segments], dtype=np.int64)
    old = [(track.row, track.count) for track in tracks if track.row is not None]
    rows, counts = np.array(old, np.int64).reshape(-1, 2).T
    homes = np.searchsorted(ends, rows, side="right")
    live = np.bincount(homes, counts, len(segments) + 1).astype(int)
    now = [
        replace(segment, live=alive)
        for segment, alive in zip(segments, live.tolist(), strict=False)
    ]
    new = sum(track.count for track in tracks if track.row is None) + int(live[len(segments)])
    kept = tuple(now[: kept_segments(now, new)])
    end = sum(segment.windows for segment in kept)
    moved, fresh = [], []
    at = end
    for track in tracks:
        if track.row is not None and track.row < end:
            moved.append(track)
            continue
        fresh.append(track)
        moved.append(replace(track, row=at))
        at += track.count
    return _Plan(moved, kept, fresh)


def _write_vectors(path: Path, placement: Placement, tracks: Iterable[Placed]) -> None:
    with path.open("wb") as file:
        for track in tracks:
            file.write(np.ascontiguousarray(placement.vectors_of(track), "<f4").data)


def _write_catalogue(
    path: Path, files: Iterable[tuple[object, ...]], tracks: Iterable[Placed]
) -> None:
    database = sqlite3.connect(path)
    try:
        # Nobody reads it before it is whole, so it needs no journal of its own.
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        with database:
            create_tables(database)
            database.executemany(PUT_FILE, files)
            database.executemany(
                PUT_TRACK,
                (
                    (number, track.id, track.source, track.row, track.count, track.starts)
                    for number, track in enumerate(tracks)
                ),
            )
            fill(database)
    finally:
        database.close()


def _take_over(folder: Path, base: Base, segments: int) -> dict[str, FileSum]:
    """Link the files of the first segments of the last generation; return their sums."""
    taken = {}
    for number in range(segments):
        for name in segment_files(number):
            taken[name] = base.manifest.files[name]
            try:
                (folder / name).hardlink_to(base.folder / name)
            except OSError:  # not every disk knows links
                shutil.copyfile(base.folder / name, folder / name)
                _sync(folder / name)
                if file_sum(folder / name) != taken[name]:
                    raise damaged(base.folder / name, "changed while it was copied") from None
    return taken


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        sync_file(file.fileno())
