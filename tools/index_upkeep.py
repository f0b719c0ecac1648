"""`soundalike index remove`, `compact` and `rollback`: changes that need no listening."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from index import upkeep
from index.opened import Index, open_index
from index.places import Places
from models.types import CatalogueError
from tools import options
from tools.screen import Screen, counted, printable
from tools.settings import read_settings
from tools.walk import plain_path


@click.command(
    "remove",
    epilog="""\b
Example:
  soundalike index remove track:0123456789abcdef0123
  soundalike index remove ~/Music/podcasts ~/Music/silence.mp3 --out ./records""",
)
@click.argument("names", metavar="TRACK|PATH...", nargs=-1, required=True)
@options.out
@options.keep
@options.as_json
def remove(names: tuple[str, ...], out: Path | None, keep: int | None, as_json: bool) -> None:
    """Take tracks out of an index.

    A TRACK is an id, or how it begins, with or without `track:` before it; a PATH is a file, or a
    folder with all below it. Files are left alone. What is taken out stays out, under any name,
    until `index add` names it again; a folder the index was built from is forgotten altogether.
    """
    settings = read_settings()
    screen = Screen(as_json=as_json)
    directory = out or settings.index
    with open_index(directory) as index:
        tracks, places = _meant(names, index)
    with screen.progress("Publishing") as step:
        edited = upkeep.remove_tracks(
            directory,
            tracks,
            places,
            keep=keep or settings.keep,
            progress=lambda done, total: step(done, "windows", total),
        )
    gone = edited.before.tracks - edited.manifest.tracks
    left = f"{counted(edited.manifest.tracks, 'track')} left in {printable(str(directory))}"
    screen.show(f"{counted(gone, 'track')} removed, {left}.")
    screen.answer({**_as_json(directory, edited), "removed": gone})


@click.command(
    "compact",
    epilog="""\b
Example:
  soundalike index compact
  soundalike index compact ./records""",
)
@options.directory
@options.keep
@options.as_json
def compact(directory: Path | None, keep: int | None, as_json: bool) -> None:
    """Write an index again in one piece.

    Small changes are kept beside what they change, and merged by themselves once they come to a
    quarter of it. This merges them now: it makes the index a little smaller and quicker.
    DIR is SOUNDALIKE_INDEX, or indexes/main in the data directory, where it is left out.
    """
    settings = read_settings()
    screen = Screen(as_json=as_json)
    place = directory or settings.index
    with screen.progress("Writing anew") as step:
        edited = upkeep.compact(
            place,
            keep=keep or settings.keep,
            progress=lambda done, total: step(done, "windows", total),
        )
    before, after = (edited.before.size, edited.manifest.size)
    pieces = counted(len(edited.before.segments), "piece")
    screen.show(
        f"The index in {printable(str(place))} was of {pieces}, {before / 1e6:,.1f} MB; "
        f"now it is of one, {after / 1e6:,.1f} MB."
        if edited.manifest is not edited.before
        else f"The index in {printable(str(place))} is of one piece already."
    )
    screen.answer({**_as_json(place, edited), "bytes_before": before, "bytes": after})


@click.command(
    "rollback",
    epilog="""\b
Example:
  soundalike index rollback
  soundalike index rollback ./records --to generation-000007""",
)
@options.directory
@click.option(
    "--to",
    metavar="GENERATION",
    default="",
    help="The generation to go back to, or forth; the one before without it. "
    "`soundalike index info` lists them.",
)
@options.as_json
def rollback(directory: Path | None, to: str, as_json: bool) -> None:
    """Go back to an index as it was before a change.

    A bot that runs takes it up by itself. Files that were added since are heard again by the next
    build. DIR is SOUNDALIKE_INDEX, or indexes/main in the data directory, where it is left out.
    """
    screen = Screen(as_json=as_json)
    place = directory or read_settings().index
    name, manifest = upkeep.roll_back(place, to)
    tracks = counted(manifest.tracks, "track")
    screen.show(f"{name} of {manifest.created}, with {tracks}, is the live one now.")
    screen.answer(
        {
            "index": str(place),
            "generation": name,
            "created": manifest.created,
            "tracks": manifest.tracks,
            "windows": manifest.windows,
        }
    )


def _meant(names: Sequence[str], index: Index) -> tuple[list[str], list[Path]]:
    """Return the tracks and the places that are meant.

    Raises
    ------
    CatalogueError
        One of them is neither.
    """
    paths = [*index.manifest.sources, *(path for path, _ in index.files())]
    tracks, places = [], []
    for name in names:
        place = plain_path(Path(name))
        inside = Places([place])
        if not name.startswith("track:") and any(path in inside for path in paths):
            places.append(place)
        else:
            tracks.append(_find(name, index))
    return tracks, places


def _find(name: str, index: Index) -> str:
    try:
        return index.find(name.removeprefix("track:")).id
    except CatalogueError as error:
        if name.startswith("track:"):
            raise
        raise CatalogueError(
            f"The index has no file at “{name}”, nor a track of that id.", error.fix
        ) from error


def _as_json(directory: Path, edited: upkeep.Edited) -> dict[str, object]:
    return {
        "index": str(directory),
        "generation": edited.generation,
        "tracks": edited.manifest.tracks,
        "windows": edited.manifest.windows,
        "segments": len(edited.manifest.segments),
    }
