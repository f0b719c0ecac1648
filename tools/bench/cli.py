"""`soundalike bench`: times the main job and its parts, beside their peers."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from bot.settings import Settings
from models.pool import cores
from models.runtime import Runtime
from tools import options
from tools.bench import decode, end_to_end, model, search
from tools.bench.effort import FULL, USUAL, Effort
from tools.bench.measure import Shown
from tools.compose import runtime_of
from tools.markdown import replace_part
from tools.screen import Screen
from tools.settings import read_settings

PARTS: dict[str, Callable[[Settings, Runtime, Effort], Iterator[Shown]]] = {
    "decode": lambda _settings, runtime, _effort: decode.reports(runtime.card.sample_rate),
    "model": lambda _settings, runtime, effort: model.reports(runtime, effort),
    "search": lambda _settings, runtime, _effort: search.reports(runtime.stamp),
    "end-to-end": end_to_end.reports,
}


@click.command(
    "bench",
    epilog="""\b
Example:
  soundalike bench
  soundalike bench model --full
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
    help="Write the tables into this page too, between <!-- speed --> and <!-- end of speed -->.",
)
@options.as_json
def command(
    part: str | None, model: str | None, full: bool, page: Path | None, as_json: bool
) -> None:
    """Time the main job and its parts on this machine, beside their peers.

    PART is one of them; all are timed where it is left out. A ratio says how many times as long as
    the first row of its table something took. A peer that is missing is a row that says so;
    `.venv/bin/pip install -e '.[bench]'` brings those of the model.
    """
    screen = Screen(as_json=as_json)
    settings = read_settings()
    runtime = runtime_of(settings, model, note=screen.note)
    measured: dict[str, list[dict[str, Any]]] = {}
    shown: list[str] = []
    for name in [part] if part else PARTS:
        for report in PARTS[name](settings, runtime, FULL if full else USUAL):
            grid = report.grid()
            screen.show(*grid.lines())
            shown.append(grid.markdown())
            measured.setdefault(name, []).append(report.as_json())
    machine = f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    if page is not None:
        replace_part(page, "speed", "\n\n".join([f"On {cores()} cores of {machine}.", *shown]))
    screen.answer({"machine": machine, "reports": measured})
