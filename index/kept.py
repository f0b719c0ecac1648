"""What the state keeps of people: a list to read out, to hand over, to delete from and to sweep."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

_DAY = 86_400.0  # seconds
JSON_TEXT = "JSON TEXT"
"""Declared type of columns that hold JSON: they are handed over as what they say."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept in one table, and whose it is.

    Attributes
    ----------
    table : str
    why : str
        A sentence that says what is kept and what for; languages may have one of their own under
        the table's name.
    person : str
        The column with the Discord id of the person it is about; empty where it is about nobody.
    days : int or None
        Rows are deleted after so many days; None keeps them until they are taken back.
    since : str
        The column that the days are counted from, in seconds since 1970; a row where it is NULL
        is kept until it is taken back.
    lasting : bool
        Whether that is how most rows begin: then it is said instead of the days.
    """

    table: str
    why: str
    person: str = "person"
    days: int | None = None
    since: str = "created"
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema, and what the tables made in it keep.

    Once released a step is never changed: another one follows it.

    Attributes
    ----------
    sql : str
        Statements, each with its semicolon.
    keeps : tuple of Kept
        Every table that the step makes, indexes aside.
    """

    sql: str
    keeps: tuple[Kept, ...] = ()


def of_person(
    database: sqlite3.Connection, kept: Iterable[Kept], person: int
) -> dict[str, list[dict[str, Any]]]:
    """Return all that is kept of a person, by table: values that `json.dumps` takes.

    Bytes, such as vectors, are given as base64.
    """
    return {each.table: _rows(database, each, person) for each in kept if each.person}


def count_of_person(
    database: sqlite3.Connection, kept: Iterable[Kept], person: int
) -> dict[str, int]:
    """Return how many rows are kept of a person, by table."""
    return {each.table: _count(database, each, person) for each in kept if each.person}


def forget_person(database: sqlite3.Connection, kept: Iterable[Kept], person: int) -> int:
    """Delete all that is kept of a person; return how many rows that was."""
    # A table's children come after it in the list, and must go before it.
    wanted = [each for each in kept if each.person][::-1]
    return sum(_delete(database, each.table, f'"{each.person}" = ?', person) for each in wanted)


def sweep(database: sqlite3.Connection, kept: Sequence[Kept], now: float) -> int:
    """Delete what has been kept for as long as was said; return how many rows that was.

    Parameters
    ----------
    now : float
        Seconds since 1970.
    """
    return sum(
        _delete(database, each.table, f'"{each.since}" < ?', now - each.days * _DAY)
        for each in kept
        if each.days is not None
    )


def _delete(database: sqlite3.Connection, table: str, where: str, value: float) -> int:
    # The names come from this project's own list, never from people.
    return database.execute(f'DELETE FROM "{table}" WHERE {where}', (value,)).rowcount  # noqa: S608


def _count(database: sqlite3.Connection, kept: Kept, person: int) -> int:
    count = f'SELECT count(*) FROM "{kept.table}" WHERE "{kept.person}" = ?'  # noqa: S608
    found: tuple[int] = database.execute(count, (person,)).fetchone()
    return found[0]


def _rows(database: sqlite3.Connection, kept: Kept, person: int) -> list[dict[str, Any]]:
    columns = database.execute("SELECT name, type FROM pragma_table_info(?)", (kept.table,))
    types = dict(columns.fetchall())
    # The names come from this project's own list, never from people.
    select = f'SELECT * FROM "{kept.table}" WHERE "{kept.person}" = ?'  # noqa: S608
    found = database.execute(select, (person,))
    names = [column[0] for column in found.description]
    return [
        {name: _value(types[name], value) for name, value in zip(names, row, strict=True)}
        for row in found
    ]


def _value(declared: str, value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if declared == JSON_TEXT and value is not None:
        return json.loads(value)
    return value
