"""Steadies a trained student: what a codec does to a sound is to move its embedding little.

A short last stage of training. Half of what it hears went through a lossy codec, and is to get the
embedding that the student, as it was, gave the clean sound; beside it the distillation goes on, so
that nothing else is forgotten.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from tools.train.components import Components
from tools.train.fit import Recipe, distillation_loss, one_cycle
from tools.train.targets import Targets

TAUGHT = 128
CODED = 128
PEAK_RATE = 5e-4

_ROWS = 256


class Lesson(NamedTuple):
    """What the distillation hears and what it is to give, as `tools.train.fit.fit` takes them."""

    targets: Targets
    components: Components
    groups: NDArray[np.int64]


def steady(
    student: nn.Sequential,
    coded: NDArray[np.float16],
    lesson: Lesson,
    recipe: Recipe,
    steps: int,
    report: Callable[[int, float], None],
) -> nn.Sequential:
    """Train a student to overhear codecs.

    Parameters
    ----------
    student : nn.Sequential
        As `tools.train.fit.fit` returns it; left as it is.
    coded : NDArray[np.float16]
        Shape (n, 2, 10, 96, 64): the patches of a window, clean and coded.
    lesson : Lesson
        The distillation goes on with it.
    recipe : Recipe
    steps : int
        Batches of 128 drawn and 128 coded patches.
    report : Callable
        Told the batches done and ``1 − cosine`` of coded and clean patches after each.

    Returns
    -------
    nn.Sequential
        In evaluation mode.
    """
    targets, components, groups = lesson
    pairs = coded.swapaxes(1, 2).reshape(-1, 2, *coded.shape[3:])
    wanted_coded = _embed(student, pairs[:, 0])
    student = deepcopy(student).train()
    optimizer = torch.optim.AdamW(student.parameters(), PEAK_RATE, weight_decay=1e-2)
    rng = np.random.default_rng([recipe.seed, len(pairs)])
    for step in range(steps):
        for settings in optimizer.param_groups:
            settings["lr"] = PEAK_RATE * one_cycle(step / steps)
        rows = np.sort(rng.choice(len(targets.patches), TAUGHT, replace=False))
        heard = rng.choice(len(pairs), CODED, replace=False)
        patches = np.concatenate([targets.patches[rows], pairs[heard, 1]])
        given = _run(student, patches)
        wanted = torch.from_numpy(components.project(targets.teacher[rows]))
        loss, _ = distillation_loss(given[:TAUGHT], wanted, torch.from_numpy(groups[rows]), recipe)
        clean = wanted_coded[heard]
        moved = 1 - functional.cosine_similarity(given[TAUGHT:], clean).mean()
        lost = functional.mse_loss(given[TAUGHT:], clean) / clean.var()
        optimizer.zero_grad()
        (loss + moved + lost).backward()
        optimizer.step()
        report(step + 1, float(moved.detach()))
    return student.eval()


def _embed(student: nn.Sequential, patches: NDArray[np.float16]) -> torch.Tensor:
    with torch.inference_mode():
        parts = [_run(student, patches[i : i + _ROWS]) for i in range(0, len(patches), _ROWS)]
    return torch.cat(parts).clone()


def _run(student: nn.Sequential, patches: NDArray[np.float16]) -> torch.Tensor:
    heard = torch.from_numpy(patches.astype(np.float32)).unsqueeze(1)
    with torch.autocast("cpu", torch.bfloat16):
        given: torch.Tensor = student(heard.contiguous(memory_format=torch.channels_last))
    return given.float()
