"""Trains the student on the teacher's targets, with checkpoints to resume from."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from tools.train.components import Components
from tools.train.student import WIDTHS, Widths, build_student
from tools.train.targets import Targets

BATCH = 256
PEAK_RATE = 3e-3
WEIGHT_DECAY = 1e-2
WARM_UP = 0.1
TEMPERATURE = 0.1

_CHECKPOINT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a student is, and what it is to care for.

    Attributes
    ----------
    widths : tuple of int
        Channels of its six convolutions.
    pairs : float
        Weight of the squared error between a batch's pairwise cosines and the teacher's.
    scale : float
        Weight of the squared error to the teacher's vectors, over their variance.
    contrast : float
        Weight of telling recordings apart.
    seed : int
        Of the weights and of the order of the batches.
    """

    widths: Widths = WIDTHS
    pairs: float = 4.0
    scale: float = 0.3
    contrast: float = 0.1
    seed: int = 1


@dataclass(slots=True)
class Progress:
    """Where a training run stands.

    Attributes
    ----------
    step : int
        Batches done.
    seconds : float
        Time spent on them.
    losses : list of tuple of float
        For each batch the total loss and its part ``1 − cosine``.
    """

    step: int = 0
    seconds: float = 0.0
    losses: list[tuple[float, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Length:
    """How long to train: passes over the data, cut short after so many minutes.

    With `minutes` the learning rate follows the clock, so the run anneals whatever the machine.
    """

    epochs: float
    minutes: float | None = None

    def done(self, progress: Progress, steps_per_epoch: int) -> float:
        """Return the share of the run that is done, in [0, 1]."""
        share = progress.step / (self.epochs * steps_per_epoch)
        if self.minutes is not None:
            share = max(share, progress.seconds / (60 * self.minutes))
        return min(share, 1.0)


def fit(
    targets: Targets,
    components: Components,
    groups: NDArray[np.int64],
    *,
    recipe: Recipe,
    length: Length,
    checkpoint: Path,
    report: Callable[[Progress, float], None],
) -> tuple[nn.Sequential, Progress]:
    """Train a student, going on from the checkpoint if there is one.

    Parameters
    ----------
    targets : Targets
    components : Components
        Of the teacher's vectors: what the student is to give.
    groups : NDArray[np.int64]
        Shape (n,): patches of the same group sound alike by construction.
    recipe : Recipe
    length : Length
    checkpoint : Path
        Written every minute and at the end.
    report : Callable
        Told the progress and the share done after each batch.

    Returns
    -------
    tuple of nn.Sequential and Progress
        The student in evaluation mode.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    student = build_student(recipe.seed, recipe.widths).to(device).train()
    optimizer = torch.optim.AdamW(student.parameters(), PEAK_RATE, weight_decay=WEIGHT_DECAY)
    progress = Progress()
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        student.load_state_dict(state["student"])
        optimizer.load_state_dict(state["optimizer"])
        progress = Progress(state["step"], state["seconds"], state["losses"])
    steps_per_epoch = len(targets.patches) // BATCH
    batches = _batches(len(targets.patches), recipe.seed, progress.step)
    started = time.monotonic() - progress.seconds
    saved = progress.seconds
    while (share := length.done(progress, steps_per_epoch)) < 1.0:
        rows = next(batches)
        for settings in optimizer.param_groups:
            settings["lr"] = PEAK_RATE * one_cycle(share)
        patches = torch.from_numpy(targets.patches[rows].astype(np.float32)).to(device)
        wanted = torch.from_numpy(components.project(targets.teacher[rows])).to(device)
        with torch.autocast(device.type, torch.bfloat16):
            given = student(patches.unsqueeze(1).contiguous(memory_format=torch.channels_last))
        loss, angle = distillation_loss(
            given.float(), wanted, torch.from_numpy(groups[rows]).to(device), recipe
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        progress.step += 1
        progress.seconds = time.monotonic() - started
        progress.losses.append((float(loss.detach()), float(angle.detach())))
        if progress.seconds - saved > _CHECKPOINT_SECONDS:
            _save(checkpoint, student, optimizer, progress)
            saved = progress.seconds
        report(progress, share)
    _save(checkpoint, student, optimizer, progress)
    return student.cpu().eval(), progress


def one_cycle(share: float) -> float:
    """Return the learning rate at a share of the run: a cosine up to 1, then a cosine to 0."""
    if share < WARM_UP:
        return float(0.5 - 0.5 * np.cos(np.pi * (0.04 + 0.96 * share / WARM_UP)))
    return float(0.5 + 0.5 * np.cos(np.pi * (share - WARM_UP) / (1 - WARM_UP)))


def distillation_loss(
    given: torch.Tensor, wanted: torch.Tensor, groups: torch.Tensor, recipe: Recipe
) -> tuple[torch.Tensor, torch.Tensor]:
    """Compare a batch of embeddings with the teacher's.

    Parameters
    ----------
    given, wanted : torch.Tensor
        Shape (n, 128).
    groups : torch.Tensor
        Shape (n,), integers.
    recipe : Recipe
        How much each part counts.

    Returns
    -------
    tuple of torch.Tensor
        The loss — angle, pairwise cosines, scaled squared error, contrast of groups — and its
        part ``1 − cosine``, a mean over the batch.
    """
    unit, wanted_unit = functional.normalize(given), functional.normalize(wanted)
    angle = 1 - (unit * wanted_unit).sum(1).mean()
    cosines = unit @ unit.T
    pairs = functional.mse_loss(cosines, wanted_unit @ wanted_unit.T)
    scale = functional.mse_loss(given, wanted) / wanted.var()
    contrast = group_contrast(cosines, groups)
    loss = angle + recipe.pairs * pairs + recipe.scale * scale + recipe.contrast * contrast
    return loss, angle


def group_contrast(cosines: torch.Tensor, groups: torch.Tensor) -> torch.Tensor:
    """Supervised contrastive loss (Khosla et al. 2020, L_out) over a batch's cosines [n, n]."""
    itself = torch.eye(len(groups), dtype=torch.bool, device=groups.device)
    alike = (groups[:, None] == groups[None, :]) & ~itself
    chances = functional.log_softmax((cosines / TEMPERATURE).masked_fill(itself, -1e9), dim=1)
    partners = alike.sum(1)
    has_partner = partners > 0
    each = -(chances * alike).sum(1)[has_partner] / partners[has_partner]
    return each.mean() if len(each) else cosines.sum() * 0


def _batches(count: int, seed: int, step: int) -> Iterator[NDArray[np.int64]]:
    """Yield batches of rows without end, each pass in its own order, from a step on."""
    per_epoch = count // BATCH
    epoch, place = divmod(step, per_epoch)
    while True:
        order = np.random.default_rng([seed, epoch]).permutation(count)
        for start in range(place * BATCH, per_epoch * BATCH, BATCH):
            yield np.sort(order[start : start + BATCH])
        epoch, place = epoch + 1, 0


def _save(
    path: Path, student: nn.Sequential, optimizer: torch.optim.Optimizer, progress: Progress
) -> None:
    unfinished = path.with_suffix(".part")
    state = {
        "student": student.state_dict(),
        "optimizer": optimizer.state_dict(),
        "step": progress.step,
        "seconds": progress.seconds,
        "losses": progress.losses,
    }
    torch.save(state, unfinished)
    unfinished.replace(path)
