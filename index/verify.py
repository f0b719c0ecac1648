"""A close look at an index on disk: what it holds, and whether all of it is sound."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.catalogue import Catalogue, Layout
from index.checksums import find_changed
from index.generations import generations, live_generation, read_manifest
from index.manifest import CATALOGUE, Manifest, segment_files
from index.schema import open_read_only
from index.segments import open_segments
from index.vectors import UNIT_TOLERANCE
from models.types import CatalogueError, FloatArray, ModelStamp

_BLOCK = 65_536
_MOST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class GenerationInfo:
    """A generation that is kept: its name, when it was published, how much it holds."""

    name: str
    created: str
    tracks: int
    windows: int
    live: bool


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """What an index holds.

    Attributes
    ----------
    directory : Path or str
        Its folder, or the address of the store it is in, without the password.
    generation : str
        Name of the live generation.
    generations : list of GenerationInfo
        All that are kept on disk, the oldest first.
    created : str
        When the live one was published, in ISO 8601 and UTC.
    stamp : ModelStamp
        The model its vectors were made with: of the files that made some of them, the latest.
    others : tuple of ModelStamp
        Other files of the same model that made some of its vectors, or once did.
    window_seconds, hop_seconds : float
    tracks, windows : int
    segments : int
        Pieces its windows are written in: `soundalike index compact` makes them one.
    sources : tuple of str
        The folders and files of audio it was built from; empty where that is not known.
    left_out : int
        Files that had been left out when it was published.
    seconds : float
        Length of all tracks together.
    size : int
        Bytes of the live generation.
    removed : int
        Files that stay out, as their tracks were removed by hand; 0 of a store, where nothing is
        heard.
    """

    directory: Path | str
    generation: str
    generations: list[GenerationInfo]
    created: str
    stamp: ModelStamp
    others: tuple[ModelStamp, ...]
    window_seconds: float
    hop_seconds: float
    tracks: int
    windows: int
    segments: int
    sources: tuple[str, ...]
    left_out: int
    seconds: float
    size: int
    removed: int = 0


def describe_index(directory: Path) -> IndexInfo:
    """Return what an index holds, without reading its vectors.

    Raises
    ------
    CatalogueError
        There is no index in this folder, or its manifest or catalogue cannot be read.
    """
    folder = live_generation(directory)
    manifest = read_manifest(folder)
    with closing(Catalogue(folder / CATALOGUE)) as catalogue:
        left_out, seconds = catalogue.left_out(), catalogue.seconds()
        removed = catalogue.removed()
    return IndexInfo(
        directory=directory,
        generation=folder.name,
        generations=_kept(directory, folder),
        created=manifest.created,
        stamp=manifest.stamp,
        others=manifest.others,
        window_seconds=manifest.window_seconds,
        hop_seconds=manifest.hop_seconds,
        tracks=manifest.tracks,
        windows=manifest.windows,
        segments=len(manifest.segments),
        sources=manifest.sources,
        left_out=left_out,
        seconds=seconds,
        size=manifest.size,
        removed=removed,
    )


def verify_index(directory: Path) -> list[str]:
    """Check every byte of the live generation, and that its parts fit together.

    Returns
    -------
    list of str
        A sentence for each problem; empty where the index is sound.

    Raises
    ------
    CatalogueError
        There is no index in this folder.
    """
    folder = live_generation(directory)
    try:
        manifest = read_manifest(folder)
        changed = find_changed(folder, manifest)
        if changed:
            # What is damaged must not be mapped, and what it says means nothing.
            return [f"{path} {how}." for path, how in changed]
        return list(_problems(folder, manifest))[:_MOST_PROBLEMS]
    except CatalogueError as error:
        return [error.sentence]


def _kept(directory: Path, live: Path) -> list[GenerationInfo]:
    found = []
    for folder in generations(directory):
        with suppress(CatalogueError):  # nobody can go back to a damaged one
            one = read_manifest(folder)
            found.append(
                GenerationInfo(folder.name, one.created, one.tracks, one.windows, folder == live)
            )
    return found


def _problems(folder: Path, manifest: Manifest) -> Iterator[str]:
    yield from _database_problems(folder / CATALOGUE)
    with closing(Catalogue(folder / CATALOGUE)) as catalogue:
        yield from _track_problems(catalogue, manifest)
    with closing(open_segments(folder, manifest)) as vectors:
        first = 0
        for number, segment in enumerate(manifest.segments):
            path = folder / segment_files(number)[0]
            yield from _vector_problems(path, vectors.matrix[first : first + segment.windows])
            first += segment.windows


def _database_problems(path: Path) -> Iterator[str]:
    with closing(open_read_only(path)) as database:
        try:
            for (line,) in database.execute("PRAGMA integrity_check(5)"):
                if line != "ok":
                    yield f"{path}: {line}."
        except sqlite3.DatabaseError as error:
            yield f"{path}: {error}."


def _track_problems(catalogue: Catalogue, manifest: Manifest) -> Iterator[str]:
    layout = catalogue.layout_by_track()
    if not catalogue.in_step():
        yield "What finds tracks by row or by name does not belong to these tracks."
    if len(layout) != manifest.tracks:
        yield f"The catalogue holds {len(layout)} tracks instead of {manifest.tracks}."
    if lost := catalogue.without_file():
        yield f"{lost} of the tracks have no file, title or artist."
    if not _lie_apart(layout, manifest):
        yield "The tracks' windows overlap or lie outside their files."
    if (windows := int(layout.count.sum())) != manifest.windows:
        yield f"The tracks have {windows} windows instead of {manifest.windows}."
    for number, count in enumerate(layout.count):
        starts = catalogue.starts(number)
        if len(starts) != count or not (np.isfinite(starts).all() and (np.diff(starts) > 0).all()):
            yield f"Track number {number} does not say where its windows start."


def _lie_apart(layout: Layout, manifest: Manifest) -> bool:
    """Whether no row belongs to two tracks, and to each segment as many as it says."""
    order = np.argsort(layout.first, kind="stable")
    first, count = layout.first[order], layout.count[order]
    ends = np.cumsum([segment.windows for segment in manifest.segments])
    where = np.searchsorted(ends, first, side="right")
    if (count < 1).any() or (first < 0).any() or (where >= len(ends)).any():
        return False
    # A track ends before the next one begins, and before its segment does.
    until = np.minimum(np.append(first[1:], ends[-1]), ends[where])
    live = np.bincount(where, count, minlength=len(ends)).astype(int).tolist()
    return bool((first + count <= until).all()) and live == [
        segment.live for segment in manifest.segments
    ]


def _vector_problems(path: Path, matrix: FloatArray) -> Iterator[str]:
    for start in range(0, len(matrix), _BLOCK):
        lengths = np.linalg.norm(matrix[start : start + _BLOCK], axis=1)
        wrong = np.flatnonzero(~(np.abs(lengths - 1) <= UNIT_TOLERANCE))
        if len(wrong):
            yield f"{path}: row {start + wrong[0]} is not a vector of unit length."
