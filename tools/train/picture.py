"""Draws the course of a training run."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

_SMOOTH = 25


def draw_losses(losses: Sequence[tuple[float, float]], path: Path) -> None:
    """Draw the loss and its part ``1 − cosine``, smoothed over 25 batches, as a PNG."""
    values = np.array(losses)
    kernel = np.ones(min(_SMOOTH, len(values))) / min(_SMOOTH, len(values))
    with mpl.rc_context({"font.size": 9}):
        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.subplots()
        for column, name in enumerate(("loss", "1 − cosine to the teacher")):
            axes.plot(np.convolve(values[:, column], kernel, "valid"), label=name)
        axes.set(xlabel="batch", yscale="log")
        axes.grid(visible=True, alpha=0.3)
        axes.legend()
        figure.savefig(path, dpi=120)
