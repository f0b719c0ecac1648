"""Tables that people keep: CSV and JSON lines, however they were saved."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from models.types import CatalogueError

_JSON_LINES: Final = (".jsonl", ".ndjson")
ENDINGS: Final = (".csv", ".tsv", *_JSON_LINES)
"""By these a file is known to be a table."""

_LONGEST_LINE: Final = 1 << 20
_CHUNK: Final = 1 << 20
_SEPARATORS: Final = ",;\t|"

Cells = Mapping[str, object]
"""The cells of a row by the names of their columns: texts, or in JSON anything."""

Passed = Callable[[int, str], None]
"""Told of a row that cannot be read: its line, and what is wrong with it."""


class TableError(CatalogueError):
    """A table cannot be read."""


class Row(NamedTuple):
    """A row and the line it ends on, counted from 1."""

    line: int
    cells: Cells


def read_table(path: Path, passed: Passed) -> Iterator[Row]:
    """Yield the rows of a table one after another; names of columns are as they are spelt.

    CSV may be separated by commas, semicolons, tabs or bars and begins with the names of its
    columns; JSON lines are objects. UTF-8, UTF-16 with a mark, or else Windows-1252.

    Parameters
    ----------
    path : Path
    passed : callable
        Told of every row that is passed over.

    Raises
    ------
    TableError
        It cannot be read, or is no table.
    """
    with open_text(path) as text:
        if path.suffix.lower() in _JSON_LINES:
            yield from _json_rows(_lines(text, path), passed)
        else:
            yield from _csv_rows(text, path, passed)


def column_names(path: Path) -> list[str]:
    """Return the names of a CSV file's columns; none of JSON lines, where each row has its own."""
    if path.suffix.lower() in _JSON_LINES:
        return []
    with open_text(path) as text:
        return next(_cells(text, path, _separator(text, path)), (0, []))[1]


def read_csv(path: Path) -> Iterator[list[str]]:
    """Yield the rows of a CSV file, the first ones too; raises as `read_table`."""
    with open_text(path) as text:
        for _, cells in _cells(text, path, ","):
            yield cells


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Open a text in whatever encoding it was saved.

    Raises
    ------
    TableError
        It cannot be read, or is no text.
    """
    try:
        encoding = _encoding(path)
        with path.open(encoding=encoding, errors="replace", newline="") as text:
            yield text
    except OSError as error:
        raise TableError(
            f"{path} cannot be read: {error.strerror or error}.", "Check how the path is written."
        ) from error


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4096)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if b"\0" in head:
            raise TableError(f"{path} is no text.", "Save the table as CSV in UTF-8.")
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            decoder.decode(head)
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def _lines(text: TextIO, path: Path) -> Iterator[str]:
    while line := text.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE and not line.endswith("\n"):
            raise TableError(
                f"{path} has a line of more than {_LONGEST_LINE:,} characters.",
                "Save the table as CSV in UTF-8, a row a line.",
            )
        yield line


def _csv_rows(text: TextIO, path: Path, passed: Passed) -> Iterator[Row]:
    columns: list[str] | None = None
    for line, cells in _cells(text, path, _separator(text, path)):
        if columns is None:
            columns = cells
        elif len(cells) > len(columns):
            passed(line, "It has more cells than the table has columns.")
        else:
            # Of several columns with one name the first counts.
            yield Row(line, dict(reversed(list(zip(columns, cells, strict=False)))))


def _cells(text: TextIO, path: Path, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of rows and the lines they end on, leaving out empty ones."""
    before = csv.field_size_limit(_LONGEST_LINE)
    reader = csv.reader(_lines(text, path), delimiter=separator, skipinitialspace=True)
    try:
        for cells in reader:
            if any(cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise TableError(
            f"{path} is no table: {error} (line {reader.line_num:,}).",
            "Look for a quotation mark that is not closed, or save the table again as CSV.",
        ) from None
    finally:
        csv.field_size_limit(before)


def _separator(text: TextIO, path: Path) -> str:
    """Tell what separates cells by the first line, and go back to the beginning."""
    first = text.readline(_LONGEST_LINE)
    text.seek(0)
    return "\t" if path.suffix.lower() == ".tsv" else max(_SEPARATORS, key=first.count)


def _json_rows(lines: Iterator[str], passed: Passed) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            cells = json.loads(line)
        except (ValueError, RecursionError):
            cells = None
        if isinstance(cells, dict):
            yield Row(number, cells)
        else:
            passed(number, "It is no JSON object.")
