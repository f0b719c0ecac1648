"""`soundalike index remove`, `compact` and `rollback`: changes that need no listening."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import click

from index import upkeep
from index.generations import BUILDING
from index.journal_file import unfinished_files
from index.opened import Index, open_index
from index.places import Places
from models.tags import is_link
from models.types import CatalogueError
from tools import options
from tools.screen import Screen, counted, printable
from tools.settings import read_settings
from tools.sources.gather import is_called_table, is_table, named_by
from tools.walk import plain_path


@click.command(
    "remove",
    epilog="""\b
Example:
  soundalike index remove track:0123456789abcdef0123
  soundalike index remove ~/Music/podcasts ~/Music/silence.mp3 --out ./records
  soundalike index remove records.csv https://example.org/song.mp3""",
)
@click.argument("names", metavar="TRACK|PATH...", nargs=-1, required=True)
@options.out
@options.keep
@options.as_json
def remove(names: tuple[str, ...], out: Path | None, keep: int | None, as_json: bool) -> None:
    """Take tracks out of an index.

    A TRACK is an id, or how it begins, with or without `track:` before it; a PATH is a file, an
    address that a list named, or a folder with all below it that has no copy elsewhere. Files are
    left alone. What is taken out stays out, under any name, until `index add` names it again; a
    folder or a list that the index was built from is forgotten altogether, with what it named. So
    is what a build that was stopped had heard there.
    """
    settings = read_settings()
    screen = Screen(as_json=as_json)
    directory = out or settings.index
    with open_index(directory) as index:
        tracks, places = _meant(names, index, _unfinished(directory, index))
        listed = _listed(places, index)
    with screen.progress("Publishing") as step:
        edited = upkeep.remove_tracks(
            directory,
            tracks,
            places,
            listed=listed,
            keep=keep or settings.keep,
            progress=lambda done, total: step(done, total=total, unit="windows"),
        )
    gone = edited.before.tracks - edited.manifest.tracks
    left = f"{counted(edited.manifest.tracks, 'track')} left in {printable(str(directory))}"
    screen.show(f"{counted(gone, 'track')} removed, {left}.")
    if edited.spared:
        screen.show(
            f"{counted(edited.spared, 'track')} of those stay, as there are copies in other places."
        )
    if edited.unpublished:
        files = counted(edited.unpublished, "file")
        screen.show(f"What builds had noted of {files}, and not published, is forgotten.")
    fates = {"removed": gone, "spared": edited.spared, "unpublished": edited.unpublished}
    screen.answer({**_as_json(directory, edited), **fates})


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
            progress=lambda done, total: step(done, total=total, unit="windows"),
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


def _unfinished(directory: Path, index: Index) -> list[str]:
    """Return the files of an unfinished build that no update of the index would hear again."""
    sources = Places(index.manifest.sources)
    return [path for path in unfinished_files(directory / BUILDING) if path not in sources]


def _meant(
    names: Sequence[str], index: Index, unfinished: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Return the tracks and the places that are meant.

    Raises
    ------
    CatalogueError
        One of them is neither.
    """
    paths = [*index.manifest.sources, *(path for path, _ in index.files()), *unfinished]
    tracks, places = [], []
    for name in names:
        place = name if is_link(name) else str(plain_path(Path(name)))
        inside = Places([place])
        if not name.startswith("track:") and any(path in inside for path in paths):
            places.append(place)
        else:
            tracks.append(_find(name, index))
    return tracks, places


def _listed(places: Sequence[str], index: Index) -> list[Path | str]:
    """Return what the lists in these places name, but for what the index's other lists name too.

    Raises
    ------
    CatalogueError
        A list is not there any more, or cannot be read.
    """
    asked = Places(places)
    tables = [path for path in map(Path, index.manifest.sources) if is_called_table(path)]
    listed: list[Path | str] = []
    others: set[Path | str] = set()
    for table in tables:
        if str(table) in asked:
            listed += _named_by(table)
        elif is_table(table):
            with contextlib.suppress(CatalogueError):
                others.update(named_by(table))
    return [one for one in listed if one not in others]


def _named_by(table: Path) -> list[Path | str]:
    if not table.exists():
        raise CatalogueError(
            f"{table} is not there any more, and nothing else says what it listed.",
            "Bring it back and run the same command; or remove its tracks by their paths, and let "
            "`soundalike index update --drop-empty` forget the list.",
        )
    return named_by(table) if is_table(table) else []


def _find(name: str, index: Index) -> str:
    try:
        return index.find(name.removeprefix("track:")).id
    except CatalogueError as error:
        if name.startswith("track:"):
            raise
        raise CatalogueError(
            f"Nothing in the index comes from {name}, and no track has that id.",
            "`soundalike index info` lists its folders.",
        ) from error


def _as_json(directory: Path, edited: upkeep.Edited) -> dict[str, object]:
    return {
        "index": str(directory),
        "generation": edited.generation,
        "tracks": edited.manifest.tracks,
        "windows": edited.manifest.windows,
        "segments": len(edited.manifest.segments),
    }
