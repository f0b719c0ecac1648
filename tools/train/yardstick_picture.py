"""The yardstick as a picture: bars with their intervals, a colour for each model."""

import io
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tools.evaluate.bootstrap import LEVEL
from tools.evaluate.picture import COLOURS
from tools.train.trials import Trial
from tools.train.yardstick import Report
from tools.train.yardstick_report import ordered, short_name

MEASURES = ("P@1", "MAP")

_BARS = 0.86
_DPI = 110


def draw_report(report: Report) -> bytes:
    """Draw a report as a PNG: a plot for each test set, dotted lines for a random order."""
    trials = ordered(report)
    with mpl.rc_context({"font.size": 9}):
        figure = Figure(figsize=(10, 3.9), layout="constrained")
        plots: Sequence[Axes] = figure.subplots(1, len(trials), sharey=True, squeeze=False)[0]
        for axes, trial in zip(plots, trials, strict=True):
            _draw_trial(axes, report, trial)
        plots[0].set_ylim(0, 1)
        plots[0].set_ylabel(f"score and {LEVEL:.0%} interval")
        handles = plots[0].get_legend_handles_labels()[0]
        figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=_DPI)
    return picture.getvalue()


def _draw_trial(axes: Axes, report: Report, trial: Trial) -> None:
    width = _BARS / len(report.scores)
    for place, (model, by_trial) in enumerate(report.scores.items()):
        estimates = [by_trial[trial.name].measures[name] for name in MEASURES]
        axes.bar(
            np.arange(len(MEASURES)) + (place - (len(report.scores) - 1) / 2) * width,
            [estimate.value for estimate in estimates],
            0.92 * width,
            # Rounding can leave a certain score a hair outside its interval.
            yerr=[
                [max(estimate.value - estimate.low, 0) for estimate in estimates],
                [max(estimate.high - estimate.value, 0) for estimate in estimates],
            ],
            color=COLOURS[place % len(COLOURS)],
            error_kw={"elinewidth": 1, "ecolor": "#444444", "capsize": 1.5},
            label=model,
        )
    for place, name in enumerate(MEASURES):
        ends = place - _BARS / 2, place + _BARS / 2
        axes.plot(ends, [report.chance[trial.name][name]] * 2, ":", color="black", linewidth=1)
    axes.set_xticks(range(len(MEASURES)), MEASURES)
    axes.tick_params(axis="x", length=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(f"{short_name(trial)}, {len(trial.labels)} pieces", loc="left")
