"""`soundalike index`: build an index of folders of audio, describe it, verify it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from bot.times import clock
from index.verify import IndexInfo, describe_index, verify_index
from tools import options
from tools.build import Built, NothingHeardError, build_index
from tools.cli import DONE, NOT_DONE, PARTLY
from tools.compose import runtime_of
from tools.importers import audioset, youtube8m
from tools.left_out import left_out_as_json, left_out_lines
from tools.screen import Screen, counted, printable, report
from tools.settings import read_settings
from tools.stop import carrying_on

directory_argument = click.argument(
    "directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path)
)


@click.group("index")
def command() -> None:
    """Build an index of your music, describe it or verify it."""


@command.command(
    "build",
    epilog="""\b
Example:
  soundalike index build ~/Music
  soundalike index build ~/Music /media/records --out ./records --jobs 2""",
)
@click.argument(
    "sources", metavar="SOURCE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where the index lies; SOUNDALIKE_INDEX, or indexes/main in the data directory, "
    "without it.",
)
@options.model
@options.jobs
@click.option("--retry", is_flag=True, help="Try again what was left out before.")
@click.option(
    "--drop-empty",
    is_flag=True,
    help="Drop the tracks of a SOURCE that holds no audio any more; without it the build stops.",
)
@options.as_json
def build(
    sources: tuple[Path, ...],
    out: Path | None,
    model: str | None,
    jobs: int | None,
    retry: bool,
    drop_empty: bool,
    as_json: bool,
) -> int:
    """Make an index of all audio in folders and below.

    Each SOURCE is a folder of audio, or one file. Run it again after changes: what is known is not
    heard again, what is gone from a SOURCE is dropped, tracks of other folders are kept (a build
    with another model stops, rather than forget them). A SOURCE that holds no audio at all any
    more, such as a disk that is not mounted, stops the build. It can be interrupted at any time,
    and the same command carries on. A bot that runs goes on answering from the old index until the
    new one is ready.
    """
    settings = read_settings()
    screen = Screen(as_json=as_json)
    runtime = runtime_of(settings, model, note=screen.note)
    directory = out or settings.index
    try:
        with carrying_on():
            built = build_index(
                sources,
                directory,
                runtime,
                screen=screen,
                jobs=jobs,
                retry=retry,
                drop_empty=drop_empty,
            )
    except NothingHeardError as error:
        screen.show(*left_out_lines("Left out", error.left_out))
        report(error, as_json=as_json, more={"left_out": left_out_as_json(error.left_out)})
        return NOT_DONE
    _show(built, directory, screen)
    screen.answer(_as_json(built, directory))
    return PARTLY if built.left_out else DONE


@command.command(
    "info",
    epilog="""\b
Example:
  soundalike index info
  soundalike index info ./records --json""",
)
@directory_argument
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
@directory_argument
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
        screen.show("Build it again with `soundalike index build`, or restore it from a backup.")
    else:
        screen.show(f"✓ The index in {place} is sound.")
    screen.answer({"directory": str(place), "problems": problems})
    return NOT_DONE if problems else DONE


command.add_command(audioset.command)
command.add_command(youtube8m.command)


def _precisions(found: IndexInfo) -> str:
    """Name the files of the model that made the vectors, the latest first."""
    names = dict.fromkeys(stamp.precision for stamp in (found.stamp, *found.others))
    return " and ".join(filter(None, names)) or "not noted"


def _show(built: Built, directory: Path, screen: Screen) -> None:
    """Print what a build came to: what was left out and why first, the sum last."""
    screen.show(*left_out_lines("Left out", built.left_out))
    screen.show(*left_out_lines("In the index once", built.duplicates))
    parts = [f"{counted(built.heard, 'file')} heard ({clock(built.audio_seconds)} of audio)"]
    parts += [f"{built.kept:,} known before"] if built.kept else []
    parts += [f"{built.gone:,} gone"] if built.gone else []
    parts += [f"{len(built.left_out):,} left out"] if built.left_out else []
    parts += (
        [f"{counted(built.elsewhere, 'track')} of other folders kept"] if built.elsewhere else []
    )
    tracks = counted(built.manifest.tracks, "track")
    windows = counted(built.manifest.windows, "window")
    screen.show(
        Text(f"{', '.join(parts)}, in {clock(built.seconds)}."),
        Text(f"{tracks}, {windows} are in {printable(str(directory))}.", "bold"),
    )


def _as_json(built: Built, directory: Path) -> dict[str, Any]:
    return {
        "index": str(directory),
        "tracks": built.manifest.tracks,
        "windows": built.manifest.windows,
        "model": built.manifest.stamp.model,
        "heard": built.heard,
        "kept": built.kept,
        "gone": built.gone,
        "elsewhere": built.elsewhere,
        "audio_seconds": round(built.audio_seconds, 1),
        "seconds": round(built.seconds, 2),
        "left_out": left_out_as_json(built.left_out),
        "duplicates": left_out_as_json(built.duplicates),
    }


if __name__ == "__main__":
    from tools.cli import main_of

    main_of(command)
