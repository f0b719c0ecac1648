"""Makes the bundled model: ``python -m tools.train DATA --teacher YAMNET.tflite --out FILE``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from models.ffmpeg import find_ffmpeg
from models.types import SettingsError
from tools.cli import main_of
from tools.files import write_whole
from tools.train.card import LICENCE, TEACHER, VERSION, card_of_training
from tools.train.evaluate import company
from tools.train.export import export_onnx
from tools.train.finish import finish, finished_lines, put_in_place
from tools.train.fit import Length, Recipe
from tools.train.known import MEASURED, card_naming, read_table
from tools.train.manifest import manifest_digest, manifest_text
from tools.train.plan import Plan
from tools.train.sources import Recording, check_sides, describe_training, list_recordings
from tools.train.stages import gather_taught, make_student
from tools.train.student import DIM, HALF_WIDTHS, WIDTHS

_KNOWN = ("files", "mean", *MEASURED)


@click.command("train")
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--teacher",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="YAMNet's TensorFlow Lite file.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The ONNX file to write; its int8 file is put beside it.",
)
@click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".soundalike/train"),
    show_default=True,
    help="Where every stage keeps its results.",
)
@click.option("--patches", default=300_000, show_default=True, help="Patches to draw.")
@click.option("--pieces", default=900, show_default=True, help="Synthetic pieces to render.")
@click.option("--voices", default=240, show_default=True, help="Voices to let speak or sing.")
@click.option("--epochs", default=4.0, show_default=True, help="Passes over the patches.")
@click.option("--half", is_flag=True, help="Train the network of half the width.")
@click.option(
    "--flattening",
    default=0.25,
    show_default=True,
    help="How far to even out the teacher's components: 0 not at all, 1 whitens them.",
)
@click.option("--contrast", default=0.1, show_default=True, help="Weight of telling tracks apart.")
@click.option("--minutes", type=float, help="Train for at most so many minutes.")
@click.option(
    "--steady",
    default=400,
    show_default=True,
    help="Batches at the end that teach it to overhear codecs; 0 for none.",
)
@click.option(
    "--polish/--no-polish",
    default=True,
    show_default=True,
    help="Damp what codecs do to its embeddings even so.",
)
@click.option("--seed", default=1, show_default=True, help="Of all that is drawn.")
@click.option("--jobs", default=2, show_default=True, help="Processes that draw patches.")
def main(
    epochs: float, minutes: float | None, contrast: float, *, half: bool, **options: Any
) -> None:
    r"""Distil the teacher into a small model from the training side of DATA.

    Every stage keeps its results in the work folder and goes on from there when run again.

    \b
    Example:
      python -m tools.train DATA --teacher yamnet_waveform.tflite --out vggish_small.onnx
    """
    recipe = Recipe(HALF_WIDTHS if half else WIDTHS, contrast=contrast, seed=options["seed"])
    plan = Plan(recipe=recipe, length=Length(epochs, minutes), **options)
    recordings = list_recordings(plan.data)
    _check(plan, recordings)
    console = Console()
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()
    with Progress(*columns, TimeRemainingColumn(), console=console) as bars:
        taught = gather_taught(plan, recordings, bars)
        student = make_student(plan, recordings, taught, bars)
    export_onnx(student, plan.out, dim=DIM, metadata=_metadata(plan))
    table = card_of_training(
        name=plan.name,
        training_data=describe_training(taught),
        command=plan.command(),
        manifest=_write_manifest(plan, taught),
    )
    beside = company(plan.teacher, plan.seed, half=plan.half)
    table |= _known_before(plan)
    found = finish(plan.out, table, plan.data, beside, plan.work / "yardstick", console=console)
    put_in_place(found, plan.out, plan.card)
    console.print(*finished_lines(found))
    console.print(f"{plan.out} is written, and its card {plan.card}: it belongs into models/cards.")


def _check(plan: Plan, recordings: Sequence[Recording]) -> None:
    """Say before all the work what would be missing in the middle of it."""
    check_sides(recordings)
    if not plan.out.absolute().parent.is_dir():
        raise click.UsageError(f"There is no folder {plan.out.absolute().parent} for --out.")
    if plan.coded_windows and find_ffmpeg() is None:
        raise SettingsError(
            "There is no ffmpeg to code sounds with.",
            "Install it, or go without: --steady 0 --no-polish.",
        )


def _known_before(plan: Plan) -> dict[str, Any]:
    """Return what an earlier card says that is true of its own weights only: see `finish`."""
    place = card_naming(plan.out) or plan.card
    table = read_table(place) if place.exists() else {}
    return {name: table[name] for name in _KNOWN if name in table}


def _write_manifest(plan: Plan, taught: Sequence[Recording]) -> str:
    """Write which recordings taught, and return the SHA-256 of that."""
    text = manifest_text(taught)
    place = plan.work / f"{plan.name}-data.txt"
    write_whole(place, text.encode(), "Make room, or name another --work.")
    return manifest_digest(text)


def _metadata(plan: Plan) -> dict[str, str]:
    return {
        "name": plan.name,
        "version": VERSION,
        "licence": LICENCE,
        "source": "Trained by tools/train of the Soundalike project.",
        "teacher": f"{TEACHER}; file sha256 {plan.teacher_digest}",
    }


if __name__ == "__main__":
    main_of(main)
