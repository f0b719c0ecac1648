"""Tables of what models take of the machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from tools.bench.measure import Grid
from tools.bench.memory import Memory

_MB = 1_000_000


class Taken(NamedTuple):
    """A model that was measured."""

    what: str
    memory: Memory
    note: str = ""


@dataclass(frozen=True, slots=True)
class MemoryReport:
    """What worker processes take; sizes are shown in millions of bytes."""

    title: str
    rows: Sequence[Taken]

    def grid(self) -> Grid:
        """Render it as texts."""
        headings = ("load s", "before MB", "RSS MB", "PSS MB", "peak MB", "growth MB")
        return Grid(self.title, headings, [_cells(row) for row in self.rows])

    def as_json(self) -> dict[str, Any]:
        """Render it as plain JSON values, sizes in bytes."""
        rows = [{"what": row.what, **asdict(row.memory), "note": row.note} for row in self.rows]
        return {"title": self.title, "rows": rows}


def _cells(row: Taken) -> Sequence[str]:
    memory = row.memory
    sizes = (memory.before, memory.rss, memory.pss, memory.peak, memory.growth)
    shown = ("–" if size is None else f"{size / _MB:,.0f}" for size in sizes)
    return row.what, f"{memory.load_seconds:.2f}", *shown, row.note
