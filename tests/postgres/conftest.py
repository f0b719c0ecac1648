"""What the tests of the store share: a server, and a new database for each test."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.types import EmbeddedTrack
from tests.index.making import build
from tests.postgres.server import NoServerError, Server

_numbers = count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Start a server; skip where none can be had."""
    try:
        started = Server()
    except NoServerError as error:
        pytest.skip(str(error))
    yield started
    started.remove()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def new_database(server: Server) -> str:
    import psycopg

    name = f"music{next(_numbers)}"
    with psycopg.connect(server.address("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return name


@pytest.fixture(scope="session")
def shared_database(server: Server) -> str:
    return new_database(server)


@pytest.fixture
def address(server: Server, shared_database: str) -> Any:
    """Return the address of a database without an index."""
    from index.postgres.address import read_address

    found = read_address(server.address(shared_database))
    execute(found, "DROP SCHEMA IF EXISTS soundalike CASCADE")
    return found


@pytest.fixture
def new_address(server: Server) -> Any:
    """Return the address of a database that has not even pgvector."""
    from index.postgres.address import read_address

    return read_address(server.address(new_database(server)))


@pytest.fixture(scope="module")
def module_address(server: Server) -> Any:
    """Return the address of an empty database that a module's tests share."""
    from index.postgres.address import read_address

    return read_address(server.address(new_database(server)))


def execute(address: Any, query: str) -> list[Any]:
    """Do something to a database behind the program's back."""
    import psycopg

    with psycopg.connect(address.conninfo, autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def push(
    directory: Path, address: Any, tracks: list[EmbeddedTrack] | None = None, **how: Any
) -> Any:
    """Build an index of tracks, if any are given, and push it."""
    from index.postgres.push import push_index

    if tracks:
        build(directory, tracks)
    return push_index(directory, address, **{"keep": 2, **how})
