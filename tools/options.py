"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

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
model = click.option(
    "--model", metavar="NAME", help="The model that listens; SOUNDALIKE_MODEL without it."
)
jobs = click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(min=1),
    help="Processes that listen at once; one for every core without it.",
)
