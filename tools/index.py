"""`soundalike index`: build an index of folders of audio, change it, describe it, verify it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
from rich.text import Text

from bot.times import clock
from index.damage import REBUILD
from index.verify import IndexInfo, describe_index, verify_index
from tools import options
from tools.cli import DONE, NOT_DONE
from tools.importers import audioset, youtube8m
from tools.index_build import add, build, update
from tools.index_upkeep import compact, remove, rollback
from tools.screen import Screen, counted, printable
from tools.settings import read_settings


@click.group("index")
def command() -> None:
    """Build an index of your music, change it, describe it or verify it."""


for one in (build, add, update, remove, compact, rollback, audioset.command, youtube8m.command):
    command.add_command(one)


@command.command(
    "info",
    epilog="""\b
Example:
  soundalike index info
  soundalike index info ./records --json""",
)
@options.directory
@options.as_json
def info(directory: Path | None, as_json: bool) -> None:
    """Describe an index: its tracks, its model, its size.

    DIR is SOUNDALIKE_INDEX, or indexes/main in the data directory, where it is left out.
    """
    screen = Screen(as_json=as_json)
    found = describe_index(directory or read_settings().index)
    rows = {
        "index": str(found.directory),
        "tracks": f"{found.tracks:,}, {clock(found.seconds)} of audio",
        "windows": f"{found.windows:,} of {found.window_seconds:g} s, "
        f"one every {found.hop_seconds:g} s, in {counted(found.segments, 'piece')}",
        "sources": ", ".join(found.sources) or "not noted",
        "left out": counted(found.left_out, "file") if found.left_out else "nothing",
        "model": f"{found.stamp.model} {found.stamp.version} ({found.stamp.space}, "
        f"{found.stamp.dim} numbers a window)",
        "precision": _precisions(found),
        "generation": f"{found.generation}, published {found.created}",
        "size": f"{found.size / 1e6:,.1f} MB",
    }
    rows |= {
        f"kept {place}": f"{one.name}, published {one.created}, {counted(one.tracks, 'track')}"
        for place, one in enumerate((one for one in reversed(found.generations) if not one.live), 1)
    }
    # Not a table, which would break the path.
    for name, value in rows.items():
        screen.show(Text.assemble((f"{name:12}", "dim"), printable(value)))
    screen.answer({**asdict(found), "directory": str(found.directory)})


@command.command(
    "verify",
    epilog="""\b
Example:
  soundalike index verify ./records""",
)
@options.directory
@options.as_json
def verify(directory: Path | None, as_json: bool) -> int:
    """Read every byte of an index and check that it is what was published.

    DIR is SOUNDALIKE_INDEX, or indexes/main in the data directory, where it is left out.
    """
    screen = Screen(as_json=as_json)
    place = directory or read_settings().index
    problems = verify_index(place)
    for problem in problems:
        screen.show(Text(f"✗ {printable(problem)}", "red"))
    if problems:
        screen.show(REBUILD)
    else:
        screen.show(f"✓ The index in {place} is sound.")
    screen.answer({"directory": str(place), "problems": problems})
    return NOT_DONE if problems else DONE


def _precisions(found: IndexInfo) -> str:
    """Name the files of the model that made the vectors, the latest first."""
    names = dict.fromkeys(stamp.precision for stamp in (found.stamp, *found.others))
    return " and ".join(filter(None, names)) or "not noted"


if __name__ == "__main__":
    from tools.cli import main_of

    main_of(command)
