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
from tools.imported import mending
from tools.importers import audioset, youtube8m
from tools.index_build import add, build, update
from tools.index_push import push
from tools.index_upkeep import compact, remove, rollback
from tools.screen import Screen, as_called, counted, printable
from tools.stores import read_store, settings_for

_PUSH_AGAIN = "Copy it again from its folder: `soundalike index push DIR --anew`."


@click.group("index")
def command() -> None:
    """Build an index of your music, change it, describe it or verify it."""


for one in (
    build,
    add,
    update,
    remove,
    compact,
    rollback,
    push,
    audioset.command,
    youtube8m.command,
):
    command.add_command(one)


@command.command(
    "info",
    epilog="""\b
Example:
  soundalike index info
  soundalike index info ./records --json""",
)
@options.directory
@options.store
@options.as_json
def info(directory: Path | None, store: str | None, as_json: bool) -> None:
    """Describe an index: its tracks, its model, its size.

    DIR is SOUNDALIKE_INDEX, or indexes/main in the data directory, where it is left out.
    """
    screen = Screen(as_json=as_json)
    settings = settings_for(directory, store)
    if settings.store:
        address = read_store(settings.store)
        from index.postgres.describe import describe_store  # noqa: PLC0415  (needs its extra)

        found = describe_store(address)
    else:
        found = describe_index(settings.index)
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
    if found.removed:
        back = as_called("`soundalike index add PATH` brings back what is named")
        rows["removed"] = f"{counted(found.removed, 'file')}; {back}"
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
@options.store
@options.as_json
def verify(directory: Path | None, store: str | None, as_json: bool) -> int:
    """Read every byte of an index and check that it is what was published.

    DIR is SOUNDALIKE_INDEX, or indexes/main in the data directory, where it is left out.
    """
    screen = Screen(as_json=as_json)
    settings = settings_for(directory, store)
    if settings.store:
        address = read_store(settings.store)
        from index.postgres.verify import verify_store  # noqa: PLC0415  (needs its extra)

        place, problems, fix = address.name, verify_store(address), _PUSH_AGAIN
    else:
        place, fix = str(settings.index), mending(REBUILD, settings.index)
        problems = verify_index(settings.index)
    for problem in problems:
        screen.show(Text(f"✗ {printable(problem)}", "red"))
    if problems:
        screen.show(fix)
    else:
        screen.show(f"✓ The index in {place} is sound.")
    screen.answer({"directory": place, "problems": problems})
    return NOT_DONE if problems else DONE


def _precisions(found: IndexInfo) -> str:
    """Name the files of the model that made the vectors, the latest first."""
    names = dict.fromkeys(stamp.precision for stamp in (found.stamp, *found.others))
    return " and ".join(filter(None, names)) or "not noted"


if __name__ == "__main__":
    from tools.cli import main_of

    main_of(command)
