"""Finishes a trained model: makes its int8 file, measures both, and writes its card.

``python -m tools.train.finish DATA --model MODEL.onnx --card CARD.toml --teacher YAMNET.tflite``
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console, RenderableType
from rich.text import Text

from models.card import ModelFile
from models.cards import read_card
from tools.cards import file_table, write_card
from tools.cli import main_of
from tools.files import write_whole
from tools.install.cards import describe
from tools.quantize.asking import ask_among, gather
from tools.quantize.compare import compare
from tools.quantize.quantise import quantise_model
from tools.quantize.report import QuantisationReport, report_lines
from tools.train import evaluate, yardstick_report
from tools.train.card import finish_card
from tools.train.known import mean_of, read_table, without_outdated
from tools.train.listeners import Listener, file_listener
from tools.train.manifest import manifest_digest
from tools.train.sources import Recording, check_sides, list_recordings
from tools.train.trials import read_patches

MOST_LOST = 0.01
"""How much P@1 the int8 file may lose on a test set, to be kept."""

_DIGITS = 4
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Finished:
    """What finishing a model came to.

    Attributes
    ----------
    card : Mapping
        The fields of its card.
    evaluated : Evaluated
        How it scores.
    rounding : QuantisationReport
        What its int8 file finds of what it finds.
    lost : Mapping of str to float
        P@1 that the int8 file loses, by test set; below zero where it gains.
    rounded : Path
        The int8 file, not in its place yet: see `put_in_place`.
    kept : bool
        Whether it is good enough to be put beside the other one.
    outdated : tuple of str
        Sections that are not on the card any more, because they were measured of other weights.
    """

    card: Mapping[str, Any]
    evaluated: evaluate.Evaluated
    rounding: QuantisationReport
    lost: Mapping[str, float]
    rounded: Path
    kept: bool
    outdated: tuple[str, ...] = ()


def finish(
    model: Path,
    table: Mapping[str, Any],
    data: Path,
    beside: Sequence[Listener],
    work: Path,
    *,
    console: Console | None = None,
) -> Finished:
    """Make the int8 file of a model and measure both.

    The int8 file is calibrated on the training side and measured on the test side. It is to be kept
    unless it loses more than `MOST_LOST` of P@1 on a test set, or finds too little of what the
    other finds. Nothing is put in place yet.

    Parameters
    ----------
    model : Path
        Log-mel patches to embeddings, its weights stored as float16.
    table : Mapping
        The fields of its card; its mean, [calibration] and [same] are kept if it is the card of
        this very file.
    data : Path
        The recordings of both sides.
    beside : Sequence of Listener
        What it is to be seen beside.
    work : Path
        Where what is heard is kept.
    console : Console or None
        Where progress is shown.

    Raises
    ------
    SoundalikeError
        There is nothing to listen to, or the model cannot be used.
    """
    console = console or Console(quiet=True)
    recordings = list_recordings(data)
    check_sides(recordings)
    table, outdated = without_outdated(table, model)
    work.mkdir(parents=True, exist_ok=True)
    rounded = work / f"{model.stem}_int8.onnx"
    with console.status("Rounding to int8"):
        quantise_model(model, rounded, _calibration(recordings))
    first, second = file_listener(model, mean_of(table, model)), file_listener(rounded)
    found = evaluate.evaluate(
        recordings, evaluate.line_up([first, second], beside), kept=work, console=console
    )
    mean = found.heard[first.name].mean
    lost = {
        trial: -measures["P@1"].value
        for trial, measures in found.report.differences[second.name, first.name].items()
    }
    files = [describe(model, "fp16")]
    card = finish_card(table, mean=mean, files=files, report=found.report)
    with console.status("Comparing what both files find"):
        rounding = _compare(card, model, rounded, recordings, work)
    kept = max(lost.values()) <= MOST_LOST + _ROUNDING and rounding.fits
    if kept:
        files.append(replace(describe(rounded, "int8"), overlap=round(rounding.overlap, _DIGITS)))
        card = finish_card(table, mean=mean, files=files, report=found.report)
    return Finished(card, found, rounding, lost, rounded, kept, outdated)


def put_in_place(found: Finished, model: Path, card: Path) -> None:
    """Put the int8 file beside the model, or take an old one away, and write the card.

    The card first says nothing of an int8 file, so that at no time it names one that is another.

    Raises
    ------
    OSError, SettingsError
        The disk refuses.
    """
    place = model.with_name(found.rounded.name)
    write_card(card, {**found.card, "files": [file_table(describe(model, "fp16"))]})
    if found.kept:
        write_whole(place, found.rounded.read_bytes(), "Mend the permissions of its folder.")
    else:
        place.unlink(missing_ok=True)
    write_card(card, found.card)


def finished_lines(found: Finished) -> Iterator[RenderableType]:
    """Render what finishing came to for a terminal."""
    yield from yardstick_report.report_lines(found.evaluated.report)
    yield Text()
    yield from report_lines(found.rounding)
    losses = ", ".join(f"{trial} {loss:z.3f}" for trial, loss in found.lost.items())
    outcome = "kept" if found.kept else "left out"
    yield Text(f"P@1 that int8 loses: {losses}. The int8 file is {outcome}.", "bold")
    if found.outdated:
        sections = " and ".join(f"[{name}]" for name in found.outdated)
        yield Text(
            f"{sections} of the card were measured of other weights and are gone: measure anew "
            f"with `soundalike model calibrate {found.card['name']}`.",
            "bold",
        )


def _calibration(recordings: Sequence[Recording]) -> Iterator[Any]:
    return (read_patches(each) for each in recordings if not each.test)


def _compare(
    table: Mapping[str, Any],
    model: Path,
    rounded: Path,
    recordings: Sequence[Recording],
    work: Path,
) -> QuantisationReport:
    """Ask with the middles of whole songs among each other, as an index is asked.

    They are those of the test side: the others took part in rounding.
    """
    path = work / f"{table['name']}.toml"
    write_card(path, table)
    reference: ModelFile = describe(model, "fp16")
    card = replace(read_card(path, work), files=(reference,))
    songs = [each.path for each in recordings if each.test and each.kind == "music"]
    questions = ask_among(None, gather(songs))
    return compare(
        card, reference, describe(rounded, "int8"), questions.sounds, questions.catalogue
    )


@click.command("train.finish")
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--model",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="The trained model's ONNX file; the int8 file is put beside it.",
)
@click.option(
    "--card",
    "card_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="Its card, which is written anew: files, scores, and a mean where it has none of them.",
)
@click.option("--teacher", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--beside",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="Another student's ONNX file, to be scored in the same tables.",
)
@click.option(
    "--manifest",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The data manifest, whose SHA-256 goes into the card.",
)
@click.option("--seed", default=1, show_default=True, help="Of the untrained twin's weights.")
@click.option("--work", type=click.Path(path_type=Path), default=evaluate.KEPT, show_default=True)
@click.option("--markdown", type=click.Path(dir_okay=False, path_type=Path), help="A page.")
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path), help="A PNG.")
def main(
    data: Path,
    model: Path,
    card_path: Path,
    manifest: Path | None,
    markdown: Path | None,
    picture: Path | None,
    **options: Any,
) -> None:
    r"""Make MODEL's int8 file, score both on DATA, write its card, and perhaps page and picture.

    \b
    Example:
      python -m tools.train.finish DATA --model models/vggish_small.onnx \
        --card models/cards/vggish-small.toml --teacher yamnet.tflite \
        --markdown docs/BENCHMARKS.md --picture docs/quality.png
    """
    evaluate.check_places(markdown, picture)
    table = read_table(card_path)
    if manifest is not None:
        table["data_manifest_sha256"] = manifest_digest(manifest.read_text("utf-8"))
    beside = [
        *evaluate.company(options["teacher"], options["seed"]),
        *(file_listener(path) for path in options["beside"]),
    ]
    found = finish(model, table, data, beside, options["work"], console=Console(stderr=True))
    put_in_place(found, model, card_path)
    evaluate.publish(found.evaluated, markdown, picture)
    Console().print(*finished_lines(found))


if __name__ == "__main__":
    main_of(main)
