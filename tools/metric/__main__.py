"""Makes a metric: ``python -m tools.metric features.tar.gz --labels … --ontology … --out FILE``.

It is fitted on balanced train alone; the evaluation part is left for `tools.metric.judge`.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from models.card import ModelFile
from models.published import sha512_of
from models.types import ModelError
from tools import options
from tools.cards import file_table, with_sections, write_card_text
from tools.cli import main_of
from tools.files import write_whole
from tools.install.cards import published_fields
from tools.metric.export import as_onnx
from tools.metric.fit import Recipe, fit
from tools.metric.material import LEARN_FROM, read_material
from tools.screen import Screen

SECTION = "metric"
PRECISION = "fp16"

USED = Recipe()

_PATH = click.Path(path_type=Path)


@click.command(
    "metric",
    epilog="""\b
Example:
  python -m tools.metric features.tar.gz --labels class_labels_indices.csv \\
      --ontology ontology.json --out models/vggish_genre.onnx \\
      --card models/cards/vggish-genre.toml""",
)
@click.argument("archive", type=_PATH)
@click.option("--labels", type=_PATH, required=True, help="class_labels_indices.csv.")
@click.option("--ontology", type=_PATH, required=True, help="ontology.json.")
@click.option("--out", metavar="FILE.onnx", type=_PATH, required=True, help="Where to write it.")
@click.option("--card", metavar="CARD.toml", type=_PATH, help="Put its section into this card.")
@click.option("--linear", is_flag=True, help="Fit one matrix, with no layer between.")
@click.option("--epochs", type=click.IntRange(min=1), default=USED.epochs, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=USED.seed, show_default=True)
@options.as_json
def command(  # noqa: PLR0913 - one for each option
    *,
    archive: Path,
    labels: Path,
    ontology: Path,
    out: Path,
    card: Path | None,
    linear: bool,
    epochs: int,
    seed: int,
    as_json: bool,
) -> None:
    """Fit a metric on the genres of AudioSet's balanced train; some minutes on one core.

    The same release, seed and machine make the same file.
    """
    screen = Screen(as_json=as_json)
    text = _text(card) if card else ""
    screen.note(f"Reading {archive.name}.")
    learnt, _held_out = read_material(archive, labels, ontology)
    recipe = replace(USED, epochs=epochs, seed=seed, **({"hidden": 0} if linear else {}))
    with screen.progress("Fitting", None) as step:
        network = fit(
            learnt, recipe, progress=lambda done, of: step(done, total=of, unit="batches")
        )
    described = {
        "name": out.stem,
        "licence": "MIT",
        "training_data": f"{len(learnt):,} segments of AudioSet's {LEARN_FROM}",
        "recipe": str(recipe),
    }
    content = as_onnx(network, described).SerializeToString()
    write_whole(out, content, "Name another file with --out.")
    file = ModelFile(out, len(content), sha512_of(out), PRECISION)
    if card:
        write_card_text(card, with_sections(text, {SECTION: section(file)}))
    screen.show(f"The metric is in {out} ({len(content) / 1e3:,.0f} kB, {len(learnt):,} segments).")
    screen.answer({"out": str(out), "segments": len(learnt), **file_table(file)})


def section(file: ModelFile) -> dict[str, Any]:
    """Return the section of a card that describes a metric over VGGish."""
    under = published_fields()
    return {"model": under["name"], "space": under["embedding_space"], **file_table(file)}


def _text(card: Path) -> str:
    try:
        text = card.read_text("utf-8")
        tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise ModelError(f"The card {card} cannot be read: {error}.", "Name another.") from None
    return text


if __name__ == "__main__":
    main_of(command)
