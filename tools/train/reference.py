"""Lays out what a model is calibrated on: recordings that no bundled model was trained on.

python -m tools.train.reference DATA OUT
soundalike model calibrate vggish-small OUT/instruments OUT/songs OUT/genres --same OUT/music
    --out models/cards/vggish-small.toml
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import click
import soundfile

from models.tags import read_tags
from tools.train.sources import Recording, list_recordings

SOUNDS, INSTRUMENTS = "kinds of sound", "instruments"
SONGS, GENRES, MUSIC = "songs", "genres", "music"
SETS: Final = (INSTRUMENTS, SONGS, GENRES, MUSIC, SOUNDS)
"""The folders that are laid out; the last one is no music, for those who ask for other sounds."""

PIECES: Final = 6
"""Of every song, spread over it."""

PIECE_SECONDS: Final = 9.7
"""A window and a little: resampling can take a few samples away."""

NAMES: Final = {
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
_FOLDERS: Final = {"esc10": SOUNDS, "philharmonia": INSTRUMENTS}


def lay_out(data: Path, out: Path) -> dict[str, int]:
    """Put the recordings of the test side into a folder for each set and label.

    - ``instruments`` and ``kinds of sound``: links, by what is heard.
    - ``songs``: six pieces of every song, by the song they were cut from and its artist.
    - ``genres``: links to the songs whose genre is known.
    - ``music``: links to all the songs, to tell what is one and the same.

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
    counts = dict.fromkeys(SETS, 0)
    for recording in list_recordings(data):
        if not recording.test:
            continue
        for name, labels in _places(recording, listed):
            for label in labels:
                _link(recording.path, out / name / label)
            counts[name] += bool(labels)
        if recording.kind == "music":
            artist = read_tags(recording.path).artist.replace("/", " ") or recording.path.stem
            _cut(recording.path, out / SONGS / recording.path.stem / artist)
            counts[SONGS] += 1
    return counts


def genres(names: Sequence[str]) -> Iterator[str]:
    """Yield the genres that names stand for; none where they are of no known genre."""
    for part, genre in NAMES.items():
        if any(part in name.casefold() for name in names):
            yield genre


def _places(recording: Recording, listed: dict[str, str]) -> Iterator[tuple[str, set[str]]]:
    """Yield sets, and the labels a recording has there."""
    if recording.kind != "music":
        yield _FOLDERS[recording.kind], {recording.label}
        return
    said = listed.get(recording.path.name)
    yield GENRES, set(genres((said,) if said else read_tags(recording.path).labels))
    yield MUSIC, {recording.label}


def _link(path: Path, folder: Path) -> None:
    link = folder / path.name
    folder.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(path.resolve())


def _cut(path: Path, folder: Path) -> None:
    """Write pieces of a song; of a short one they overlap."""
    folder.mkdir(parents=True, exist_ok=True)
    with soundfile.SoundFile(path) as file:
        rate = file.samplerate
        length = min(round(PIECE_SECONDS * rate), file.frames)
        for piece in range(PIECES):
            file.seek(int((file.frames - length) * (piece + 0.5) / PIECES))
            soundfile.write(folder / f"{piece + 1}.flac", file.read(length), rate)


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
    """Lay recordings of DATA out in OUT: a folder for each set, with one for each label."""
    for name, count in lay_out(data, out).items():
        click.echo(f"{count:4} recordings in {out / name}")


if __name__ == "__main__":
    main()
