"""Makes the bundled model: ``python -m tools.train DATA --teacher YAMNET.tflite --out FILE``."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from torch import nn

from tools.cards import write_card
from tools.train import fit
from tools.train.card import LICENCE, NAME, TEACHER, VERSION, card_of_training
from tools.train.coded import make_pairs
from tools.train.components import Components, principal_components
from tools.train.evaluate import company
from tools.train.export import export_onnx
from tools.train.finish import finish, finished_lines
from tools.train.manifest import manifest_digest, manifest_text
from tools.train.picture import draw_losses
from tools.train.polish import find_polish
from tools.train.sound import SoundStore
from tools.train.sources import Recording, choice_key, describe_training, list_recordings
from tools.train.speech import speak
from tools.train.steady import Lesson, steady
from tools.train.student import DIM, HALF_WIDTHS, WIDTHS
from tools.train.synthetic import render
from tools.train.targets import Targets, make_targets
from tools.train.trials import training_patches

_CODED_WINDOWS = 720


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is asked for; see the options of `main`."""

    data: Path
    teacher: Path
    out: Path
    work: Path
    patches: int
    pieces: int
    voices: int
    flattening: float
    recipe: fit.Recipe
    length: fit.Length
    steady: int
    seed: int
    jobs: int


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--teacher", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--work", type=click.Path(path_type=Path), default=Path(".soundalike/train"))
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
@click.option("--seed", default=1, show_default=True)
@click.option("--jobs", default=2, show_default=True, help="Processes that draw patches.")
def main(
    epochs: float, minutes: float | None, contrast: float, *, half: bool, **options: Any
) -> None:
    """Distil the teacher into a small model from the training side of DATA.

    Every stage keeps its results in the work folder and goes on from there when run again.

    Example: python -m tools.train DATA --teacher yamnet_waveform.tflite --out small.onnx
    """
    recipe = fit.Recipe(HALF_WIDTHS if half else WIDTHS, contrast=contrast, seed=options["seed"])
    plan = Plan(recipe=recipe, length=fit.Length(epochs, minutes), **options)
    console = Console()
    recordings = list_recordings(plan.data)
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()
    with Progress(*columns, TimeRemainingColumn(), console=console) as bars:
        taught = _taught(plan, recordings, bars)
        folder = plan.work / f"sounds-{choice_key(taught)}" / f"drawn-{plan.patches}-{plan.seed}"
        lesson = _lesson(plan, folder, taught, bars)
        student = _train(plan, folder, lesson, bars)
        if plan.steady:
            coded = _coded(plan, taught, bars)
            _steady(plan, folder, student, lesson, coded, bars)
            _polish(student, coded, training_patches(recordings))
        export_onnx(student, plan.out, dim=DIM, metadata=_metadata(plan.teacher))
    table = card_of_training(
        training_data=describe_training(taught),
        command=_command(plan),
        manifest=_write_manifest(plan, taught),
    )
    beside = company(plan.teacher, plan.seed)
    found = finish(plan.out, table, plan.data, beside, plan.work / "yardstick", console=console)
    console.print(*finished_lines(found))
    card = plan.work / f"{NAME}.toml"
    write_card(card, found.card)
    console.print(f"{plan.out} is written, and its card {card}: it belongs into models/cards.")


def _taught(plan: Plan, recordings: Sequence[Recording], bars: Progress) -> list[Recording]:
    """List what teaches, rendering what is to be rendered."""
    task = bars.add_task("render", total=plan.pieces + plan.voices)
    taught = [each for each in recordings if not each.test]
    taught += render(plan.work / "synthetic", plan.pieces)
    bars.advance(task, plan.pieces)
    taught += speak(plan.work / "speech", plan.voices)
    bars.advance(task, plan.voices)
    return taught


def _lesson(plan: Plan, folder: Path, taught: Sequence[Recording], bars: Progress) -> Lesson:
    """Decode and ask the teacher: each stage in a folder named by what it is of."""
    sounds = folder.parent
    SoundStore.build(sounds, taught, bars.track(range(len(taught)), description="decode"))
    task = bars.add_task("ask the teacher", total=plan.patches)
    targets = make_targets(
        sounds,
        folder,
        plan.teacher,
        count=plan.patches,
        seed=plan.seed,
        jobs=plan.jobs,
        advance=lambda count: bars.advance(task, count),
    )
    groups = SoundStore(sounds).groups()[targets.recordings]
    return Lesson(targets, _components(plan, folder, targets), groups)


def _components(plan: Plan, folder: Path, targets: Targets) -> Components:
    stored = folder / f"components-{plan.flattening:g}.npz"
    if not stored.exists():
        principal_components(targets.teacher, DIM, flattening=plan.flattening).save(stored)
    return Components.load(stored)


