"""`soundalike index youtube8m`: an index of the sound of YouTube-8M's videos."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote

import click
import numpy as np

from index.left_out import LeftOut
from index.origin import Origin
from models.types import EmbeddedTrack, ModelStamp, Track, Windows
from tools import options
from tools.importers.command import run_import
from tools.importers.job import Entry, Unwanted
from tools.screen import Screen
from tools.vocabulary import Choice, Vocabulary, choose
from tools.youtube8m import DIM, Video, read_videos, read_vocabulary

ORIGIN: Final = Origin(
    ModelStamp("youtube8m-audio", "1", "youtube8m-audio", DIM, sha512="", precision="fp32"),
    window_seconds=360.0,
    hop_seconds=360.0,
)
"""Kin of VGGish's embeddings that nobody has been able to make again from the same sound.

So they are a space of their own, and no clip can ask for them. A vector is the mean over the first
six minutes of a video.
"""

_YOUTUBE_ID: Final = re.compile(r"[\w-]{11}", re.ASCII)
_PATH = click.Path(path_type=Path)


@click.command(
    "youtube8m",
    epilog="""\b
Example:
  soundalike index youtube8m train*.tfrecord --labels vocabulary.csv --out ./youtube8m
  soundalike index youtube8m train*.tfrecord --labels vocabulary.csv \\
      --include Guitar --out ./guitars""",
)
@click.argument("files", metavar="FILE.tfrecord...", nargs=-1, required=True, type=_PATH)
@click.option("--labels", metavar="CSV", type=_PATH, help="vocabulary.csv: what labels are called.")
@click.option(
    "--include",
    metavar="LABEL",
    multiple=True,
    help="Take only videos with this label; give it again for more labels.",
)
@click.option("--exclude", metavar="LABEL", multiple=True, help="Take no video with this label.")
@click.option("--out", metavar="DIR", required=True, type=_PATH, help="Where the index lies.")
@options.keep
@options.as_json
def command(
    *,
    files: tuple[Path, ...],
    labels: Path | None,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    out: Path,
    keep: int | None,
    as_json: bool,
) -> int:
    """Make an index of the sound of YouTube-8M, from its video-level records.

    A video becomes a track of one vector, the mean of its sound. Only tracks of the index can ask
    it (track:ID): its vectors cannot be compared with those of a model that listens here. Damaged
    records are passed over and counted. Run it again to choose anew, to add more files, or after an
    interrupt to carry on.
    """
    screen = Screen(as_json=as_json)
    vocabulary = read_vocabulary(labels) if labels else Vocabulary({}, {})
    choice = choose(vocabulary, include, exclude)
    damaged: list[LeftOut] = []
    entries = _read(files, choice, vocabulary, screen, damaged)
    return run_import(entries, out, ORIGIN, noun="video", keep=keep, screen=screen, damaged=damaged)


def _read(
    files: Sequence[Path],
    choice: Choice,
    vocabulary: Vocabulary,
    screen: Screen,
    damaged: list[LeftOut],
) -> Iterator[Entry | Unwanted]:
    with screen.progress("Reading", len(files)) as step:
        for number, path in enumerate(files, 1):

            def pass_over(at: int, why: str, path: Path = path) -> None:
                damaged.append(LeftOut(f"{path}, byte {at:,}", f"{why[0].upper()}{why[1:]}."))

            for video in read_videos(path, pass_over):
                yield _entry(video, choice, vocabulary)
            step(number, path.name)


def _entry(video: Video, choice: Choice, vocabulary: Vocabulary) -> Entry | Unwanted:
    # Where YouTube-8M tells which video it is, for as long as that is public.
    source = f"http://data.yt8m.org/2/j/i/{quote(video.name[:2])}/{quote(video.name)}.js"
    if not choice.takes(video.labels):
        return Unwanted(source)
    track = _track(video, vocabulary)
    return Entry(
        source, video.audio.tobytes(), track, partial(_embedded, track, video), _problem(video)
    )


def _track(video: Video, vocabulary: Vocabulary) -> Track:
    names = vocabulary.names(video.labels)
    known = _YOUTUBE_ID.fullmatch(video.name)
    return Track(
        id=video.name,
        title=" · ".join(names) or f"video {video.name}",
        labels=names,
        url=f"https://www.youtube.com/watch?v={video.name}" if known else "",
        source="youtube8m",
    )


def _problem(video: Video) -> str:
    if not video.name:
        return "It has no name."
    if video.audio.shape != (DIM,):
        return "It has no mean_audio of 128 numbers: only video-level records with sound are read."
    if not np.isfinite(video.audio).all() or not video.audio.any():
        return "Its mean_audio says nothing."
    return ""


def _embedded(track: Track, video: Video) -> EmbeddedTrack:
    # The whitening has centred them, on the mean of all videos.
    vector = video.audio.astype(np.float64)
    vector /= np.linalg.norm(vector)
    return EmbeddedTrack(
        track, Windows(vector[np.newaxis].astype(np.float32), np.zeros(1, np.float32))
    )


if __name__ == "__main__":
    from tools.cli import main_of

    main_of(command)
