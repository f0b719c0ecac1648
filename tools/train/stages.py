"""The stages of a training run. Each keeps its results in the work folder, to go on from there."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import Progress
from torch import nn

from tools.train import fit
from tools.train.coded import make_pairs
from tools.train.components import Components, principal_components
from tools.train.picture import draw_losses
from tools.train.plan import STEADY_WINDOWS, Plan
from tools.train.polish import find_polish
from tools.train.sound import SoundStore
from tools.train.sources import Recording
from tools.train.speech import speak
from tools.train.steady import Lesson, steady
from tools.train.student import DIM
from tools.train.synthetic import render
from tools.train.targets import Targets, make_targets
from tools.train.trials import training_patches


def gather_taught(plan: Plan, recordings: Sequence[Recording], bars: Progress) -> list[Recording]:
    """List what teaches, rendering what is to be rendered."""
    task = bars.add_task("render", total=plan.pieces + plan.voices)
    taught = [each for each in recordings if not each.test]
    taught += render(plan.work / "synthetic", plan.pieces)
    bars.advance(task, plan.pieces)
    taught += speak(plan.work / "speech", plan.voices)
    bars.advance(task, plan.voices)
    return taught


def make_student(
    plan: Plan, recordings: Sequence[Recording], taught: Sequence[Recording], bars: Progress
) -> nn.Sequential:
    """Go the whole way from sounds to a trained network.

    Parameters
    ----------
    plan : Plan
    recordings : Sequence of Recording
        Those of both sides: the mean over the training side is what cosines are taken about.
    taught : Sequence of Recording
        What teaches, synthetic sounds too.
    bars : Progress
        Where every stage shows how far it is.

    Returns
    -------
    nn.Sequential
        In evaluation mode.
    """
    lesson = _ask_teacher(plan, taught, bars)
    student = _train(plan, taught, lesson, bars)
    if not plan.coded_windows:
        return student
    coded = _code(plan, taught, bars)
    if plan.steady:
        _steady(plan, taught, student, lesson, coded[:STEADY_WINDOWS], bars)
    if plan.polish:
        _polish(student, coded[STEADY_WINDOWS:], training_patches(recordings))
    return student


def _ask_teacher(plan: Plan, taught: Sequence[Recording], bars: Progress) -> Lesson:
    """Decode what teaches, draw patches of it, and ask the teacher."""
    sounds, folder = plan.sounds(taught), plan.drawn(taught)
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
    return Lesson(targets, _components(plan, taught, targets), groups)


def _components(plan: Plan, taught: Sequence[Recording], targets: Targets) -> Components:
    stored = plan.drawn(taught) / f"components-{plan.flattening:g}.npz"
    if not stored.exists():
        principal_components(targets.teacher, DIM, flattening=plan.flattening).save(stored)
    return Components.load(stored)


def _train(
    plan: Plan, taught: Sequence[Recording], lesson: Lesson, bars: Progress
) -> nn.Sequential:
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
        checkpoint=plan.drawn(taught) / f"student-{plan.choices()}.pt",
        report=report,
    )
    bars.update(task, completed=1.0)
    draw_losses(progress.losses, plan.work / "losses.png")
    return student


def _code(plan: Plan, taught: Sequence[Recording], bars: Progress) -> NDArray[np.float16]:
    """Return the patches [windows, 2, 10, 96, 64] of windows, clean and coded."""
    task = bars.add_task("code", total=plan.coded_windows)
    return make_pairs(
        taught,
        plan.coded(taught),
        count=plan.coded_windows,
        seed=plan.seed,
        jobs=plan.jobs,
        advance=lambda count: bars.advance(task, count),
    )


def _steady(
    plan: Plan,
    taught: Sequence[Recording],
    student: nn.Sequential,
    lesson: Lesson,
    coded: NDArray[np.float16],
    bars: Progress,
) -> None:
    """Teach the student to overhear codecs, unless that has been done."""
    finished = plan.drawn(taught) / f"steady-{plan.steady}-{plan.choices()}.pt"
    if not finished.exists():
        task = bars.add_task("steady", total=plan.steady)

        def report(step: int, moved: float) -> None:
            bars.update(task, completed=step, description=f"steady: moved by codecs {moved:.3f}")

        steadied = steady(student, coded, lesson, plan.recipe, plan.steady, report)
        unfinished = finished.with_suffix(".part")
        torch.save(steadied.state_dict(), unfinished)
        unfinished.replace(finished)
    student.load_state_dict(torch.load(finished, weights_only=True))


def _polish(student: nn.Sequential, coded: NDArray[np.float16], train: NDArray[np.float32]) -> None:
    """Let the student's last layer hold back the directions in which codecs push."""
    heard = _embed(student, coded.reshape(-1, *coded.shape[3:]))
    windows = heard.reshape(*coded.shape[:3], -1).mean(axis=2)
    polish = find_polish(windows, _embed(student, train).mean(axis=0, dtype=np.float64))
    last = student[-1]
    weight, bias = polish.fold(last.weight.detach().numpy(), last.bias.detach().numpy())
    with torch.no_grad():
        last.weight.copy_(torch.from_numpy(weight))
        last.bias.copy_(torch.from_numpy(bias))


def _embed(student: nn.Sequential, patches: NDArray[np.floating]) -> NDArray[np.float32]:
    def run(part: NDArray[np.floating]) -> NDArray[np.float32]:
        return np.asarray(student(torch.from_numpy(part.astype(np.float32)).unsqueeze(1)).numpy())

    with torch.inference_mode():
        return np.concatenate([run(patches[i : i + 64]) for i in range(0, len(patches), 64)])
