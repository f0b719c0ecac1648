"""The facts of a finished model that its card states, as TOML."""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.train.metrics import Report

_NUMBERS_A_LINE = 8


def as_toml(model: Path, mean: NDArray[np.floating], report: Report) -> str:
    """Return file name, size, SHA-512, centring mean and scores of a model as TOML."""
    data = model.read_bytes()
    lines = [
        "[file]",
        f'name = "{model.name}"',
        f"size = {len(data)}",
        f'sha512 = "{hashlib.sha512(data).hexdigest()}"',
        "",
        "[centring]",
        "mean = [",
    ]
    numbers = [f"{value:.6g}" for value in mean]
    lines += [
        "    " + ", ".join(numbers[start : start + _NUMBERS_A_LINE]) + ","
        for start in range(0, len(numbers), _NUMBERS_A_LINE)
    ]
    lines.append("]")
    for name, by_trial in report.scores.items():
        lines += ["", f"[evaluation.{name}]"]
        lines += [
            f"{trial} = {{ p1 = {s.p1:.3f}, p5 = {s.p5:.3f}, map = {s.map:.3f} }}"
            for trial, s in by_trial.items()
        ]
    lines += ["", "[evaluation.chance]"]
    lines += [f"{trial} = {{ p1 = {value:.3f} }}" for trial, value in report.chance.items()]
    return "\n".join(lines) + "\n"
