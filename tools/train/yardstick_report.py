"""What the yardstick came to, for a terminal, as JSON and as Markdown: renderers of one value."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from tools.evaluate.bootstrap import LEVEL, RESAMPLES, SEED, Estimate
from tools.evaluate.report import scores_as_json
from tools.markdown import markdown_table
from tools.train.trials import Trial
from tools.train.yardstick import ALL, Report

SHOWN = ("P@1", "P@5", "MAP")
AGREEMENT = "agreement"
CHANCE = "chance"

_NAMES = {"esc10": "ESC-10", "philharmonia": "instruments", "music": "same track"}
_QUESTIONS = {
    "esc10": "ESC-10, folds 4 and 5: is the nearest other recording the same kind of sound?",
    "philharmonia": "Five instruments: is the nearest note by the same one?",
    "music": "Same track: is the nearest window from the same piece of music?",
}


def report_lines(report: Report) -> Iterator[RenderableType]:
    """Render a report for a terminal: a table for each test set, then the differences."""
    for trial in ordered(report):
        yield Text(f"\n{title(trial)}", "bold")
        yield _table(_headings(report), score_rows(report, trial))
    for (one, other), by_trial in report.differences.items():
        yield Text(f"\n{one} less {other}, on the same queries", "bold")
        yield _table(("", *SHOWN), difference_rows(report, by_trial))
    if report.agreement:
        yield Text(f"\n{_about_agreement(report)}", "dim")
    yield Text(f"\n{_about_intervals()}", "dim")


def report_as_json(report: Report) -> dict[str, Any]:
    """Render a report as plain JSON values."""
    return {
        "sets": {
            trial.name: {
                "pieces": len(trial.labels),
                "labels": len(set(trial.labels)),
                "recordings": len(set(trial.recordings)),
            }
            for trial in ordered(report)
        },
        "scores": {
            model: {trial: scores_as_json(scores) for trial, scores in by_trial.items()}
            for model, by_trial in report.scores.items()
        },
        "chance": {trial: dict(values) for trial, values in report.chance.items()},
        "differences": [
            {
                "model": one,
                "less": other,
                "sets": {
                    trial: {name: asdict(estimate) for name, estimate in measures.items()}
                    for trial, measures in by_trial.items()
                },
            }
            for (one, other), by_trial in report.differences.items()
        ],
        "rank_agreement": {model: dict(values) for model, values in report.agreement.items()},
        "intervals": {
            "level": LEVEL,
            "method": "percentile bootstrap",
            "resampled": "recordings",
            "resamples": RESAMPLES,
            "seed": SEED,
        },
    }


def report_as_markdown(report: Report) -> str:
    """Render a report as Markdown."""
    parts = []
    for trial in ordered(report):
        parts.append(f"**{title(trial)}**")
        parts.append(markdown_table(_headings(report), score_rows(report, trial)))
    parts.append(_about_intervals())
    if report.agreement:
        parts.append(_about_agreement(report))
    if report.differences:
        parts.append("**Differences, on the same queries** (above zero: the first one is better)")
        rows = [
            (f"{one} − {other}", *row)
            for (one, other), by_trial in report.differences.items()
            for row in difference_rows(report, by_trial)
        ]
        parts.append(markdown_table(("", "", *SHOWN), rows))
    return "\n\n".join(parts)


def summary_as_markdown(report: Report) -> str:
    """Render a report as one table without intervals: P@1, MAP and agreement for each test set."""
    trials = ordered(report)
    rows = []
    for model, by_trial in report.scores.items():
        cells = []
        for trial in trials:
            measures = by_trial[trial.name].measures
            shown = [_number(measures[name].value) for name in ("P@1", "MAP")]
            agreement = report.agreement.get(model, {}).get(trial.name)
            cells.append(" / ".join(shown + ([] if agreement is None else [_number(agreement)])))
        rows.append((model, *cells))
    headings = ("P@1 / MAP / agreement", *(short_name(trial) for trial in trials))
    return markdown_table(headings, rows)


def ordered(report: Report) -> list[Trial]:
    """Return the test sets in the order they are shown in."""
    known = list(_NAMES)
    return sorted(
        report.trials,
        key=lambda trial: known.index(trial.name) if trial.name in known else len(known),
    )


def short_name(trial: Trial) -> str:
    """Name a test set in a few words."""
    return _NAMES.get(trial.name, trial.name)


def title(trial: Trial) -> str:
    """Say what a test set asks, and of how much."""
    return (
        f"{_QUESTIONS.get(trial.name, trial.name)} ({len(trial.labels)} pieces of "
        f"{len(set(trial.recordings))} recordings, {len(set(trial.labels))} labels)"
    )


def score_rows(report: Report, trial: Trial) -> Iterator[tuple[str, ...]]:
    """Yield a row for each model and one for chance: name, `SHOWN`, agreement."""
    for model, by_trial in report.scores.items():
        measures = by_trial[trial.name].measures
        agreement = report.agreement.get(model, {}).get(trial.name)
        ranks = ("–" if agreement is None else _number(agreement),) if report.agreement else ()
        yield (model, *(_estimate(measures[name]) for name in SHOWN), *ranks)
    chance = report.chance[trial.name]
    yield (
        CHANCE,
        *(_number(chance[name]) if name in chance else "–" for name in SHOWN),
        *(("–",) if report.agreement else ()),
    )


def difference_rows(
    report: Report, by_trial: Mapping[str, Mapping[str, Estimate]]
) -> Iterator[tuple[str, ...]]:
    """Yield a row for each test set: its name, and by how much `SHOWN` differ."""
    for trial in ordered(report):
        measures = by_trial[trial.name]
        yield (short_name(trial), *(_estimate(measures[name], sign="+") for name in SHOWN))


def _headings(report: Report) -> tuple[str, ...]:
    return ("", *SHOWN, *((AGREEMENT,) if report.agreement else ()))


def _about_intervals() -> str:
    return (
        f"In brackets: the {LEVEL:.0%} interval, from {RESAMPLES:,} bootstrap resamples of the "
        f"recordings, songs of one artist together (seed {SEED})."
    )


def _about_agreement(report: Report) -> str:
    together = ", ".join(
        f"{model} {_number(values[ALL])}" for model, values in report.agreement.items()
    )
    return (
        "Agreement is Spearman's rank correlation of a model's similarities of all pairs of "
        f"pieces with the teacher's. Over the pieces of all the sets together: {together}."
    )


def _estimate(estimate: Estimate, sign: str = "") -> str:
    value = _number(estimate.value, sign=sign)
    low, high = (_number(bound, 2, sign) for bound in (estimate.low, estimate.high))
    return f"{value} ({low} to {high})" if sign else f"{value} ({low}–{high})"


def _number(value: float, digits: int = 3, sign: str = "") -> str:
    """Write a share without the zero before its point."""
    text = f"{value:{sign}z.{digits}f}".replace("-", "−")
    return text.replace("0.", ".", 1) if abs(float(f"{value:.{digits}f}")) < 1 else text


def _table(headings: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left", no_wrap=not place)
    for row in rows:
        table.add_row(*row)
    return table
