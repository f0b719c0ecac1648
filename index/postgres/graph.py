"""Builds what the tracks and windows of a generation are found by, once all of them are there."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack

import psycopg

from index.manifest import Manifest
from index.postgres.address import StoreAddress
from index.postgres.connections import connect
from index.postgres.tables import GRAPH, INDEXES
from index.postgres.writing import one

Progress = Callable[[int, int], None]

# What the graph takes in memory while it is built, for each window besides its vector; at most.
_WINDOW_BYTES = 1000
_LEAST_MEMORY, _MOST_MEMORY = 64 << 20, 1 << 30

_EVERY = 0.5  # seconds
_DONE = "SELECT tuples_done FROM pg_stat_progress_create_index WHERE pid = %s"


def make_findable(
    connection: psycopg.Connection,
    address: StoreAddress,
    number: int,
    manifest: Manifest,
    progress: Progress,
) -> None:
    """Build the indexes of a generation that are not there yet, the graph over its windows last.

    Parameters
    ----------
    connection : psycopg.Connection
    address : StoreAddress
    number : int
        The generation's.
    manifest : Manifest
        What the graph is to be like.
    progress : callable
        Called with the windows in the graph and those there are.
    """
    for statement in INDEXES:
        connection.execute(statement.format(n=number))
    needed = manifest.windows * (_WINDOW_BYTES + 2 * manifest.stamp.dim)
    memory = min(max(needed, _LEAST_MEMORY), _MOST_MEMORY)
    connection.execute(f"SET maintenance_work_mem = '{memory >> 10}kB'")
    graph = GRAPH.format(
        n=number,
        connectivity=manifest.graph.connectivity,
        expansion_add=manifest.graph.expansion_add,
    )
    try:
        _build(connection, address, graph, manifest.windows, progress)
    except psycopg.OperationalError as error:
        if not (error.sqlstate or "").startswith("53"):
            raise
        # Servers in containers mostly have little memory that processes may share.
        connection.execute("SET max_parallel_maintenance_workers = 0")
        _build(connection, address, graph, manifest.windows, progress)
    for table in ("tracks", "windows", "facets"):
        connection.execute(f"ANALYZE soundalike.{table}_{number}")


def _build(
    connection: psycopg.Connection,
    address: StoreAddress,
    statement: str,
    windows: int,
    progress: Progress,
) -> None:
    """Build the graph, and say meanwhile how far it is; whatever stops this stops the server."""
    with ExitStack() as opened:
        watching = opened.enter_context(connect(address))
        working = opened.enter_context(ThreadPoolExecutor(1))
        built = working.submit(connection.execute, statement)
        try:
            while not wait([built], _EVERY).done:
                done = one(watching, _DONE, connection.info.backend_pid)
                progress(min(done or 0, windows), windows)
        except BaseException:
            connection.cancel_safe()
            raise
        built.result()
    progress(windows, windows)
