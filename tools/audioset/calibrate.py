"""Measures what similarities of VGGish's embeddings mean: what its card says of matches.

python -m tools.audioset.calibrate features.tar.gz --labels class_labels_indices.csv
    --ontology ontology.json
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
import numpy as np

from models.types import Sameness, Windows
from tools.audioset.labels import GENRE, labels_below, read_vocabulary
from tools.audioset.records import read_segments
from tools.audioset.tracks import Pooling, SegmentReader
from tools.calibrate.errand import calibration_section
from tools.calibrate.isotonic import matches
from tools.calibrate.matching import MatchFit, Source
from tools.calibrate.pairs import Pairs, Progress, pairs_of
from tools.calibrate.reliability import fit, measure
from tools.calibrate.report import match_lines
from tools.cards import toml_text
from tools.evaluate.evaluation import judge_labels
from tools.evaluate.metrics import IntArray
from tools.evaluate.sources import EvaluationError, Heard, Item, Material
from tools.files import check_picture, write_whole
from tools.screen import Screen, Steps

HELD_OUT: Final = "eval"
"""The part of the release that asks, of matches fitted on the other ones, whether they are true."""

NAME: Final = "genres of AudioSet's released embeddings, by Google, CC BY 4.0"


def calibrate_genres(
    archive: Path, labels: Path, ontology: Path, *, sameness: Sameness, screen: Screen
) -> MatchFit:
    """Fit matches on the segments of AudioSet that are labelled with a genre.

    Each is a clip of ten seconds, one window, and asks for the others. The knots are fitted on all;
    how reliable they are is said of segments of the evaluation part, which ask those of the other
    parts, by knots that were fitted on these.

    Parameters
    ----------
    archive, labels, ontology : Path
        ``features.tar.gz``, ``class_labels_indices.csv`` and ``ontology.json`` of the release.
    sameness : Sameness
        What near-twins are.
    screen : Screen
        Where progress is shown.

    Raises
    ------
    SoundalikeError
        A file cannot be read, is damaged or another, or has too few segments.
    """
    genres = labels_below(GENRE, labels, ontology)
    reader = SegmentReader(read_vocabulary(labels, ontology), Pooling.MEAN)
    items: list[Item] = []
    windows: list[Windows] = []
    parts: list[str] = []
    for segment in read_segments(archive, genres):
        if not reader.problem(segment):
            embedded = reader.embedded(segment)
            own = tuple(str(label) for label in segment.labels if label in genres)
            items.append(Item(embedded.track, own, "", ""))
            windows.append(embedded.windows)
            parts.append(segment.part)
    held_out = np.flatnonzero([part == HELD_OUT for part in parts])
    others = np.flatnonzero([part != HELD_OUT for part in parts])
    if not len(held_out) or not len(others):
        raise EvaluationError(
            f"{archive} has no genres in its evaluation part, or none in the other ones.",
            "Take the release with bal_train and eval.",
        )
    heard = Heard(reader.origin.stamp, reader.origin.window_seconds, tuple(windows))
    return _fitted(Material(tuple(items), (heard,)), others, held_out, sameness, screen)


def _fitted(
    material: Material, others: IntArray, held_out: IntArray, sameness: Sameness, screen: Screen
) -> MatchFit:
    judged = judge_labels(material, filtered=False)
    asked: list[Pairs] = []
    everything = np.arange(len(material.items))
    rounds = ((others, others), (held_out, others), (everything, everything))
    with screen.progress("Asking", sum(len(asking) for asking, _ in rounds)) as step:
        done = 0
        for asking, among in rounds:
            asked.append(
                pairs_of(
                    material,
                    judged,
                    sameness,
                    asking=asking,
                    among=among,
                    progress=_after(done, step),
                )
            )
            done += len(asking)
    learnt, foreign, pairs = asked
    given = matches(fit(learnt), foreign.similarities)
    reliability = measure(foreign, given)
    source = Source(
        NAME,
        len(material.items),
        len(judged.names),
        len(foreign),
        foreign.share,
        float(np.average(given, weights=foreign.weights)),
        reliability,
    )
    return MatchFit(
        stamp=material.heard[0].stamp,
        knots=fit(pairs),
        sources=(source,),
        pairs=pairs,
        held_out=reliability,
        unfitted=measure(foreign, np.clip(foreign.similarities, 0, 1)),
        constant=measure(foreign, np.full(len(foreign), learnt.share)),
    )


def _after(before: int, step: Steps) -> Progress:
    return lambda done: step(before + done)


@click.command()
@click.argument("archive", type=click.Path(path_type=Path))
@click.option("--labels", type=click.Path(path_type=Path), required=True)
@click.option("--ontology", type=click.Path(path_type=Path), required=True)
@click.option("--picture", type=click.Path(path_type=Path), help="Draw the curve into this PNG.")
def main(archive: Path, labels: Path, ontology: Path, picture: Path | None) -> None:
    """Print what matches of VGGish are fitted on and worth, and the section of its card."""
    if picture is not None:
        check_picture(picture)
    screen = Screen(as_json=False)
    found = calibrate_genres(archive, labels, ontology, sameness=Sameness(), screen=screen)
    screen.show(*match_lines(found))
    if picture is not None:
        from tools.calibrate.picture import draw_calibration  # noqa: PLC0415  (slow to import)

        write_whole(picture, draw_calibration(found), "Name another file with --picture.")
    click.echo(toml_text({"calibration": calibration_section(found)}), nl=False)


if __name__ == "__main__":
    main()
