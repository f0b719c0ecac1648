"""Compares recipes for a metric: ``python -m tools.metric.choose features.tar.gz …``.

Only balanced train takes part: a third of its videos asks the other two, which a metric is fitted
on. The evaluation part is not looked at, so what it says of the recipe chosen is fair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import click
import numpy as np

from tools import options
from tools.cli import main_of
from tools.evaluate.metrics import occurrences
from tools.markdown import markdown_table
from tools.metric.fit import Progress, Recipe, apply, fit
from tools.metric.judging import MEASURES, measure
from tools.metric.material import Material, deal, read_material
from tools.screen import Screen

PARTS: Final = 3

COLUMNS: Final = (*MEASURES, "largest hub")

USED: Final = Recipe()

TRIALS: Final[Mapping[str, Recipe | None]] = {
    "VGGish as it is": None,
    "the recipe": USED,
    "another seed": replace(USED, seed=2),
    "linear": replace(USED, hidden=0),
    "twice as wide": replace(USED, hidden=1024),
    "150 epochs": replace(USED, epochs=150),
    "1000 epochs": replace(USED, epochs=1000),
    "less dropout": replace(USED, dropout=0.2),
    "more noise": replace(USED, noise=0.3),
    "sharper": replace(USED, temperature=0.05),
    "softer": replace(USED, temperature=0.2),
    "contrast alone": replace(USED, naming=0.0),
}
"""The recipe that is used, and others that differ from it in one thing; None is no metric."""

_PATH = click.Path(path_type=Path)


@click.command(
    "metric.choose",
    epilog="""\b
Example:
  python -m tools.metric.choose features.tar.gz --labels class_labels_indices.csv \\
      --ontology ontology.json --only linear --only "the recipe\"""",
)
@click.argument("archive", type=_PATH)
@click.option("--labels", type=_PATH, required=True, help="class_labels_indices.csv.")
@click.option("--ontology", type=_PATH, required=True, help="ontology.json.")
@click.option(
    "--only",
    type=click.Choice(list(TRIALS)),
    multiple=True,
    help="Try this one; all without it: a minute or two each.",
)
@options.as_json
def command(
    archive: Path, labels: Path, ontology: Path, only: tuple[str, ...], as_json: bool
) -> None:
    """Try recipes for a metric on balanced train alone."""
    screen = Screen(as_json=as_json)
    screen.note(f"Reading {archive.name}.")
    learnt, _held_out = read_material(archive, labels, ontology)
    table: dict[str, list[float]] = {}
    for name in only or TRIALS:
        with screen.progress(name, None) as step:
            table[name] = _tried(
                learnt, TRIALS[name], lambda done, of: step(done, total=of, unit="batches")
            )
    rows = ([name, *(f"{value:.3f}" for value in row)] for name, row in table.items())
    screen.show(markdown_table(["", *COLUMNS], rows))
    screen.answer({name: dict(zip(COLUMNS, row, strict=True)) for name, row in table.items()})


def _tried(material: Material, recipe: Recipe | None, progress: Progress) -> list[float]:
    """Let a third ask the others by a metric that was fitted on these; return `COLUMNS`."""
    parts = deal(material, PARTS)
    asking = material.only(np.flatnonzero(parts == 0))
    answering = material.only(np.flatnonzero(parts != 0))
    vectors = None
    if recipe:
        network = fit(answering, recipe, progress=progress)
        vectors = apply(network, asking.vectors), apply(network, answering.vectors)
    measured = measure(asking, answering, vectors)
    hub = int(occurrences(measured.neighbours, len(answering)).max())
    return [*map(float, measured.values[measured.asks].mean(axis=0)), hub]


if __name__ == "__main__":
    main_of(command)
