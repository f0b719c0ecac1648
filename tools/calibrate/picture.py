"""A calibration as a picture: the curve, and whether matches are what they say."""

from __future__ import annotations

import io
import warnings
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tools.calibrate.isotonic import matches
from tools.calibrate.matching import MatchFit
from tools.calibrate.reliability import Reliability, measure
from tools.evaluate.bootstrap import LEVEL
from tools.evaluate.picture import COLOURS, OTHERS, plain_label

_DPI: Final = 120


def draw_calibration(fit: MatchFit) -> bytes:
    """Draw a calibration as a PNG.

    On the left the match by similarity, over how often each similarity occurs and the shares that
    were counted in each catalogue. On the right the reliability: the share that is alike by match,
    which would lie on the diagonal, before and after.
    """
    with mpl.rc_context({"font.size": 9}), warnings.catch_warnings():
        # The names are people's own, and no font has every letter.
        warnings.filterwarnings("ignore", "Glyph .* missing")
        figure = Figure(figsize=(10, 5.4), layout="constrained")
        curve, reliability = figure.subplots(1, 2)
        _draw_curve(curve, fit)
        _draw_reliability(reliability, fit)
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=_DPI)
    return picture.getvalue()


def _draw_curve(axes: Axes, fit: MatchFit) -> None:
    pairs = fit.pairs
    least = min(float(pairs.similarities.min()), fit.knots[0][0])
    counts, edges = np.histogram(
        pairs.similarities, bins=40, range=(least, 1), weights=pairs.weights
    )
    axes.bar(
        edges[:-1],
        0.25 * counts / counts.max(),
        np.diff(edges),
        align="edge",
        color=OTHERS,
        alpha=0.5,
        label="how often a similarity occurs",
    )
    several = len(fit.sources) > 1
    for place, source in enumerate(fit.sources if several else ()):
        own = pairs.only(pairs.sources == place)
        # The bins of a source are by similarity: its match rises with it.
        found = measure(own, (own.similarities + 1) / 2)
        x = [2 * each.match - 1 for each in found.bins]
        colour = COLOURS[(place + 1) % len(COLOURS)]
        y = [each.alike.value for each in found.bins]
        axes.plot(x, y, "o-", color=colour, ms=3, lw=0.8, label=plain_label(source.name))
    line = np.linspace(least, 1, 200)
    axes.plot(line, matches(fit.knots, line), color=COLOURS[0], lw=2, label="match")
    axes.plot(*np.array(fit.knots).T, "o", color=COLOURS[0], ms=4)
    axes.set_xlim(least, 1)
    axes.set_xlabel("similarity")
    axes.set_ylabel("share of pairs with a common label")
    axes.set_title(f"{plain_label(fit.stamp.model)}: from similarity to match", loc="left")
    _finish(axes)


def _draw_reliability(axes: Axes, fit: MatchFit) -> None:
    axes.plot([0, 1], [0, 1], color="black", linestyle=":", linewidth=1)
    _draw_bins(axes, fit.unfitted, OTHERS, "the similarity itself")
    error = fit.held_out.error
    name = f"match, of tracks held out: off by {error.value:.3f} on average"
    _draw_bins(axes, fit.held_out, COLOURS[0], name)
    axes.set_xlim(0, 1)
    axes.set_xlabel("match")
    axes.set_ylabel("share of pairs with a common label")
    axes.set_title(f"Reliability, with {LEVEL:.0%} intervals", loc="left")
    _finish(axes)


def _draw_bins(axes: Axes, found: Reliability, colour: str, name: str) -> None:
    alike = [each.alike for each in found.bins]
    axes.errorbar(
        [each.match for each in found.bins],
        [each.value for each in alike],
        # Rounding can leave a certain share a hair outside its interval.
        yerr=[
            [max(each.value - each.low, 0) for each in alike],
            [max(each.high - each.value, 0) for each in alike],
        ],
        fmt="o-",
        color=colour,
        ms=4,
        lw=1,
        capsize=2,
        label=name,
    )


def _finish(axes: Axes) -> None:
    axes.set_ylim(0, 1)
    axes.spines[["top", "right"]].set_visible(False)
    # Below: the data may lie anywhere within.
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), frameon=False)
