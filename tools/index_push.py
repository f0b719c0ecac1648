"""`soundalike index push`: copies an index into PostgreSQL, for many bots to ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import click

from bot.settings import STORE
from models.types import SettingsError
from tools import options
from tools.screen import Screen, Steps, counted
from tools.settings import read_settings
from tools.stores import read_store


@click.command(
    "push",
    epilog="""\b
Example:
  soundalike index push --store postgresql://bot:secret@db.example.org/music
  soundalike index push ./records --keep 1""",
)
@options.directory
@click.option(
    "--store",
    metavar="ADDRESS",
    help="The PostgreSQL database to copy it to, postgresql://…; SOUNDALIKE_STORE without it.",
)
@click.option("--anew", is_flag=True, help="Copy it once more, even if the store holds it already.")
@options.keep
@options.as_json
def push(
    directory: Path | None, store: str | None, keep: int | None, *, anew: bool, as_json: bool
) -> None:
    """Copy an index into a PostgreSQL database with pgvector, and let it be asked there.

    Bots that ask that database take it up by themselves, within seconds. It can be interrupted at
    any time: run again, it goes on where it stopped, and bots are answered as before until it is
    done. Push again after every change of the index. DIR is SOUNDALIKE_INDEX, or indexes/main in
    the data directory, where it is left out.
    """
    settings = read_settings()
    screen = Screen(as_json=as_json)
    text = store or settings.store
    if not text:
        raise SettingsError(
            "There is no store to push to.",
            f"Name one with --store postgresql://USER@HOST/DATABASE, or set {STORE.name}.",
        )
    address = read_store(text)
    from index.postgres.push import push_index  # noqa: PLC0415  (needs the `postgres` extra)

    place = directory or settings.index
    with screen.progress("Copying and indexing") as step:
        pushed = push_index(
            place,
            address,
            keep=keep or settings.keep,
            anew=anew,
            copying=_shown(step, "tracks copied"),
            indexing=_shown(step, "windows indexed"),
        )
    whole = f"{counted(pushed.tracks, 'track')} of {place} in {address.name}"
    screen.show(
        f"{whole}, generation {pushed.generation}, {counted(pushed.copied, 'track')} copied."
    )
    screen.answer({"index": str(place), "store": address.name, **asdict(pushed)})


def _shown(step: Steps, unit: str) -> Callable[[int, int], None]:
    return lambda done, total: step(done, total=total, unit=unit)
