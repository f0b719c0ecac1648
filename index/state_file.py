"""The state's file: SQLite in WAL mode, written by one thread and read by any."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from index.kept import Kept, Migration
from index.state_opening import connect, drop_aside, is_damage, migrate, move_aside, open_file
from models.types import StateError

T = TypeVar("T")

DAMAGED_DAYS = 30
"""How long a damaged file is kept, for its host to rescue something from."""


class State:
    """An SQLite file that outlives the process; to be closed.

    Parameters
    ----------
    path : Path
        Made if it is missing, readable by its owner alone.
    migrations : sequence of Migration
        The way from an empty file to today's tables; the file remembers how far it came.

    Attributes
    ----------
    note : str
        What the host should know: that a damaged file was moved aside. Mostly empty.
    kept : tuple of Kept
        What the tables hold, and whose it is.

    Raises
    ------
    StateError
        The file cannot be opened or written, or is of a newer Soundalike.
    """

    def __init__(self, path: Path, migrations: Sequence[Migration]) -> None:
        self.path = path
        self.note = ""
        self.kept: tuple[Kept, ...] = tuple(kept for step in migrations for kept in step.keeps)
        with _explained(path):
            self._writer_connection = self._open_or_begin_anew()
            try:
                migrate(self._writer_connection, path, migrations)
            except BaseException:
                self._writer_connection.close()
                raise
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="state")
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._reading = 0
        self._closed = False

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do work in a transaction of its own, in the writer's thread, and wait for it.

        Either all of it is kept, once this returns, or nothing.

        Raises
        ------
        StateError
            The disk is full, or the file cannot be written any more.
        """
        self._checkopen_file()
        return await asyncio.wrap_future(self._writer.submit(self._transact, work))

    async def erase(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do work that deletes, as `write` does, and leave none of it on the disk.

        SQLite keeps what was written of late in a log beside the file, which knows nothing of
        what is deleted later: the log is emptied too. Where somebody is still reading from it,
        that has to wait for the next time.
        """
        self._checkopen_file()
        return await asyncio.wrap_future(self._writer.submit(self._erase, work))

    def drop_damaged(self, now: float) -> int:
        """Delete damaged files that were moved aside `DAMAGED_DAYS` ago; return how many; blocking.

        Parameters
        ----------
        now : float
            Seconds since 1970.

        Raises
        ------
        StateError
            They cannot be deleted.
        """
        with _explained(self.path):
            return drop_aside(self.path, now - DAMAGED_DAYS * 86_400)

    def write_now(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do the same without an event loop; blocking."""
        self._checkopen_file()
        return self._writer.submit(self._transact, work).result()

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do work that only reads, in the caller's thread; blocking, safe from several threads.

        Raises
        ------
        StateError
            The file cannot be read.
        """
        connection = self._borrow()
        try:
            with _explained(self.path):
                return work(connection)
        finally:
            self._give_back(connection)

    def close(self) -> None:
        """Wait for what is being written, and let go of the file."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
        self._writer.shutdown()
        self._writer_connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _checkopen_file(self) -> None:
        if self._closed:
            raise StateError("The state was closed.", "Start Soundalike again.")

    def _transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._writer_connection
        with _explained(self.path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # SQLite ends it by itself when the disk is full
                    connection.execute("ROLLBACK")
                raise
        return result

    def _erase(self, work: Callable[[sqlite3.Connection], T]) -> T:
        result = self._transact(work)
        with _explained(self.path):
            self._writer_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return result

    def _borrow(self) -> sqlite3.Connection:
        with self._lock:
            self._checkopen_file()
            if self._idle:
                return self._idle.pop()
        with _explained(self.path):
            connection = connect(self.path)
            connection.execute("PRAGMA query_only = ON")
            return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _open_or_begin_anew(self) -> sqlite3.Connection:
        try:
            return open_file(self.path)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
        aside = move_aside(self.path)
        self.note = (
            f"{self.path} was damaged: it lies as {aside.name} beside it now, and I began a new "
            "one. Answers, likes and libraries of before are in the old file only, for "
            f"{DAMAGED_DAYS} days."
        )
        return open_file(self.path)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError:
        raise  # a store's own business
    except (sqlite3.DatabaseError, OSError) as error:
        if isinstance(error, sqlite3.DatabaseError) and is_damage(error):
            raise StateError(
                f"{path} is damaged.",
                "Start Soundalike again: it moves the file aside and begins a new one.",
            ) from error
        raise StateError(
            f"{path} cannot be used: {error}.",
            "Check that the disk has room and that I may write there.",
        ) from error
