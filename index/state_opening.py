"""Opening the state's file: two processes at once, damage, and the way to today's tables."""

from __future__ import annotations

import glob
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from index.kept import Migration
from models.types import StateError

_BUSY_S = 5.0  # another process, a backup perhaps, may hold the file for a moment
_BUSY_STEP_S = 0.02
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SIBLINGS = ("", "-wal", "-shm")


def open_file(path: Path) -> sqlite3.Connection:
    """Open a file to write to, made if it is missing; raises `sqlite3.DatabaseError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # It holds what people like: nobody else on this machine is to read it.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    connection = connect(path)
    try:
        _check(connection)
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")  # what was confirmed survives a power cut
        connection.execute("PRAGMA secure_delete = ON")  # what is deleted is gone from the disk
    except BaseException:
        connection.close()
        raise
    return connection


def connect(path: Path) -> sqlite3.Connection:
    """Connect to a file that is there; what another process holds is waited for some seconds."""
    connection = sqlite3.connect(
        path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    """Take the steps that the file has not had yet: all of them, or none.

    Raises
    ------
    StateError
        The file is of a newer Soundalike.
    """
    # Another process may be doing the same: how far the file is can be told only behind the lock.
    connection.execute("BEGIN IMMEDIATE")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        _refuse_newer(path, version, len(migrations))
        for number, step in enumerate(migrations[version:], start=version + 1):
            for statement in _statements(step.sql):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def move_aside(path: Path) -> Path:
    """Rename a damaged file and what SQLite keeps beside it; return its new path."""
    number = 1
    while (aside := path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")).exists():
        number += 1
    for ending in _SIBLINGS:
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
            os.utime(aside.with_name(aside.name + ending))  # its days are counted from now
    return aside


def drop_aside(path: Path, before: float) -> int:
    """Delete what was moved aside before a time, in seconds since 1970; return how many files."""
    pattern = f"{glob.escape(path.stem)}.damaged-*{glob.escape(path.suffix)}"
    old = [
        part
        for ending in _SIBLINGS
        for part in path.parent.glob(pattern + ending)
        if part.stat().st_mtime < before
    ]
    for part in old:
        part.unlink(missing_ok=True)
    return len(old)


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Tell whether an error says that the file itself is broken."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, _DamagedError) or (code is not None and code & 0xFF in _DAMAGED)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch a file to WAL: where two do so at once, SQLite refuses one without waiting."""
    until = time.monotonic() + _BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > until:
                raise
            time.sleep(_BUSY_STEP_S)
        else:
            return


def _check(connection: sqlite3.Connection) -> None:
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise _DamagedError(verdict)


def _refuse_newer(path: Path, version: int, known: int) -> None:
    if version > known:
        raise StateError(
            f"{path} was written by a newer Soundalike.",
            "Update Soundalike, or set SOUNDALIKE_HOME to another folder.",
        )


def _statements(script: str) -> Iterator[str]:
    """Yield a script's statements one by one: `executescript` would end the transaction first."""
    statement = ""
    for part in script.split(";"):
        statement += part + ";"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    yield statement  # a last comment, or what SQLite will refuse


class _DamagedError(sqlite3.DatabaseError):
    """The file opens, and what is in it contradicts itself."""


def _is_busy(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF == sqlite3.SQLITE_BUSY
