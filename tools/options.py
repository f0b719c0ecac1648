"""The options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from models.types import Only, SearchOptions

as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print the answer as JSON, for programs."
)
index = click.option(
    "--index",
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The index to ask; SOUNDALIKE_INDEX, or indexes/main in the data directory, without it.",
)
store = click.option(
    "--store",
    metavar="ADDRESS",
    help="The PostgreSQL database to ask instead, postgresql://…; SOUNDALIKE_STORE without it.",
)
model = click.option(
    "--model", metavar="NAME", help="The model that listens; SOUNDALIKE_MODEL without it."
)
out = click.option(
    "--out",
    "--index",
    "out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where the index lies; SOUNDALIKE_INDEX, or indexes/main in the data directory, "
    "without it.",
)
keep = click.option(
    "--keep",
    metavar="N",
    type=click.IntRange(min=1),
    help="Older generations to keep, for `soundalike index rollback`; SOUNDALIKE_KEEP without it.",
)
jobs = click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(min=1),
    help="Processes that listen at once; one for every core without it.",
)


def directory(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the index as an argument that may be left out, or as `--index`, as `ask` has it."""

    @click.argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
    @click.option(
        "--index", "named", metavar="DIR", type=click.Path(path_type=Path), help="The same as DIR."
    )
    @wraps(command)
    def wrapped(directory: Path | None, named: Path | None, **others: Any) -> Any:
        if directory and named:
            raise click.UsageError("Name the index once: DIR and --index are the same.")
        return command(directory=directory or named, **others)

    return wrapped


def search(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say how an answer is cut; a command gets `SearchOptions` as `cut`."""

    @click.option(
        "-n",
        "--count",
        type=click.IntRange(1, 1000),
        default=10,
        show_default=True,
        help="How many tracks to show.",
    )
    @click.option(
        "--genre",
        "--label",
        "labels",
        multiple=True,
        metavar="NAME",
        help="Only tracks of this genre, or with this label of a data set; may be repeated.",
    )
    @click.option(
        "--artist",
        "artists",
        multiple=True,
        metavar="NAME",
        help="Only tracks by this artist; may be repeated.",
    )
    @click.option(
        "--source",
        "sources",
        multiple=True,
        metavar="NAME",
        help="Only tracks that came from here: folder, or an importer's name such as audioset.",
    )
    @wraps(command)
    def wrapped(
        count: int,
        labels: tuple[str, ...],
        artists: tuple[str, ...],
        sources: tuple[str, ...],
        **others: Any,
    ) -> None:
        command(cut=SearchOptions(count, only=Only(labels, artists, sources)), **others)

    return wrapped
