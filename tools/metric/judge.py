"""Judges metrics: ``python -m tools.metric.judge features.tar.gz --labels … --ontology …``.

Held-out segments (eval) ask those of balanced train, and a genre in common makes an answer right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import click

from models.card import Metric, ModelFile
from models.cards import known_card
from models.metric import project
from models.published import sha512_of
from models.types import FloatArray, ModelError, Windows
from tools import options
from tools.cli import main_of
from tools.evaluate.bootstrap import Estimate
from tools.evaluate.report import scores_as_json, scores_table
from tools.evaluate.tasks import NO_SHARES, Scores
from tools.markdown import markdown_table, replace_part
from tools.metric.judging import MEASURES, chance, gain, measure, score
from tools.metric.material import Material, read_material
from tools.screen import Screen
from tools.settings import read_settings

RAW = "VGGish as it is"
SHIPPED = "vggish-genre"
PART = "metric"
"""Of docs/BENCHMARKS.md: what `--markdown` writes."""

_PATH = click.Path(path_type=Path)


@click.command(
    "metric.judge",
    epilog="""\b
Example:
  python -m tools.metric.judge features.tar.gz --labels class_labels_indices.csv \\
      --ontology ontology.json --metric linear=linear.onnx""",
)
@click.argument("archive", type=_PATH)
@click.option("--labels", type=_PATH, required=True, help="class_labels_indices.csv.")
@click.option("--ontology", type=_PATH, required=True, help="ontology.json.")
@click.option(
    "--metric",
    "others",
    metavar="NAME=FILE",
    multiple=True,
    help="An ONNX file to judge beside the one that is shipped; may be repeated.",
)
@click.option("--markdown", metavar="PAGE", type=_PATH, help="Write the tables into this page.")
@options.as_json
def command(
    archive: Path,
    labels: Path,
    ontology: Path,
    others: tuple[str, ...],
    markdown: Path | None,
    as_json: bool,
) -> None:
    """Judge the shipped metric, and others, beside VGGish's windows as they are."""
    screen = Screen(as_json=as_json)
    metrics = _metrics(others)
    screen.note(f"Reading {archive.name}.")
    learnt, held_out = read_material(archive, labels, ontology)
    raw = measure(held_out, learnt)
    scores = {RAW: score(raw, held_out, learnt)}
    gains: dict[str, dict[str, Estimate]] = {}
    with screen.progress("Judging", len(metrics)) as step:
        for done, (name, metric) in enumerate(metrics.items(), 1):
            vectors = (put_over(held_out, metric), put_over(learnt, metric))
            measured = measure(held_out, learnt, vectors)
            scores[name] = score(measured, held_out, learnt)
            gains[name] = gain(measured, raw, held_out)
            step(done, name)
    by_chance = chance(held_out, learnt)
    screen.show(f"{len(held_out):,} segments of eval ask {len(learnt):,} of balanced train.")
    screen.show(scores_table(scores, by_chance))
    if markdown:
        replace_part(markdown, PART, markdown_text(scores, gains))
    screen.answer(
        {
            "asking": len(held_out),
            "answering": len(learnt),
            "scores": {name: scores_as_json(each) for name, each in scores.items()},
            "better_than_raw": {
                name: {key: asdict(value) for key, value in each.items()}
                for name, each in gains.items()
            },
            "chance": by_chance,
        }
    )


def markdown_text(scores: Mapping[str, Scores], gains: Mapping[str, Mapping[str, Estimate]]) -> str:
    """Return the scores, and the differences from the first of them, as Markdown tables."""
    headings = ["", *next(iter(scores.values())).measures]
    rows = [
        [name, *(_cell(key, value) for key, value in each.measures.items())]
        for name, each in scores.items()
    ]
    more = [
        [f"{name} − {RAW}", *(_signed(each[key]) for key in MEASURES)]
        for name, each in gains.items()
    ]
    tables = [markdown_table(headings, rows), markdown_table(["", *MEASURES], more)]
    return "\n\n".join(tables[: 1 + bool(more)])


def put_over(material: Material, metric: Metric) -> FloatArray:
    """Return what a metric makes of the windows of segments [n, dim]."""
    # As windows of one track: it does not matter here where they begin.
    starts = material.vectors[:, 0]
    return project(Windows(material.vectors, starts), metric).vectors


def _metrics(others: tuple[str, ...]) -> dict[str, Metric]:
    shipped = known_card(SHIPPED, read_settings().home / "models").metric
    assert shipped is not None
    found: dict[str, Metric] = {}
    for other in others:
        name, given, path = other.partition("=")
        if not name or not given:
            raise click.UsageError(f"Give --metric a name and a file, as in linear={other}.")
        found[name] = Metric(shipped.model, shipped.space, _file(Path(path)))
    return found | {SHIPPED: shipped}


def _file(path: Path) -> ModelFile:
    try:
        return ModelFile(path, path.stat().st_size, sha512_of(path), "fp16")
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read: {error.strerror or error}.", "Name another file."
        ) from None


def _cell(name: str, value: Estimate) -> str:
    digits = dict(zip(NO_SHARES, (2, 0), strict=True)).get(name, 3)
    return f"{value.value:.{digits}f} ({value.low:z.{digits}f} to {value.high:z.{digits}f})"


def _signed(value: Estimate) -> str:
    return f"{value.value:+.3f} ({value.low:+.3f} to {value.high:+.3f})"


if __name__ == "__main__":
    main_of(command)
