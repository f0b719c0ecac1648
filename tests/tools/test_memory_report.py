"""What a worker takes is shown in millions of bytes, and told to programs in bytes."""

from __future__ import annotations

from tools.bench.memory import Memory
from tools.bench.memory_report import MemoryReport, Taken

MB = 1_000_000
REPORT = MemoryReport(
    "Memory",
    [
        Taken("one", Memory(0.456, 100 * MB, 469_400_000, 286 * MB, 1_500 * MB, -2 * MB), "shared"),
        Taken("untold", Memory(0.1, MB, MB, None, MB, 0)),
    ],
)


def test_in_a_terminal() -> None:
    _, table = REPORT.grid().lines()
    cells = zip(*(column.cells for column in table.columns), strict=True)
    assert list(cells) == [
        ("one", "0.46", "100", "469", "286", "1,500", "-2", "shared"),
        ("untold", "0.10", "1", "1", "–", "1", "0", ""),
    ]


def test_as_json() -> None:
    first, second = REPORT.as_json()["rows"]
    assert (first["what"], first["rss"], first["growth"]) == ("one", 469_400_000, -2 * MB)
    assert second["pss"] is None
