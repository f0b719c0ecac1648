"""What goes wrong with a store is a sentence, without the password; a restart is not noticed."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.verify import describe_index
from models.types import CatalogueError, SearchOptions, SettingsError
from tests.index.making import build, make_query, random_track
from tests.postgres.conftest import execute, new_database, push
from tests.postgres.server import PASSWORD, Server

WRONG = "a-wrong-one-1234"


def opened(text: str) -> Any:
    from index.postgres.address import read_address
    from index.postgres.opened import open_store

    return open_store(read_address(text))


@pytest.fixture
def tracks(rng: np.random.Generator) -> list[Any]:
    return [random_track(f"track{number:02}", rng) for number in range(12)]


def test_what_cannot_be_reached_is_named_without_its_password(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    database = new_database(server)
    port = server.port
    for text, told in {
        server.address(database, password=WRONG): "password authentication failed",
        server.address("nowhere"): "does not exist",
        server.address(database, user="nobody"): "nobody",
        f"postgresql://bot:{WRONG}@127.0.0.1:1/x": "refused",
        f"postgresql://bot:{WRONG}@no-such-host.invalid:{port}/x": "no-such-host",
    }.items():
        with pytest.raises(CatalogueError, match="cannot be reached") as error:
            opened(text)
        said = f"{error.value} {error.value.args} {error.value.__cause__}"
        assert told in said
        assert error.value.fix
        assert WRONG not in said
        assert PASSWORD not in said
    assert WRONG not in caplog.text


def test_an_address_is_shown_without_what_is_secret() -> None:
    pytest.importorskip("psycopg", reason="needs the extra `postgres`")
    from index.postgres.address import read_address

    address = read_address(
        f"postgresql://bot:{WRONG}@db:6432/music?sslpassword=hush&sslmode=require"
    )
    assert address.name == "postgresql://bot@db:6432/music"
    assert WRONG not in repr(address)
    assert "hush" not in repr(address)
    assert address.without_secrets(f"so {WRONG} it hush is") == "so … it … is"
    for broken in (f"postgresql://bot:{WRONG}@db:6432/music?nonsense=1", "postgresql://[::1/x"):
        with pytest.raises(SettingsError) as error:
            read_address(broken)
        assert WRONG not in str(error.value)


def test_an_empty_database_says_what_to_do(server: Server) -> None:
    with pytest.raises(CatalogueError, match=r"no index in the store.*index push"):
        opened(server.address(new_database(server)))


def test_a_newer_store_is_left_alone(tmp_path: Path, address: Any, tracks: list[Any]) -> None:
    push(tmp_path, address, tracks)
    execute(address, "UPDATE soundalike.version SET version = 99")
    for ask in (lambda: opened(address.conninfo), lambda: push(tmp_path, address)):
        with pytest.raises(CatalogueError, match="newer Soundalike"):
            ask()


def test_a_restart_of_the_server_is_not_noticed(
    tmp_path: Path, server: Server, address: Any, tracks: list[Any]
) -> None:
    push(tmp_path, address, tracks)
    query = make_query(np.eye(1, 8))
    with opened(address.conninfo) as store:
        before = store.search(query, SearchOptions()).results
        server.stop()
        try:
            with pytest.raises(CatalogueError, match="cannot be reached") as error:
                store.search(query, SearchOptions())
            assert PASSWORD not in str(error.value)
        finally:
            server.start()
        assert store.search(query, SearchOptions()).results == before
        server.stop()
        server.start()
        assert store.search(query, SearchOptions()).results == before


def test_a_generation_that_is_gone_says_so(tmp_path: Path, address: Any, tracks: list[Any]) -> None:
    push(tmp_path, address, tracks)
    with opened(address.conninfo) as store:
        execute(address, "DROP TABLE soundalike.tracks_1")
        with pytest.raises(CatalogueError, match="any more"):
            store.search(make_query(np.eye(1, 8)), SearchOptions())


def test_an_ordinary_user_reads_what_another_one_pushed(
    tmp_path: Path, server: Server, new_address: Any, tracks: list[Any]
) -> None:
    address = new_address
    execute(address, "CREATE ROLE reader LOGIN PASSWORD 'r3ader'")
    database = address.name.rpartition("/")[2]
    text = server.address(database, "reader", "r3ader")
    from index.postgres.address import read_address

    build(tmp_path, tracks)
    with pytest.raises(CatalogueError, match="administrator"):
        push(tmp_path, read_address(text))  # may not add pgvector
    push(tmp_path, address)
    with pytest.raises(CatalogueError, match="not let this user"):
        opened(text)
    execute(address, "GRANT USAGE ON SCHEMA soundalike TO reader")
    execute(address, "GRANT SELECT ON ALL TABLES IN SCHEMA soundalike TO reader")
    with opened(text) as store:
        assert len(store.search(make_query(np.eye(1, 8)), SearchOptions()).results) == 10
    with pytest.raises(CatalogueError, match="not let this user"):
        push(tmp_path, read_address(text), anew=True)


def test_info_is_that_of_the_index(tmp_path: Path, address: Any, tracks: list[Any]) -> None:
    from index.postgres.describe import describe_store

    push(tmp_path, address, tracks)
    here, there = describe_index(tmp_path), describe_store(address)
    for name in (
        "created",
        "stamp",
        "others",
        "tracks",
        "windows",
        "sources",
        "left_out",
        "seconds",
    ):
        assert getattr(there, name) == getattr(here, name)
    assert there.directory == address.name
    assert [(one.name, one.live) for one in there.generations] == [("1", True)]
    assert there.size > 10_000


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("DELETE FROM windows_1 WHERE place = 7", "number 1 are not"),
        ("DELETE FROM tracks_1 WHERE number = 11", "number 11 is missing"),
        ("INSERT INTO windows_1 SELECT 48, 12, facets, vector "
         "FROM windows_1 LIMIT 1", "more tracks or windows"),
        ("UPDATE windows_1 SET vector = '[1,0,0,0,0,0,0,0]' WHERE place = 4", "other vectors"),
        ("UPDATE windows_1 SET facets = '{999}' WHERE place = 4", "narrowed"),
        ("UPDATE tracks_1 SET starts = substr(starts, 5) WHERE number = 2", "start"),
        ("UPDATE tracks_1 SET vectors = set_byte(vectors, 3, 66) WHERE number = 2", "unit"),
        ("UPDATE tracks_1 SET vectors = '' WHERE number = 2", "has not the vectors"),
        ("UPDATE generations SET manifest = replace(manifest, '48', '47')", "manifest"),
        ("UPDATE generations SET counts = substr(counts, 5)", "by row"),
        ("DROP INDEX windows_1_graph", "missing"),
    ],
)  # fmt: skip
def test_damage_is_found(
    tmp_path: Path, address: Any, tracks: list[Any], damage: str, told: str
) -> None:
    from index.postgres.verify import verify_store

    push(tmp_path, address, tracks)
    assert verify_store(address) == []
    execute(address, f"SET search_path = soundalike, public; {damage}")
    assert any(told in problem for problem in verify_store(address)), verify_store(address)
