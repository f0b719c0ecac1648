"""Holding a store for writing: alone, and in a database that can hold an index."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors

from index.postgres.address import StoreAddress
from index.postgres.connections import connect
from index.postgres.tables import WRITER_LOCK
from models.types import CatalogueError

_PGVECTOR = (0, 8)  # the first that follows its graph until enough has passed a filter

_FIND_PGVECTOR = "SELECT extversion FROM pg_extension WHERE extname = 'vector'"


@contextmanager
def writing(address: StoreAddress) -> Iterator[psycopg.Connection[Any]]:
    """Connect to a store and hold it for writing; the server lets go when the connection ends.

    Raises
    ------
    CatalogueError
        Somebody else holds it, or the database cannot hold an index.
    psycopg.Error
        The store cannot be reached.
    """
    with connect(address) as connection:
        if not one(connection, "SELECT pg_try_advisory_lock(%s)", WRITER_LOCK):
            raise CatalogueError(
                f"Another push is writing to the store at {address.name}.",
                "Wait until it has finished, or stop it: what it has done so far is kept.",
            )
        encoding = one(connection, "SHOW server_encoding")
        if encoding != "UTF8":
            raise CatalogueError(
                f"The database of the store at {address.name} holds text as {encoding}.",
                "Make another one: `createdb --encoding UTF8 --template template0 NAME`.",
            )
        _bring_pgvector(connection, address)
        yield connection


def one(connection: psycopg.Connection[Any], query: str, *values: object) -> Any:
    """Return the first field of the first row of an answer; None where it has no row."""
    row = connection.execute(query, values or None).fetchone()
    return row[0] if row else None


def _bring_pgvector(connection: psycopg.Connection[Any], address: StoreAddress) -> None:
    version = one(connection, _FIND_PGVECTOR)
    if version is None:
        _add_pgvector(connection, address)
        version = one(connection, _FIND_PGVECTOR)
    if tuple(map(int, version.split(".")[:2])) < _PGVECTOR:
        raise CatalogueError(
            f"The store at {address.name} has pgvector {version}, which is too old.",
            "Install pgvector 0.8 or newer there, and run: ALTER EXTENSION vector UPDATE;",
        )


def _add_pgvector(connection: psycopg.Connection[Any], address: StoreAddress) -> None:
    try:
        connection.execute("CREATE EXTENSION vector")
    except errors.InsufficientPrivilege:
        raise CatalogueError(
            f"The database of the store at {address.name} has no pgvector, and this user may not "
            "add it.",
            "Let the database's administrator run there: CREATE EXTENSION vector;",
        ) from None
    except (errors.UndefinedFile, errors.FeatureNotSupported):
        raise CatalogueError(
            f"The server of the store at {address.name} has no pgvector.",
            "Install pgvector there (https://github.com/pgvector/pgvector), then try again.",
        ) from None
