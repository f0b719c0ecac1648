"""Writes the card of the trained model: what it is, its mean, its file, its scores."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.frontend import PATCH_SECONDS, SAMPLE_RATE
from tools.train.metrics import Report

NAME = "vggish-small"
VERSION = "1"
LICENCE = "MIT"
TEACHER = "YAMNet by Google (Apache-2.0), its 1024-d embedding"

_NUMBERS_A_LINE = 8


def card_text(
    model: Path, *, mean: NDArray[np.floating], training_data: str, command: str, report: Report
) -> str:
    """Return a model card as TOML.

    Parameters
    ----------
    model : Path
        The finished ONNX file.
    mean : NDArray[np.floating]
        Shape (dim,): the mean embedding over the training data.
    training_data, command : str
        What it learnt from, and how it was made; no quotation marks in either.
    report : Report
        Its scores and those it is to be seen beside.

    Returns
    -------
    str
    """
    data = model.read_bytes()
    lines = [
        f'name = "{NAME}"',
        f'version = "{VERSION}"',
        f'embedding_space = "{NAME}-{VERSION}"',
        'front_end = "vggish-log-mel"',
        f"sample_rate = {SAMPLE_RATE}",
        f"dim = {len(mean)}",
        f"patch_seconds = {PATCH_SECONDS}",
        'pooling = "mean"',
        f'licence = "{LICENCE}"',
        f'teacher = "{TEACHER}"',
        f'training_data = "{training_data}"',
        f'made_by = "{command}"',
        *_number_lines("mean", mean),
        "",
        "[[files]]",
        f'path = "{model.name}"',
        f"size = {len(data)}",
        f'sha512 = "{hashlib.sha512(data).hexdigest()}"',
        'precision = "fp16"',
        "",
        "# Leave-one-out on recordings that took no part, mean over the clip, centred cosine.",
    ]
    for trial, by_chance in report.chance.items():
        lines += [f"[evaluation.{trial}]", f"chance = {{ p1 = {by_chance:.3f} }}"]
        for name, by_trial in report.scores.items():
            scores = by_trial[trial]
            values = f"p1 = {scores.p1:.3f}, p5 = {scores.p5:.3f}, map = {scores.map:.3f}"
            lines.append(f"{name} = {{ {values} }}")
    return "\n".join(lines) + "\n"


def _number_lines(key: str, values: Sequence[float] | NDArray[np.floating]) -> list[str]:
    numbers = [f"{value:.6g}" for value in values]
    rows = (
        numbers[start : start + _NUMBERS_A_LINE]
        for start in range(0, len(numbers), _NUMBERS_A_LINE)
    )
    return [f"{key} = [", *(f"    {', '.join(row)}," for row in rows), "]"]