def _train(plan: Plan, folder: Path, lesson: Lesson, bars: Progress) -> nn.Sequential:
    """Train the student and draw its losses."""
    task = bars.add_task("train", total=1.0)

    def report(progress: fit.Progress, share: float) -> None:
        loss, angle = np.mean(progress.losses[-50:], axis=0)
        text = f"train: batch {progress.step}, loss {loss:.3f}, 1 − cosine {angle:.3f}"
        bars.update(task, completed=share, description=text)

    student, progress = fit.fit(
        lesson.targets,
        lesson.components,
        lesson.groups,
        recipe=plan.recipe,
        length=plan.length,
        checkpoint=folder / f"student-{_choices(plan)}.pt",
        report=report,
    )
    bars.update(task, completed=1.0)
    draw_losses(progress.losses, plan.work / "losses.png")
    return student


def _coded(plan: Plan, taught: Sequence[Recording], bars: Progress) -> NDArray[np.float16]:
    """Return the patches [windows, 2, 10, 96, 64] of windows, clean and coded."""
    task = bars.add_task("code", total=_CODED_WINDOWS)
    return make_pairs(
        taught,
        plan.work / f"coded-{choice_key(taught)}-{plan.seed}",
        count=_CODED_WINDOWS,
        seed=plan.seed,
        jobs=plan.jobs,
        advance=lambda count: bars.advance(task, count),
    )


def _steady(
    plan: Plan,
    folder: Path,
    student: nn.Sequential,
    lesson: Lesson,
    coded: NDArray[np.float16],
    bars: Progress,
) -> None:
    """Teach the student to overhear codecs, unless that has been done."""
    finished = folder / f"steady-{plan.steady}-{_choices(plan)}.pt"
    if not finished.exists():
        task = bars.add_task("steady", total=plan.steady)

        def report(step: int, moved: float) -> None:
            bars.update(task, completed=step, description=f"steady: moved by codecs {moved:.3f}")

        taught = steady(student, coded, lesson, plan.recipe, plan.steady, report)
        unfinished = finished.with_suffix(".part")
        torch.save(taught.state_dict(), unfinished)
        unfinished.replace(finished)
    student.load_state_dict(torch.load(finished, weights_only=True))


def _polish(student: nn.Sequential, coded: NDArray[np.float16], train: NDArray[np.float32]) -> None:
    """Let the student's last layer hold back the directions in which codecs push."""
    heard = _heard(student, coded.reshape(-1, *coded.shape[3:]))
    windows = heard.reshape(*coded.shape[:3], -1).mean(axis=2)
    polish = find_polish(windows, _heard(student, train).mean(axis=0, dtype=np.float64))
    last = student[-1]
    weight, bias = polish.fold(last.weight.detach().numpy(), last.bias.detach().numpy())
    with torch.no_grad():
        last.weight.copy_(torch.from_numpy(weight))
        last.bias.copy_(torch.from_numpy(bias))


def _heard(student: nn.Sequential, patches: NDArray[np.floating]) -> NDArray[np.float32]:
    def run(part: NDArray[np.floating]) -> NDArray[np.float32]:
        return np.asarray(student(torch.from_numpy(part.astype(np.float32)).unsqueeze(1)).numpy())

    with torch.inference_mode():
        return np.concatenate([run(patches[i : i + 64]) for i in range(0, len(patches), 64)])


def _write_manifest(plan: Plan, taught: Sequence[Recording]) -> str:
    """Write which recordings taught, and return the SHA-256 of that."""
    text = manifest_text(taught)
    (plan.work / f"{NAME}-data.txt").write_text(text)
    return manifest_digest(text)


def _command(plan: Plan) -> str:
    length = f"--epochs {plan.length.epochs:g}"
    if plan.length.minutes is not None:
        length += f" --minutes {plan.length.minutes:g}"
    return (
        f"python -m tools.train DATA --teacher {plan.teacher.name} --out {plan.out.name}"
        f" --patches {plan.patches} --pieces {plan.pieces} --voices {plan.voices} {length}"
        f"{' --half' if plan.recipe.widths == HALF_WIDTHS else ''}"
        f" --flattening {plan.flattening:g} --contrast {plan.recipe.contrast:g}"
        f" --steady {plan.steady} --seed {plan.seed}"
    )


def _choices(plan: Plan) -> str:
    """Name the choices that make another student of the same patches."""
    widest = max(plan.recipe.widths)
    return f"{widest}-{plan.flattening:g}-{plan.recipe.contrast:g}-{plan.length.epochs:g}"


def _metadata(teacher: Path) -> dict[str, str]:
    digest = hashlib.sha256(teacher.read_bytes()).hexdigest()
    return {
        "name": NAME,
        "version": VERSION,
        "licence": LICENCE,
        "source": "Trained by tools/train of the Soundalike project.",
        "teacher": f"{TEACHER}; file sha256 {digest}",
    }


if __name__ == "__main__":
    main()
