"""The nearest windows, found by our graph, by other libraries, and by reading every vector."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.scoring import nearest_rows
from models.types import FloatArray
from tools.bench.measure import Report, Row
from tools.bench.peers import NEIGHBOURS, Ids, Peer, Search
from tools.bench.rounds import ROUNDS, best_of_rounds


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What all peers are to do.

    Attributes
    ----------
    rows : np.ndarray [shape=(n, dim), float32]
        Of unit length.
    queries : np.ndarray [shape=(q, dim), float32]
    kind : str
        What the rows are, in words.
    enough : float
        The share of the true nearest that has to be found: the least effort that does is timed.
    """

    rows: FloatArray
    queries: FloatArray
    kind: str
    enough: float


@dataclass(frozen=True, slots=True)
class _Ready:
    """A peer that is installed, with what it takes to find enough."""

    search: Search
    effort: int
    note: str

    def ask(self, query: FloatArray) -> Ids:
        return self.search(query, NEIGHBOURS, self.effort)


def report(task: Task, peers: Sequence[Peer], folder: Path) -> Report:
    """Time every peer that is installed; the others are rows that say so.

    Parameters
    ----------
    task : Task
    peers : sequence of Peer
    folder : Path
        Where their files lie; those that do from another time are used again.
    """
    right = nearest_rows(task.queries, task.rows, NEIGHBOURS)
    ready = {
        peer.what: _prepare(peer, task, right, folder) for peer in peers if peer.is_installed()
    }
    times = best_of_rounds([one.ask for one in ready.values()], list(task.queries))
    seconds = dict(zip(ready, times, strict=True))
    rows = [
        Row(peer.what, seconds[peer.what], ready[peer.what].note)
        if peer.what in ready
        else Row(peer.what, note="not installed")
        for peer in peers
    ]
    many, dim = task.rows.shape
    title = (
        f"The {NEIGHBOURS} nearest of one window among {many:,} {task.kind} ({dim} numbers), with "
        f"the least effort that finds {task.enough:g} of them; each query's best of {ROUNDS}"
    )
    return Report(title, rows)


def _prepare(peer: Peer, task: Task, right: NDArray[Any], folder: Path) -> _Ready:
    path = folder / peer.file
    built = _build(peer, task.rows, path)
    began = time.perf_counter()
    search = peer.open(path, task.rows)
    opened = time.perf_counter() - began
    effort, recall = _least_effort(search, peer, task, right)
    notes = [f"recall {recall:.4f}" + (f" with {peer.unit} {effort:,}" if peer.unit else "")]
    if recall < task.enough:
        notes.append("never enough")
    if peer.build:
        each = path.stat().st_size / len(task.rows)
        notes += [f"{each:.0f} bytes each", built, f"opened in {opened * 1000:.0f} ms"]
    return _Ready(search, effort, ", ".join(notes))


def _build(peer: Peer, rows: FloatArray, path: Path) -> str:
    """Write the file of a peer, unless it is there; say how long it took."""
    if peer.build is None or path.exists():
        return "built before"
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    began = time.perf_counter()
    peer.build(rows, unfinished)
    seconds = time.perf_counter() - began
    unfinished.replace(path)
    return "the index's own" if path.is_symlink() else f"built in {seconds:.0f} s"


def _least_effort(search: Search, peer: Peer, task: Task, right: NDArray[Any]) -> tuple[int, float]:
    """Return the least effort that is enough, or else that which finds most, and its recall."""
    best = (0, -1.0)
    for effort in peer.efforts:
        asked = _Ready(search, effort, "")
        found = _recall(asked.ask, task.queries, right)
        if found > best[1]:
            best = effort, found
        if found >= task.enough:
            break
    return best


def _recall(search: Callable[[FloatArray], Ids], queries: FloatArray, right: NDArray[Any]) -> float:
    found = map(search, queries)
    hits = [len(np.intersect1d(*pair)) for pair in zip(found, right, strict=True)]
    return sum(hits) / right.size
