"""`soundalike index audioset`: an index of AudioSet's released embeddings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import click

from index.left_out import LeftOut
from models.cards import known_card
from tools import options
from tools.audioset.labels import music_of, read_vocabulary
from tools.audioset.records import Segment, read_segments
from tools.audioset.tracks import Pooling, SegmentReader, check_centring, link_to
from tools.importers.command import run_import
from tools.importers.job import Entry, Unwanted
from tools.install.naming import VGGISH_NAME
from tools.screen import Screen, Steps
from tools.settings import read_settings
from tools.vocabulary import Choice, choose

METRICS: Final = ("genre",)
"""Those that are shipped: the card of each is named after it, `vggish-genre`."""

_MEGABYTE = 1_000_000
_PATH = click.Path(path_type=Path)


@click.command(
    "audioset",
    epilog="""\b
Example:
  soundalike index audioset features.tar.gz --labels class_labels_indices.csv \\
      --ontology ontology.json --music-only --out ./audioset
  soundalike ask track:BWvKAcOV_co --index ./audioset
  soundalike index audioset features.tar.gz --labels class_labels_indices.csv \\
      --ontology ontology.json --music-only --metric genre --out ./genres""",
)
@click.argument("archives", metavar="FEATURES.tar.gz...", nargs=-1, required=True, type=_PATH)
@click.option(
    "--labels", metavar="CSV", required=True, type=_PATH, help="class_labels_indices.csv."
)
@click.option(
    "--ontology",
    metavar="JSON",
    type=_PATH,
    help="ontology.json: with it, a label stands for all that lies below it, too.",
)
@click.option("--music-only", is_flag=True, help="Take only music, by the ontology.")
@click.option(
    "--include",
    metavar="LABEL",
    multiple=True,
    help="Take only segments with this label, named by its name or its id such as /m/04rlf; "
    "give it again for more labels.",
)
@click.option(
    "--exclude", metavar="LABEL", multiple=True, help="Take no segment with this label; as above."
)
@click.option(
    "--pooling",
    type=click.Choice([pooling.value for pooling in Pooling]),
    default=Pooling.MEAN.value,
    show_default=True,
    help="mean: 128 numbers, and clips can ask with VGGish; concat: ten embeddings in a row, 1280 "
    "numbers, and only tracks of the index can ask.",
)
@click.option(
    "--metric",
    type=click.Choice(METRICS),
    help="Put a learnt metric over VGGish's windows; genre: what is of one genre comes nearer to "
    "each other, and clips can ask with the model vggish-genre.",
)
@click.option("--out", metavar="DIR", required=True, type=_PATH, help="Where the index lies.")
@options.keep
@options.as_json
def command(  # noqa: PLR0913 - one for each option
    *,
    archives: tuple[Path, ...],
    labels: Path,
    ontology: Path | None,
    music_only: bool,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    pooling: str,
    metric: str | None,
    out: Path,
    keep: int | None,
    as_json: bool,
) -> int:
    """Make an index of the embeddings that AudioSet was released with.

    Each FEATURES.tar.gz is read as it was downloaded; never unpack it. A segment of a video becomes
    a track, which links to the second where it begins. Damaged records are passed over and counted.
    Run it again with other labels to choose anew, with other archives to add to it, or after an
    interrupt to carry on.
    """
    if metric and pooling != Pooling.MEAN:
        raise click.UsageError("A metric is put over the means: leave out --pooling.")
    screen = Screen(as_json=as_json)
    models_dir = read_settings().home / "models"
    over = known_card(f"{VGGISH_NAME}-{metric}", models_dir) if metric else None
    vocabulary = read_vocabulary(labels, ontology)
    within = music_of(vocabulary) if music_only else None
    choice = choose(vocabulary, include, exclude, within=within)
    reader = SegmentReader(vocabulary, Pooling(pooling), over)
    check_centring(reader.mean, models_dir)
    damaged: list[LeftOut] = []
    entries = read_entries(archives, choice, reader, screen=screen, damaged=damaged)
    return run_import(
        entries, out, reader.origin, noun="segment", keep=keep, screen=screen, damaged=damaged
    )


def read_entries(
    archives: Iterable[Path],
    choice: Choice,
    reader: SegmentReader,
    *,
    screen: Screen,
    damaged: list[LeftOut],
) -> Iterator[Entry | Unwanted]:
    """Yield every segment of the archives, and note what is damaged."""
    for archive in archives:
        total = archive.stat().st_size // _MEGABYTE + 1 if archive.is_file() else 0
        with screen.progress(f"Reading {archive.name}", total or None) as step:
            yield from _read_archive(archive, choice, reader, damaged, step)
            step(total, unit="MB")


def _read_archive(
    archive: Path, choice: Choice, reader: SegmentReader, damaged: list[LeftOut], step: Steps
) -> Iterator[Entry | Unwanted]:
    def pass_over(where: str, why: str) -> None:
        damaged.append(LeftOut(f"{archive}: {where}", f"{why[0].upper()}{why[1:]}."))

    def progress(read: int) -> None:
        step(read // _MEGABYTE, unit="MB")

    for segment in read_segments(archive, damaged=pass_over, progress=progress):
        yield _entry(segment, choice, reader)


def _entry(segment: Segment, choice: Choice, reader: SegmentReader) -> Entry | Unwanted:
    source = link_to(segment)
    if not choice.takes(segment.labels):
        return Unwanted(source)
    return Entry(
        source=source,
        content=segment.codes.tobytes(),
        track=reader.track(segment),
        embed=partial(reader.embedded, segment),
        problem=reader.problem(segment),
    )


if __name__ == "__main__":
    from tools.cli import main_of

    main_of(command)
