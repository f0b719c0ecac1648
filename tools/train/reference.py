"""Lays labelled recordings out for other tools: a folder of links for each set and label.

python -m tools.train.reference DATA OUT
soundalike model calibrate vggish-small OUT/* --same DATA/music --out models/cards/vggish-small.toml
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from models.tags import read_tags
from tools.train.sources import Recording, list_recordings

SETS: Final = {"esc10": "kinds of sound", "philharmonia": "instruments", "music": "music"}
"""What the folders are called, by the kind of their recordings."""

SOUNDTRACKS: Final = ("LinCity-NG", "Neverball", "Open Surge", "OpenHV", "Shattered Pixel Dungeon")
"""Music that took part in training, though nobody told the model what it is. The songs that did
not are too few to be a catalogue."""

GENRES: Final = {
    "rock": "rock",
    "punk": "rock",
    "pop": "pop",
    "hip": "hip-hop",
    "folk": "folk",
    "classical": "classical",
    "electronic": "electronic",
    "reggae": "reggae",
    "metal": "metal",
}
"""Genres by what their names hold: tags say them in many ways."""

_JAMENDO: Final = Path("music", "Jamendo", "JamendoLyrics.csv")


def lay_out(data: Path, out: Path) -> dict[str, int]:
    """Link recordings into a folder for each set and label.

    The test side of kinds of sound and instruments; for music, songs of the test side by their
    genres and soundtracks by the game they are from.

    Parameters
    ----------
    data : Path
        See `tools.train.sources.list_recordings`. Songs get the genres of Jamendo's list, else
        those in their tags; one of several genres lies in the folder of each.
    out : Path
        The folder to make, or to make complete.

    Returns
    -------
    dict of str to int
        How many recordings each set has.
    """
    listed = _listed(data / _JAMENDO)
    counts = dict.fromkeys(SETS.values(), 0)
    for recording in list_recordings(data):
        labels = set(_labels(recording, listed))
        for label in labels:
            link = out / SETS[recording.kind] / label / recording.path.name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(recording.path.resolve())
        counts[SETS[recording.kind]] += bool(labels)
    return counts


def genres(names: tuple[str, ...]) -> Iterator[str]:
    """Yield the genres that names stand for; none where they are of no known genre."""
    for part, genre in GENRES.items():
        if any(part in name.casefold() for name in names):
            yield genre


def _labels(recording: Recording, listed: dict[str, str]) -> Iterator[str]:
    if recording.kind != "music":
        yield from [recording.label] if recording.test else []
    elif recording.label in SOUNDTRACKS:
        yield recording.label
    elif not recording.test:
        return
    elif recording.path.name in listed:
        yield from genres((listed[recording.path.name],))
    else:
        yield from genres(read_tags(recording.path).labels)


def _listed(listing: Path) -> dict[str, str]:
    """Read the genres of Jamendo's songs by the names of their files."""
    if not listing.is_file():
        return {}
    with listing.open(encoding="utf-8", newline="") as file:
        return {row["Filepath"]: row["Genre"] for row in csv.DictReader(file)}


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
def main(data: Path, out: Path) -> None:
    """Lay recordings of DATA out in OUT, a folder of links for each set and label."""
    for name, count in lay_out(data, out).items():
        click.echo(f"{count:4} recordings in {out / name}")


if __name__ == "__main__":
    main()
