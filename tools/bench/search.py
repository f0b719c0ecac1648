"""Searching: the nearest windows beside other libraries, and whole rankings by an index."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from index.generations import live_generation, read_manifest
from index.manifest import GRAPH, GraphSettings
from models.ready import Note, silent
from models.types import CatalogueError, FloatArray, ModelStamp
from tools.bench import nearest, rankings
from tools.bench.made_up import build_rows, vectors
from tools.bench.measure import Report
from tools.bench.peers import peers
from tools.bench.windows import MILLION, grown, half_way, jittered, windows_in

SIZES = (20_000, 60_000)

# The share of the true nearest that has to be found.
ENOUGH: Final = 0.995
ENOUGH_OF_A_MILLION: Final = 0.99

QUERIES = 400


@dataclass(frozen=True, slots=True)
class Sought:
    """What searches are timed on.

    Attributes
    ----------
    index : Path or None
        An index whose windows are searched; None makes some up.
    million : bool
        Whether to search among a million windows around those instead.
    keep : Path or None
        Where everything that is built is left, and used again; None throws it away.
    """

    index: Path | None = None
    million: bool = False
    keep: Path | None = None


@dataclass(frozen=True, slots=True)
class _Index:
    directory: Path
    kind: str
    built: float | None = None  # seconds; None where it was there


def reports(stamp: ModelStamp, sought: Sought, note: Note = silent) -> Iterator[Report]:
    """Time searches among windows.

    Parameters
    ----------
    stamp : ModelStamp
        The model whose windows are made up.
    sought : Sought
    note : callable
        Told what begins: all of it takes minutes.

    Raises
    ------
    CatalogueError
        There is no such index, or it is damaged.
    """
    with nullcontext(sought.keep) if sought.keep else TemporaryDirectory() as place:
        folder = Path(place)
        for found in _indexes(stamp, sought, folder, note):
            rows = windows_in(found.directory)
            rng = np.random.default_rng(1)
            asked = rows[rng.integers(len(rows), size=QUERIES)]
            queries = jittered(asked, rng, half_way(rows))
            enough = ENOUGH_OF_A_MILLION if sought.million else ENOUGH
            task = nearest.Task(rows, queries, found.kind, enough)
            graphs = folder / f"graphs-{_name(rows)}"
            graphs.mkdir(parents=True, exist_ok=True)
            every = peers(_graph(found.directory), every_type=not sought.million)
            note(f"Asking every library for the nearest of {len(rows):,} windows {found.kind} …")
            yield nearest.report(task, every, graphs)
            note("Asking the index of them for whole rankings …")
            yield rankings.report(found.directory, task, found.built)


def _indexes(stamp: ModelStamp, sought: Sought, folder: Path, note: Note) -> Iterator[_Index]:
    if not sought.million:
        yield from _smaller(stamp, sought, folder, note)
        return
    *_, base = _smaller(stamp, sought, folder, note)
    windows = windows_in(base.directory)
    made_by = read_manifest(live_generation(base.directory)).stamp
    directory = folder / f"million-{_name(windows)}"
    many = grown(windows, MILLION, np.random.default_rng(1))
    note(f"Laying {MILLION:,} windows around those, and building an index of them …")
    yield _made(directory, many, made_by, f"around those {base.kind}")


def _smaller(stamp: ModelStamp, sought: Sought, folder: Path, note: Note) -> Iterator[_Index]:
    if sought.index is not None:
        yield _Index(sought.index, f"of {sought.index.absolute().name}")
        return
    for size in SIZES:
        note(f"Making up {size:,} windows, and building an index of them …")
        rows = vectors(size, stamp.dim, seed=1)
        yield _made(folder / f"made-up-{_name(rows)}", rows, stamp, "made up")


def _made(directory: Path, rows: FloatArray, stamp: ModelStamp, kind: str) -> _Index:
    """Return an index of these windows; built, unless it is there."""
    try:
        live_generation(directory)
    except CatalogueError:
        began = time.perf_counter()
        build_rows(directory, rows, stamp, windows_a_track=1)
        return _Index(directory, kind, time.perf_counter() - began)
    return _Index(directory, kind)


def _graph(directory: Path) -> Path | None:
    """Return the graph of an index, if it is one over all windows."""
    folder = live_generation(directory)
    manifest = read_manifest(folder)
    usual = len(manifest.segments) == 1 and manifest.graph == GraphSettings()
    return folder / GRAPH if usual else None


def _name(rows: FloatArray) -> str:
    """Return what tells rows from others."""
    return hashlib.blake2b(np.ascontiguousarray(rows).data, digest_size=8).hexdigest()
