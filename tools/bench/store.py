"""`python -m tools.bench.store`: an index in its folder beside the same index in PostgreSQL.

Both are asked the same questions in turn, so what else the machine does troubles both alike.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
from threadpoolctl import threadpool_limits

from index.opened import Index, open_index
from models.types import (
    CatalogueError,
    FloatArray,
    Only,
    Query,
    Sameness,
    SearchOptions,
    TrackIndex,
    Windows,
)
from tools import options
from tools.markdown import markdown_table, replace_part
from tools.screen import Screen
from tools.settings import read_settings
from tools.stores import read_store

_COUNT = 10
_NEAR = 0.3  # length of what is added to a window of the index to ask with
_WARM_UP = 20
_NEVER = 2.0  # more than any similarity: nothing is left out for being the same
_TIE = 1e-5
_SHARES = (0.3, 0.04, 0.01, 0.001)
"""Of all tracks: for each the label is asked for that comes nearest to it."""

_HEADINGS = (
    "answers narrowed to",
    "tracks",
    "folder, ms",
    "store, ms",
    "recall",
    "full answers",
)


@dataclass(frozen=True, slots=True)
class Beside:
    """How both answered one kind of question.

    Attributes
    ----------
    label : str
        What the answers were narrowed to; empty for nothing.
    tracks : int
        How many have it.
    folder, store : float
        Median time of an answer in seconds.
    recall : float
        Share of the ten that are most alike, by reading every vector, that the store gave.
    full : float
        Share of questions that the store answered with ten results, or all there are.
    """

    label: str
    tracks: int
    folder: float
    store: float
    recall: float
    full: float

    def cells(self) -> Sequence[str]:
        """Render it as a row of a table."""
        return (
            self.label or "nothing",
            f"{self.tracks:,}",
            f"{1000 * self.folder:.2f}",
            f"{1000 * self.store:.2f}",
            f"{self.recall:.4f}",
            f"{self.full:.0%}",
        )


@click.command(
    "store",
    epilog="""\b
Example:
  python -m tools.bench.store ./records --store postgresql://bot:secret@localhost/music""",
)
@options.directory
@options.store
@click.option("--queries", type=click.IntRange(min=1), default=200, show_default=True)
@click.option(
    "--markdown",
    metavar="PAGE",
    type=click.Path(path_type=Path),
    help="Write the table between the marks <!-- postgresql --> of this page too.",
)
@options.as_json
def command(
    directory: Path | None, store: str | None, queries: int, markdown: Path | None, as_json: bool
) -> None:
    """Time an index in its folder beside the same index in a store, where it was pushed before."""
    settings = read_settings()
    address = read_store(store or settings.store)
    from index.postgres.opened import open_store  # noqa: PLC0415  (needs the `postgres` extra)

    screen = Screen(as_json=as_json)
    with (
        threadpool_limits(1, user_api="blas"),
        open_index(directory or settings.index) as folder,
        open_store(address) as stored,
    ):
        if folder.manifest.checksum != stored.manifest.checksum:
            raise CatalogueError(
                f"{address.name} holds another index.", "Push this one there: `index push`."
            )
        held = _Held(folder)
        asked = held.queries(queries)
        with screen.progress("Asking", 1 + len(_SHARES)) as step:
            found = []
            for label, tracks in _narrowings(folder):
                found.append(_beside(folder, stored, held, asked, label, tracks))
                step(len(found))
    table = markdown_table(_HEADINGS, [one.cells() for one in found])
    screen.show(table)
    screen.answer([asdict(one) for one in found])
    if markdown:
        replace_part(markdown, "postgresql", table)


def _narrowings(index: Index) -> list[tuple[str, int]]:
    labels = index.labels()
    chosen = [min(labels, key=lambda one: abs(one[1] - share * len(index))) for share in _SHARES]
    return [("", len(index)), *dict.fromkeys(chosen)] if labels else [("", len(index))]


class _Held:
    """All windows of an index, to ask with and to tell what is right."""

    def __init__(self, index: Index) -> None:
        contents = list(index.contents())
        self._labels = [set(track.labels) for track, _ in contents]
        self._matrix = np.concatenate([windows.vectors for _, windows in contents])
        self._first = np.cumsum(index.counts()) - index.counts()

    def queries(self, count: int) -> list[Query]:
        """Return clips of one window, each near a window of a track."""
        rng = np.random.default_rng(0)
        step = rng.normal(size=(count, self._matrix.shape[1]))
        step *= _NEAR / np.linalg.norm(step, axis=1, keepdims=True)
        vectors = (self._matrix[rng.integers(len(self._matrix), size=count)] + step).astype("f4")
        return [_clip(vector) for vector in vectors]

    def least(self, query: Query, label: str) -> float:
        """Return how alike the last of the tracks is that belong into the answer."""
        alike = np.maximum.reduceat(self._matrix @ query.windows.vectors[0], self._first)
        wanted = [not label or label in labels for labels in self._labels]
        return float(np.sort(alike[wanted])[-_COUNT:][0])


def _clip(vector: FloatArray) -> Query:
    window = Windows((vector / np.linalg.norm(vector))[None], np.zeros(1, np.float32))
    return Query(window, window, "none", 9.6)


def _beside(
    folder: Index,
    stored: TrackIndex,
    held: _Held,
    asked: Sequence[Query],
    label: str,
    tracks: int,
) -> Beside:
    cut = SearchOptions(
        _COUNT,
        per_artist=None,
        sameness=Sameness(_NEVER, _NEVER, _NEVER),
        only=Only(labels=(label,) if label else ()),
    )
    for query in asked[:_WARM_UP]:
        folder.search(query, cut)
        stored.search(query, cut)
    times, right, full = [], 0, 0
    there = min(_COUNT, tracks)
    for query in asked:
        began = time.perf_counter()
        folder.search(query, cut)
        between = time.perf_counter()
        found = stored.search(query, cut).results
        times.append((between - began, time.perf_counter() - between))
        least = held.least(query, label) - _TIE
        right += sum(one.similarity >= least for one in found)
        full += len(found) == there
    in_folder, in_store = map(float, np.median(times, axis=0))
    recall = right / (there * len(asked))
    return Beside(label, tracks, in_folder, in_store, recall, full / len(asked))


if __name__ == "__main__":
    from tools.cli import main_of

    main_of(command)
