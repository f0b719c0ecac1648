"""`soundalike bench`: times the main job and its parts, beside their peers."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from bot.settings import Settings
from models.pool import cores
from models.ready import Note
from models.runtime import Runtime
from tools import options
from tools.bench import decode, end_to_end, model, search
from tools.bench.effort import FULL, USUAL, Effort
from tools.bench.measure import Shown
from tools.compose import runtime_of
from tools.markdown import replace_part
from tools.screen import Screen
from tools.settings import read_settings


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is measured, and how thoroughly."""

    settings: Settings
    runtime: Runtime
    effort: Effort
    sought: search.Sought
    note: Note


PARTS: dict[str, Callable[[_Asked], Iterator[Shown]]] = {
    "decode": lambda asked: decode.reports(asked.runtime.card.sample_rate),
    "model": lambda asked: model.reports(asked.runtime, asked.effort),
    "search": lambda asked: search.reports(asked.runtime.stamp, asked.sought, asked.note),
    "end-to-end": lambda asked: end_to_end.reports(asked.settings, asked.runtime, asked.effort),
}


@click.command(
    "bench",
    epilog="""\b
Example:
  soundalike bench
  soundalike bench model --full
  soundalike bench search --index ./audioset --million --keep ./graphs
  soundalike bench end-to-end --json""",
)
@click.argument("part", required=False, type=click.Choice(list(PARTS)))
@options.model
@click.option("--full", is_flag=True, help="Time VGGish longer, and watch its memory longer.")
@click.option(
    "--markdown",
    "page",
    metavar="PAGE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the tables into this page too, between <!-- speed --> and <!-- end of speed -->; "
    "those of search alone between <!-- search --> and its end, or <!-- million --> and its end.",
)
@click.option(
    "--index",
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Search the windows of this index rather than made-up ones.",
)
@click.option(
    "--million", is_flag=True, help="Search a million windows around those; takes an hour."
)
@click.option(
    "--keep",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help="Leave what is built to search here, and use again what lies there.",
)
@options.as_json
def command(  # noqa: PLR0913 - one for each option
    *,
    part: str | None,
    model: str | None,
    full: bool,
    page: Path | None,
    directory: Path | None,
    million: bool,
    keep: Path | None,
    as_json: bool,
) -> None:
    """Time the main job and its parts on this machine, beside their peers.

    PART is one of them; all are timed where it is left out. Search takes
    about four minutes, the others less. A ratio says how many times as long as
    the first row of its table something took. A peer that is missing is a row that says so;
    `.venv/bin/pip install -e '.[bench]'` brings them.
    """
    screen = Screen(as_json=as_json)
    settings = read_settings()
    runtime = runtime_of(settings, model, note=screen.note)
    sought = search.Sought(directory, million, keep)
    asked = _Asked(settings, runtime, FULL if full else USUAL, sought, screen.note)
    measured: dict[str, list[dict[str, Any]]] = {}
    shown: list[str] = []
    for name in [part] if part else PARTS:
        screen.note(f"Timing {name} …")
        for report in PARTS[name](asked):
            grid = report.grid()
            screen.show(*grid.lines())
            shown.append(grid.markdown())
            measured.setdefault(name, []).append(report.as_json())
    machine = f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    if page is not None:
        text = "\n\n".join([f"On {cores()} cores of {machine}.", *shown])
        replace_part(page, _mark(part, million=million), text)
    screen.answer({"machine": machine, "reports": measured})


def _mark(part: str | None, *, million: bool) -> str:
    """Return what part of a page these tables are."""
    if part != "search":
        return "speed"
    return "million" if million else "search"
