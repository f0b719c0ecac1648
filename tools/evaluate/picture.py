"""An evaluation as a picture: bars with their intervals, and a map of the tracks for each model."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Mapping
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from models.types import FloatArray
from tools.evaluate.bootstrap import LEVEL
from tools.evaluate.evaluation import LABELS, Evaluation, Result
from tools.evaluate.metrics import Floats
from tools.evaluate.report import label_counts
from tools.evaluate.tasks import NO_SHARES
from tools.screen import printable

Style = tuple[str, str]
"""Colour and marker."""

# Okabe and Ito's colours, which people with any kind of colour vision can tell apart.
COLOURS: Final = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#56B4E9",
    "#CC79A7",
    "#000000",
    "#F0E442",
)
MARKERS: Final = "os^"
OTHERS: Final = "#BBBBBB"

_LONGEST = 28
_BARS = 0.8
_MAPS_A_ROW = 3
_DPI = 120


def draw_evaluation(found: Evaluation) -> bytes:
    """Draw an evaluation as a PNG.

    Above, the scores as bars, a colour for each model, with their intervals and what chance scores.
    Below, for each model, the two principal components of its vectors: a mark for each track, a
    colour and shape for each of the commonest labels; or a line from half to half of a track.
    """
    with mpl.rc_context({"font.size": 9}), warnings.catch_warnings():
        # The labels are people's own, and no font has every letter.
        warnings.filterwarnings("ignore", "Glyph .* missing")
        rows = math.ceil(len(found.results) / _MAPS_A_ROW)
        figure = Figure(figsize=(10, 3.5 + 4.5 * rows), layout="constrained")
        grid = figure.add_gridspec(2, 1, height_ratios=(3.5, 4.5 * rows))
        above, below = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
        _draw_bars(above, found)
        styles = _styles(found)
        columns = math.ceil(len(found.results) / rows)
        maps = below.subplots(rows, columns, squeeze=False).flat
        for axes in maps[len(found.results) :]:
            axes.remove()
        for axes, result in zip(maps, found.results, strict=False):
            _draw_map(axes, result, styles, found)
        if found.task == LABELS:
            _draw_legend(below, styles, len(label_counts(found.material)))
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=_DPI)
    return picture.getvalue()


def principal_plane(vectors: FloatArray) -> tuple[Floats, float]:
    """Project vectors on the plane in which they differ most.

    Source: Pearson, On lines and planes of closest fit, Philosophical Magazine 2(11), 1901.

    Parameters
    ----------
    vectors : np.ndarray [shape=(n, dim)]

    Returns
    -------
    points : np.ndarray [shape=(n, 2), float64]
        Zeros where there is no second dimension.
    kept : float
        The share of the variance that lies in the plane, in [0, 1].
    """
    apart = vectors - vectors.mean(axis=0, dtype=np.float64)
    values, axes = np.linalg.eigh(apart.T @ apart)
    plane = axes[:, ::-1][:, :2]
    # An axis may point either way: the same vectors should give the same map.
    plane = plane * np.sign(plane[np.abs(plane).argmax(axis=0), np.arange(plane.shape[1])])
    points = np.zeros((len(vectors), 2))
    points[:, : plane.shape[1]] = apart @ plane
    total = float(values.sum())
    return points, float(values[::-1][:2].sum()) / total if total > 0 else 1.0


def _draw_bars(figure: SubFigure, found: Evaluation) -> None:
    """Draw the shares in one plot and every other measure in one of its own."""
    measures = list(found.results[0].scores.measures)
    others = [name for name in measures if name in NO_SHARES]
    shares = [name for name in measures if name not in NO_SHARES]
    widths = [len(shares) + 1.5, *(1.5 for _ in others)]
    plots = figure.subplots(1, len(widths), width_ratios=widths, squeeze=False)[0]
    for axes, names in zip(plots, [shares, *([name] for name in others)], strict=True):
        for place, result in enumerate(found.results):
            _draw_model(axes, place, result, names, len(found.results))
        axes.set_xticks(range(len(names)), [name.replace(" ", "\n", 1) for name in names])
        axes.tick_params(axis="x", length=0)
        axes.spines[["top", "right"]].set_visible(False)
    for place, name in enumerate(shares):
        if name in found.chance:
            ends = place - _BARS / 2, place + _BARS / 2
            axes = plots[0]
            axes.plot(ends, [found.chance[name]] * 2, color="black", linestyle=":", linewidth=1)
    plots[0].set_ylim(0, 1)
    plots[0].set_title(
        f"Scores with their {LEVEL:.0%} intervals; dotted: a random order", loc="left"
    )
    if len(found.results) > 1:
        handles = plots[0].get_legend_handles_labels()[0]
        figure.legend(handles=handles, loc="outside lower center", ncols=6, frameon=False)


def _draw_model(axes: Axes, place: int, result: Result, names: list[str], models: int) -> None:
    estimates = [result.scores.measures[name] for name in names]
    width = _BARS / models
    axes.bar(
        np.arange(len(names)) + (place - (models - 1) / 2) * width,
        [estimate.value for estimate in estimates],
        0.9 * width,
        # Rounding can leave a certain score a hair outside its interval.
        yerr=[
            [max(estimate.value - estimate.low, 0) for estimate in estimates],
            [max(estimate.high - estimate.value, 0) for estimate in estimates],
        ],
        color=COLOURS[place % len(COLOURS)],
        error_kw={"elinewidth": 1, "ecolor": "black", "capsize": 2},
        label=plain_label(result.stamp.model),
    )


def _draw_map(axes: Axes, result: Result, styles: Mapping[str, Style], found: Evaluation) -> None:
    parts = result.vectors.shape[1]
    points, kept = principal_plane(result.vectors.reshape(-1, result.vectors.shape[2]))
    tracks = points.reshape(-1, parts, 2)
    if parts > 1:
        for number, track in enumerate(tracks):
            axes.plot(*track.T, "o-", color=COLOURS[number % len(COLOURS)], ms=3, lw=0.8, alpha=0.7)
    else:
        shown = [_shown_label(item.labels, styles) for item in found.material.items]
        # The grey ones first: they lie below.
        for label in ("", *styles):
            rows = [row for row, own in enumerate(shown) if own == label]
            colour, marker = styles.get(label, (OTHERS, "."))
            x, y = tracks[rows, 0].T
            axes.scatter(x, y, s=14, color=colour, marker=marker, linewidths=0)
    marks = "a mark for each track" if parts == 1 else "a line from half to half of each track"
    title = f"{plain_label(result.stamp.model)}\n{marks}, {kept:.0%} of the variance"
    axes.set_title(title, loc="left")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_aspect("equal", "datalim")


def _draw_legend(figure: SubFigure, styles: Mapping[str, Style], labels: int) -> None:
    """Name the labels that have a colour, and say how many have none."""
    named = {plain_label(label): style for label, style in styles.items()}
    if labels > len(styles):
        named[f"{labels - len(styles)} other labels"] = (OTHERS, ".")
    handles = [
        Line2D([], [], color=colour, marker=marker, linestyle="", label=name)
        for name, (colour, marker) in named.items()
    ]
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=6, frameon=False)


def _styles(found: Evaluation) -> dict[str, Style]:
    """Give the commonest labels a colour and a marker each."""
    looks = [(colour, marker) for marker in MARKERS for colour in COLOURS]
    names = label_counts(found.material) if found.task == LABELS else {}
    return dict(zip(names, looks, strict=False))


def _shown_label(labels: tuple[str, ...], styles: Mapping[str, Style]) -> str:
    return next((label for label in labels if label in styles), "")


def plain_label(text: str) -> str:
    """Return a name as matplotlib takes it for text: no formula, no hidden entry, not too long."""
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    shown = f" {short}" if short.startswith("_") else short
    return printable(shown).replace("$", r"\$")
