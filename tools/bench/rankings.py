"""What an index takes: whole rankings, narrowed ones, names, and the memory of two processes."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np

from index.catalogue import Catalogue
from index.generations import live_generation
from index.manifest import CATALOGUE
from index.opened import Index, open_index
from index.search import search
from index.segments import InMemory
from index.shelf import Shelf
from models.crew import Crew
from models.types import FloatArray, Only, Query, Ranking, SearchOptions, Windows
from tools.bench.measure import Report, Row, timed
from tools.bench.memory import Held, each, held
from tools.bench.nearest import Task
from tools.bench.rounds import ROUNDS, best_of_rounds

RARE = 1_000
"""Searches are narrowed to about one track in so many."""

_TITLES, _SPREAD = 40, 4_000
_OPENINGS = 20
_PROCESSES = 2
_MB = 1_000_000
_USUAL = SearchOptions()


def report(directory: Path, task: Task, built: float | None) -> Report:
    """Ask an index for whole rankings.

    Parameters
    ----------
    directory : Path
        The index.
    task : Task
        Its windows, and what is asked.
    built : float or None
        The seconds it took to build, if it was.
    """
    queries = [_query(vectors) for vectors in np.expand_dims(task.queries, 1)]
    with open_index(directory) as index:
        found = [_ranking(index, queries, task.rows), *_asks(index, queries)]
        title = (
            f"An index of {len(index):,} tracks and {len(task.rows):,} windows {task.kind}; "
            f"each query's best of {ROUNDS}"
        )
    found += [
        _opening(directory),
        *_memory(directory, task.queries),
    ]
    if built is not None:
        found.append(Row("build it", (built,), "catalogue and graph, on one thread"))
    return Report(title, found)


def _ranking(index: Index, queries: Sequence[Query], rows: FloatArray) -> Row:
    """Time whole rankings, and compare them with those over exactly the nearest windows."""
    with closing(Catalogue(live_generation(index.directory) / CATALOGUE)) as catalogue:
        exact = Shelf(catalogue, InMemory(rows), catalogue.layout())
        shares = [
            _shared(index.search(query, _USUAL), search(exact, query, _USUAL)) for query in queries
        ]
    (times,) = best_of_rounds([lambda query: index.search(query, _USUAL)], queries)
    return Row(
        "a whole ranking",
        times,
        f"recall {np.mean(shares):.4f}; candidates, exact scores, cuts, titles",
    )


def _asks(index: Index, queries: Sequence[Query]) -> Iterator[Row]:
    if labels := index.labels():
        label, count = min(labels, key=lambda one: abs(RARE * one[1] - len(index)))
        rare = SearchOptions(only=Only(labels=(label,)))
        (times,) = best_of_rounds([lambda query: index.search(query, rare)], queries)
        yield Row(f"narrowed to {count:,} of {len(index):,} tracks", times, "all of them are read")
    yield timed(
        "many at once",
        lambda: list(index.search_many(queries, _USUAL)),
        ROUNDS,
        per=len(queries),
    )
    titles = [track.title for track, _ in islice(index.contents(), 0, _SPREAD, _SPREAD // _TITLES)]
    typed = [title[: end + 1] for title in titles for end in range(len(title))]
    (times,) = best_of_rounds([index.complete], typed)
    yield Row("a title, letter by letter", times)


def _opening(directory: Path) -> Row:
    """Time how long it takes until an index that was verified once can be asked."""
    seconds = []
    for _ in range(_OPENINGS):
        began = time.perf_counter()
        index = open_index(directory)
        seconds.append(time.perf_counter() - began)
        index.close()
    return Row("open it", tuple(seconds), f"verified before; best {1000 * min(seconds):.1f} ms")


def _memory(directory: Path, queries: FloatArray) -> Iterator[Row]:
    """Search in several processes at once, and tell what each of them holds."""
    with ExitStack() as opened:
        crews = [opened.enter_context(closing(Crew(1, None))) for _ in range(_PROCESSES)]
        before = each(crews, held)
        seconds = each(crews, _search_all, directory, queries)
        after = each(crews, held)
    yield Row(
        f"each of {_PROCESSES} processes that search",
        tuple(itertools.chain.from_iterable(seconds)),
        "; ".join(map(_more, before, after)),
    )


def _search_all(directory: Path, queries: FloatArray) -> list[float]:
    index, took = _opened(directory), []
    for query in map(_query, np.expand_dims(queries, 1)):
        began = time.perf_counter()
        index.search(query, _USUAL)
        took.append(time.perf_counter() - began)
    return took


@lru_cache(maxsize=1)
def _opened(directory: Path) -> Index:
    """Open an index once in a worker's life."""
    return open_index(directory)


def _more(before: Held, after: Held) -> str:
    share = ""
    if before.pss is not None and after.pss is not None:
        share = f", {(after.pss - before.pss) / _MB:,.0f} MB counting shared pages by half"
    return f"{(after.rss - before.rss) / _MB:,.0f} MB more than before{share}"


def _shared(found: Ranking, right: Ranking) -> float:
    wanted = {one.track.id for one in right.results}
    return len(wanted & {one.track.id for one in found.results}) / max(len(wanted), 1)


def _query(vectors: FloatArray) -> Query:
    windows = Windows(vectors, np.zeros(len(vectors), np.float32))
    return Query(windows, windows, "asked", 9.6)
