"""Measures what similarities in a metric's space mean: ``python -m tools.metric.calibrate …``.

A metric knows what it was fitted on, and those sounds lie nearer to their likes than new ones do.
So matches are fitted on the evaluation part, once the metric is finished. What is one and the same
is told apart from strangers, which are nowhere nearer than among the sounds it knows.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import click
import numpy as np

from models.card import ModelCard
from models.cards import read_card
from models.types import Sameness, Track, Windows
from tools.calibrate.errand import calibration_section
from tools.calibrate.matching import MatchFit, fit_matches
from tools.calibrate.report import match_lines
from tools.calibrate.strangers import thresholds
from tools.cards import with_sections, write_card_text
from tools.cli import main_of
from tools.evaluate import sources
from tools.metric.judge import put_over
from tools.metric.material import Material, joined, read_material
from tools.screen import Screen
from tools.settings import read_settings

NAME: Final = "genres of AudioSet's evaluation part, by Google, CC BY 4.0"

_SECONDS = 10.0
_PATH = click.Path(path_type=Path)


def calibrate(material: Material, card: ModelCard, screen: Screen) -> MatchFit:
    """Fit matches on segments that a metric was not fitted on; each asks for the others.

    Parameters
    ----------
    material : Material
    card : ModelCard
        With the metric.
    screen : Screen
        Where progress is shown.
    """
    assert card.metric is not None
    start = np.zeros(1, np.float32)
    windows = tuple(Windows(row[np.newaxis], start) for row in put_over(material, card.metric))
    genres = np.array(material.names)
    items = tuple(
        sources.Item(Track(str(number), video, seconds=_SECONDS), tuple(genres[own]), "", "")
        for number, (video, own) in enumerate(zip(material.videos, material.labels, strict=True))
    )
    heard = sources.Heard(card.stamp(None), _SECONDS, windows)
    named = (NAME, sources.Material(items, (heard,)))
    return fit_matches([named], card.sameness, screen=screen)


def nearest_stranger(material: Material, card: ModelCard) -> float:
    """Return how alike two segments are at most that are not of one recording.

    Those of one video may be, and those that are the same to VGGish itself.
    """
    assert card.metric is not None
    vectors = put_over(material, card.metric)
    videos = np.array(material.videos)
    most = -1.0
    for row in range(len(material)):
        known = material.vectors @ material.vectors[row] > Sameness().short
        alike = vectors @ vectors[row]
        most = max(most, float(alike[~known & (videos != videos[row])].max(initial=-1.0)))
    return most


@click.command(
    "metric.calibrate",
    epilog="""\b
Example:
  python -m tools.metric.calibrate features.tar.gz --labels class_labels_indices.csv \\
      --ontology ontology.json --card models/cards/vggish-genre.toml""",
)
@click.argument("archive", type=_PATH)
@click.option("--labels", type=_PATH, required=True, help="class_labels_indices.csv.")
@click.option("--ontology", type=_PATH, required=True, help="ontology.json.")
@click.option("--card", "path", type=_PATH, required=True, help="The card to put it into.")
def command(archive: Path, labels: Path, ontology: Path, path: Path) -> None:
    """Fit what similarities in the space of a card with a metric mean, and put it into the card."""
    screen = Screen(as_json=False)
    card = read_card(path.absolute(), read_settings().home / "models")
    if card.metric is None:
        raise click.UsageError(f"{path} has no metric.")
    learnt, held_out = read_material(archive, labels, ontology)
    nearest = nearest_stranger(joined(learnt, held_out), card)
    same = thresholds(Sameness(nearest, nearest, nearest))
    screen.show(f"The nearest strangers are {nearest:.4f} alike: {same}.")
    found = calibrate(held_out, replace(card, sameness=same), screen)
    screen.show(*match_lines(found))
    section = calibration_section(found)
    section["reference"] += "; computed by `python -m tools.metric.calibrate`"
    sections = {"calibration": section, "same": {**asdict(same), "measured": _measured(nearest)}}
    write_card_text(path, with_sections(path.read_text("utf-8"), sections))


def _measured(nearest: float) -> str:
    return (
        "against strangers alone: in all of AudioSet's balanced train and evaluation that has a "
        f"genre the nearest are {nearest:.4f} alike; no clips were cut"
    )


if __name__ == "__main__":
    main_of(command)
