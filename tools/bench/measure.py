"""Timing: rows of repeated measurements, and how they are shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from tools.markdown import markdown_table


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as it is read: what each row is of, a text for each heading, and a note."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]

    def lines(self) -> Sequence[RenderableType]:
        """Render it for a terminal."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        table.add_column("")
        for heading in self.headings:
            table.add_column(heading, justify="right")
        table.add_column("", style="dim", overflow="fold")
        for row in self.rows:
            table.add_row(*row)
        return Text(f"\n{self.title}", "bold"), table

    def markdown(self) -> str:
        """Render it as Markdown."""
        return f"**{self.title}**\n\n{markdown_table(('', *self.headings, ''), self.rows)}"


class Shown(Protocol):
    """A table of measurements, of whatever kind."""

    def grid(self) -> Grid:
        """Render it as texts."""

    def as_json(self) -> dict[str, Any]:
        """Render it as plain JSON values."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was timed, or that could not be.

    Attributes
    ----------
    what : str
    seconds : tuple of float
        One a repetition; none where it could not be timed.
    note : str
        What to know about it; why it was not timed.
    per : int
        How many things one repetition did: times are shown for one of them.
    part : bool
        Whether it is a part of another row, and so not to be compared with the first.
    """

    what: str
    seconds: tuple[float, ...] = ()
    note: str = ""
    per: int = 1
    part: bool = False

    def milliseconds(self, quantile: float) -> float | None:
        """Return a quantile in [0, 1] of the times, in milliseconds for one thing."""
        return (
            float(np.quantile(self.seconds, quantile)) * 1000 / self.per if self.seconds else None
        )


@dataclass(frozen=True, slots=True)
class Report:
    """Rows that may be compared with each other; the first one is what they are compared with."""

    title: str
    rows: Sequence[Row]

    def ratio(self, row: Row) -> float | None:
        """Return how many times as long as the first row another took; None for a part."""
        if row.part:
            return None
        first, this = self.rows[0].milliseconds(0.5), row.milliseconds(0.5)
        return this / first if first and this is not None else None

    def grid(self) -> Grid:
        """Render it as texts."""
        cells = [
            (
                row.what,
                _number(row.milliseconds(0.5)),
                _number(row.milliseconds(0.95)),
                _ratio(row, self.ratio(row)),
                row.note,
            )
            for row in self.rows
        ]
        return Grid(self.title, ("median ms", "p95 ms", "ratio"), cells)

    def as_json(self) -> dict[str, Any]:
        """Render it as plain JSON values."""
        return {
            "title": self.title,
            "rows": [
                {
                    "what": row.what,
                    "median_ms": row.milliseconds(0.5),
                    "p95_ms": row.milliseconds(0.95),
                    "ratio": self.ratio(row),
                    "repeats": len(row.seconds),
                    "note": row.note,
                }
                for row in self.rows
            ],
        }


def timed(
    what: str, function: Callable[[], object], repeats: int, *, note: str = "", per: int = 1
) -> Row:
    """Call a function once to warm it up and then `repeats` times, and time each."""
    function()
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - began)
    return Row(what, tuple(seconds), note, per)


def _ratio(row: Row, ratio: float | None) -> str:
    missing = "" if row.part else "–"
    return missing if ratio is None else f"{ratio:.2f}×"


def _number(milliseconds: float | None) -> str:
    return "–" if milliseconds is None else f"{milliseconds:,.{1 if milliseconds >= 10 else 3}f}"
