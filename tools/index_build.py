"""`soundalike index build`, `add` and `update`: the three that listen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from bot.settings import Settings
from index.opened import open_index
from index.places import Places
from index.verify import describe_index
from models.types import CatalogueError
from tools import options
from tools.build import BuildOptions, NothingHeardError, build_index
from tools.built import built_as_json, show_built
from tools.cli import DONE, NOT_DONE, PARTLY
from tools.compose import runtime_of
from tools.left_out import left_out_as_json, left_out_lines
from tools.screen import Screen, counted, report
from tools.settings import read_settings
from tools.sources.gather import is_called_table
from tools.stop import carrying_on

_sources = click.argument(
    "sources", metavar="SOURCE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
_dask = click.option(
    "--dask",
    metavar="ADDRESS",
    help="Let the workers of a dask cluster listen: the address of its scheduler, such as "
    "tcp://scheduler:8786. Each has Soundalike and the model, and sees the SOURCE under the same "
    "path; what it does not see is sent to it.",
)
_retry = click.option("--retry", is_flag=True, help="Try again what was left out before.")
_drop_empty = click.option(
    "--drop-empty",
    is_flag=True,
    help="Drop the tracks of a SOURCE that holds no audio any more; without it the build stops.",
)


@click.command(
    "build",
    epilog="""\b
Example:
  soundalike index build ~/Music
  soundalike index build ~/Music /media/records --out ./records --jobs 2
  soundalike index build records.csv
  soundalike index build SpotifyFeatures.csv ~/previews
  soundalike index build /media/records --dask tcp://scheduler:8786""",
)
@_sources
@options.out
@options.model
@options.jobs
@_dask
@_retry
@_drop_empty
@options.keep
@options.as_json
def build(
    sources: tuple[Path, ...],
    out: Path | None,
    model: str | None,
    as_json: bool,
    **wishes: Any,
) -> int:
    """Make an index of all audio in folders and below, and of what lists name.

    Each SOURCE is a folder of audio, one file, or a list: CSV or JSON lines with a column `path` or
    `url`, and `title`, `artist`, `album`, `genre` and `link` where they are known. What a list says
    counts more than tags. Folders of GTZAN and of the Free Music Archive are known by their layout,
    and SpotifyFeatures.csv is joined to files that bear its ids.

    Run it again after changes: what is known is not heard again, what is gone from a SOURCE is
    dropped, tracks of other folders are kept (a build with another model stops, rather than forget
    them). What a list names no longer stays until you remove it. A SOURCE that holds no audio at
    all any more, such as a disk that is not mounted, stops the build. It can be interrupted at any
    time, and the same command carries on. A bot that runs goes on answering from the old index
    until the new one is ready.
    """
    settings = read_settings()
    screen = Screen(as_json=as_json)
    directory = out or settings.index
    return _build(sources, directory, model, settings, screen, _wished(settings, wishes))


@click.command(
    "add",
    epilog="""\b
Example:
  soundalike index add ~/Downloads/album
  soundalike index add song.flac --out ./records""",
)
@_sources
@options.out
@options.jobs
@_dask
@_retry
@options.keep
@options.as_json
def add(sources: tuple[Path, ...], out: Path | None, as_json: bool, **wishes: Any) -> int:
    """Add folders of audio, or single files, to an index that is there.

    Nothing is dropped, and the model is the one the index was made with. From then on each SOURCE
    is one of those that `update` looks through. Tracks that were removed come back.
    """
    settings = read_settings()
    screen = Screen(as_json=as_json)
    directory = out or settings.index
    model = describe_index(directory).stamp.model
    wished = replace(_wished(settings, wishes), adding=True, changing=True)
    return _build(sources, directory, model, settings, screen, wished)


@click.command(
    "update",
    epilog="""\b
Example:
  soundalike index update
  soundalike index update --out ./records""",
)
@options.out
@options.jobs
@_dask
@_retry
@_drop_empty
@options.keep
@options.as_json
def update(out: Path | None, as_json: bool, **wishes: Any) -> int:
    """Look through all the folders again that an index was built from.

    New audio is heard, what is gone is dropped; what was renamed or retagged is not heard again.
    It stops where a folder or a list is gone altogether, such as a disk that is not mounted.
    """
    settings = read_settings()
    screen = Screen(as_json=as_json)
    directory = out or settings.index
    found = describe_index(directory)
    if not found.sources:
        raise CatalogueError(
            f"The index in {directory} does not say what it was built from.",
            f"Name its folders once, with `soundalike index build FOLDER... --out {directory}`; "
            "a data set is brought up to date by importing it again.",
        )
    wished = replace(_wished(settings, wishes), changing=True)
    there = [source for source in map(Path, found.sources) if source.exists()]
    lost = [source for source in map(Path, found.sources) if source not in there]
    if not wished.drop_empty:
        _refuse_lost(directory, lost)
    return _build(there, directory, found.stamp.model, settings, screen, wished, lost)


def _build(
    sources: Sequence[Path],
    directory: Path,
    model: str | None,
    settings: Settings,
    screen: Screen,
    wished: BuildOptions,
    lost: Sequence[Path] = (),
) -> int:
    runtime = runtime_of(settings, model, note=screen.note)
    try:
        with carrying_on():
            built = build_index(
                sources, directory, runtime, screen=screen, options=wished, lost=lost
            )
    except NothingHeardError as error:
        screen.show(*left_out_lines("Left out", error.left_out))
        more = {"left_out": left_out_as_json(error.left_out)}
        report(error, as_json=screen.as_json, more=more)
        return NOT_DONE
    show_built(built, directory, screen)
    screen.answer(built_as_json(built, directory))
    return PARTLY if built.left_out else DONE


def _wished(settings: Settings, wishes: dict[str, Any]) -> BuildOptions:
    if wishes["dask"] and wishes["jobs"]:
        raise click.UsageError("--jobs is for this machine; a worker of --dask has --nthreads.")
    keep = wishes.pop("keep") or settings.keep
    return BuildOptions(**wishes, keep=keep)


def _refuse_lost(directory: Path, lost: Sequence[Path]) -> None:
    """Stop before a disk that is not mounted takes its tracks out of the index.

    A single file that is gone from a folder which is there was deleted, and is no such disk.
    """
    missing = [source for source in lost if not source.parent.is_dir()]
    if not lost:
        return
    with open_index(directory) as index:
        paths = [path for path, _ in index.files()]
    for source in lost:
        held = [path for path in paths if path in Places([source])]
        if not held and is_called_table(source):
            raise CatalogueError(
                f"{source} is not there any more, and the index was built from what it lists.",
                "If its disk is not mounted, mount it and run the same command; if the list is "
                "gone for good, add --drop-empty: its tracks stay until they are removed.",
            )
        if held and (source in missing or held != [str(source)]):
            raise CatalogueError(
                f"{source} is not there any more, and the index has "
                f"{counted(len(held), 'file')} from there.",
                "If its disk is not mounted, mount it and run the same command; "
                "if the music is gone for good, add --drop-empty.",
            )
