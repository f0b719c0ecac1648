"""The way to a store: connections that are used again, and sentences for what goes wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors

from index.postgres.address import StoreAddress
from models.types import CatalogueError

CONNECT_SECONDS = 10

# Whoever asks gives up after a minute. Compiling a query costs more than any here takes; and the
# graph is always quicker than reading every vector, whatever the planner thinks of it.
_TO_ASK = """
SET statement_timeout = '60s';
SET jit = off;
SET enable_seqscan = off;
SET hnsw.ef_search = 128;
SET hnsw.iterative_scan = strict_order;
"""


def connect(address: StoreAddress) -> psycopg.Connection[Any]:
    """Open a connection where every statement stands by itself; psycopg.Error where it fails."""
    return psycopg.connect(
        address.conninfo,
        autocommit=True,
        connect_timeout=CONNECT_SECONDS,
        tcp_user_timeout=1000 * CONNECT_SECONDS,
        fallback_application_name="soundalike",
        client_encoding="UTF8",
    )


@contextmanager
def explained(address: StoreAddress) -> Iterator[None]:
    """Turn what PostgreSQL says into a CatalogueError: a sentence, without the password."""
    try:
        yield
    except psycopg.Error as error:
        sentence, fix = _explanation(error, address)
        # What stands behind it is not shown with it: nobody knows what it repeats.
        raise CatalogueError(sentence, fix) from None


class Connections:
    """Connections for asking; safe to use from several threads, each of which takes one.

    Parameters
    ----------
    address : StoreAddress
    """

    def __init__(self, address: StoreAddress) -> None:
        self.address = address
        self._lock = threading.Lock()
        self._idle: list[psycopg.Connection[Any]] = []
        self._closed = False

    def rows(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        """Ask a question and return all rows of the answer.

        Raises
        ------
        CatalogueError
            The store cannot be reached, or does not answer it.
        """
        with explained(self.address):
            used = self._take()
            if used is not None:
                try:
                    return self._ask(used, query, values)
                except psycopg.OperationalError:
                    # The server was started anew since: the question is put once more.
                    if not used.closed:
                        raise
            fresh = connect(self.address)
            try:
                fresh.execute(_TO_ASK)
            except BaseException:
                fresh.close()
                raise
            return self._ask(fresh, query, values)

    def close(self) -> None:
        """Let go of all connections, those in use once they are not."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> psycopg.Connection[Any] | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _ask(
        self, connection: psycopg.Connection[Any], query: str, values: Sequence[object]
    ) -> list[Any]:
        try:
            with connection.cursor(binary=True) as cursor:
                rows: list[Any] = cursor.execute(query, values or None).fetchall()
                return rows
        finally:
            with self._lock:
                keep = not (self._closed or connection.closed)
                if keep:
                    self._idle.append(connection)
            if not keep:
                connection.close()


def _explanation(error: psycopg.Error, address: StoreAddress) -> tuple[str, str]:
    first = (error.diag.message_primary or str(error)).strip().split("\n")[0]
    said = address.without_secrets(first).rstrip(".")
    match error:
        case errors.UndefinedTable() | errors.InvalidSchemaName():
            return (
                f"The store at {address.name} does not hold what was asked for any more.",
                "Ask again; if it stays so, put an index there with `soundalike index push`.",
            )
        case errors.InsufficientPrivilege():
            return (
                f"The store at {address.name} does not let this user do that ({said}).",
                "Ask with another user, or let the database's administrator grant it.",
            )
        case _ if (error.sqlstate or "").startswith("53"):
            return (
                f"The store at {address.name} has no room left ({said}).",
                "Make room there, then run the same command: it carries on where it stopped.",
            )
        case errors.QueryCanceled():
            return (
                f"The store at {address.name} took too long to answer.",
                "Ask again when it has less to do.",
            )
        case psycopg.OperationalError() if error.sqlstate is None:
            return (
                f"The store at {address.name} cannot be reached ({said}).",
                "Check that its server runs, and the user, password, host, port and database in "
                "its address.",
            )
        case _:
            return f"The store at {address.name} refuses: {said}.", "Look into its server's log."
