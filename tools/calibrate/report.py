"""What a calibration came to, for a terminal and for programs: renderers of its values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from tools.calibrate.matching import MatchFit
from tools.calibrate.pairs import RESULTS
from tools.calibrate.reliability import Reliability
from tools.calibrate.sameness import SamenessFit
from tools.evaluate.bootstrap import LEVEL, RESAMPLES, SEED, Estimate
from tools.left_out import left_out_as_json, left_out_lines
from tools.screen import counted, printable


def match_lines(fit: MatchFit) -> Iterator[RenderableType]:
    """Render how similarities become matches: what on, how reliable, and the knots."""
    yield from left_out_lines("Left out", fit.left_out)
    for note in fit.notes:
        yield Text(printable(note), "yellow")
    headings = "tracks", "labels", "pairs", "alike", "mean match", "calibration error"
    sources = _table("", *headings)
    for each in fit.sources:
        counts = f"{each.tracks:,}", f"{each.labels:,}", f"{each.pairs:,}"
        shares = f"{each.alike:.1%}", f"{each.match:.1%}"
        sources.add_row(printable(each.name), *counts, *shares, _cell(each.held_out.error))
    yield sources
    scores = _table("", "Brier score", "log loss", "calibration error")
    for name, found in _compared(fit).items():
        cells = (_cell(each) for each in (found.brier, found.log_loss, found.error))
        scores.add_row(name, *cells)
    yield scores
    yield Text(
        f"In brackets: the {LEVEL:.0%} interval, from {RESAMPLES:,} bootstrap resamples of those "
        "who ask. Less is better. Matches are held out: by knots that were fitted on clips and "
        "results of others.",
        "dim",
    )
    yield _knots(fit)


def sameness_lines(fit: SamenessFit) -> Iterator[RenderableType]:
    """Render what counts as one and the same, and what it recognises."""
    yield from left_out_lines("Left out", fit.left_out)
    for one, other in fit.duplicates:
        yield Text.assemble(("The same audio: ", "yellow"), printable(f"{one} and {other}"))
    for note in fit.notes:
        yield Text(printable(note), "yellow")
    found = _table("cuts", "", "recognised", "its track is first", "passes for a twin")
    for each in fit.recognised:
        twins = "–" if each.twins is None else _percent(each.twins)
        found.add_row(
            f"{each.cuts} of {each.seconds:.0f} s",
            each.way,
            _percent(each.named),
            f"{each.first:.1%}",
            twins,
        )
    yield found
    limits = _table("", "threshold", "nearest strangers")
    names = {"long": "clips of about 14 s and more", "short": "shorter clips", "twin": "twins"}
    for key, name in names.items():
        threshold, stranger = getattr(fit.sameness, key), getattr(fit.strangers, key)
        limits.add_row(name, f"{threshold:.3f}", f"{stranger:.3f}")
    yield limits
    yield Text(f"{_alarms(fit).capitalize()}.")


def match_as_json(fit: MatchFit) -> dict[str, Any]:
    """Render a calibration as plain JSON values."""
    return {
        "knots": [list(knot) for knot in fit.knots],
        "pairs": len(fit.pairs),
        "results": RESULTS,
        "alike": round(fit.pairs.share, 6),
        "sources": [
            {
                **asdict(each),
                "alike": round(each.alike, 6),
                "match": round(each.match, 6),
                "held_out": _reliability(each.held_out),
            }
            for each in fit.sources
        ],
        "reliability": {
            "held_out": _reliability(fit.held_out),
            "similarity_as_it_is": _reliability(fit.unfitted),
            "share_of_all": _reliability(fit.constant),
            "whole_tracks_ask": _reliability(fit.whole) if fit.whole else None,
        },
        "intervals": {"level": LEVEL, "resamples": RESAMPLES, "seed": SEED},
        "notes": list(fit.notes),
        "left_out": left_out_as_json(fit.left_out),
    }


def sameness_as_json(fit: SamenessFit) -> dict[str, Any]:
    """Render thresholds as plain JSON values."""
    return {
        **asdict(fit.sameness),
        "strangers": {name: round(value, 6) for name, value in asdict(fit.strangers).items()},
        "tracks": fit.tracks,
        "catalogue": fit.catalogue,
        "false_alarms": asdict(fit.false_alarms),
        "duplicates": [list(pair) for pair in fit.duplicates],
        "notes": list(fit.notes),
        "recognised": [
            {
                "way": each.way,
                "seconds": each.seconds,
                "cuts": each.cuts,
                "recognised": _rounded(each.named),
                "first": round(each.first, 6),
                "twins": None if each.twins is None else _rounded(each.twins),
            }
            for each in fit.recognised
        ],
        "left_out": left_out_as_json(fit.left_out),
    }


def reference_of(fit: MatchFit) -> str:
    """Say in words what matches were measured on, for a card."""
    sources = ", ".join(
        f"{each.name} ({counted(each.tracks, 'track')}, {counted(each.labels, 'label')})"
        for each in fit.sources
    )
    each = ", each counting as much" if len(fit.sources) > 1 else ""
    short = "" if fit.whole else " among tracks that are as short"
    return f"{sources}{each}; clips of 9.6 s and their first {RESULTS} results{short}"


def reliability_of(fit: MatchFit) -> str:
    """Say in words how far matches can be relied on, for a card."""
    brier, error = fit.held_out.brier, fit.held_out.error
    each = ", ".join(
        f"{source.name} {source.held_out.error.value:.3f}, {source.alike:.1%} alike"
        for source in fit.sources
    )
    return (
        f"{len(fit.pairs):,} pairs, {fit.pairs.share:.1%} alike; of tracks held out: "
        f"Brier score {brier.value:.3f} ({fit.constant.brier.value:.3f} for the share of all), "
        f"calibration error {error.value:.3f} ({error.low:.3f}–{error.high:.3f})"
        + (f"; each alone: {each}" if len(fit.sources) > 1 else "")
    )


def recognised_of(fit: SamenessFit) -> str:
    """Say in words what the thresholds recognise, for a card."""
    shares = "; ".join(
        f"{each.cuts} of {each.seconds:.0f} s {each.way}: {each.named.value:.0%}"
        for each in fit.recognised
    )
    return (
        f"cuts of {fit.tracks} tracks among {fit.catalogue}, recognised of {shares}; {_alarms(fit)}"
    )


def _alarms(fit: SamenessFit) -> str:
    found = fit.false_alarms
    return (
        f"false alarms, of tracks held out: {found.cuts:,} of {found.of_cuts:,} cuts whose own "
        f"track is not there, {found.twins:,} of {found.of_twins:,} pairs that might be twins"
    )


def _compared(fit: MatchFit) -> dict[str, Reliability]:
    return {
        "match, of tracks held out": fit.held_out,
        **({"match, whole tracks ask": fit.whole} if fit.whole else {}),
        "the share of all": fit.constant,
        "the similarity itself": fit.unfitted,
    }


def _knots(fit: MatchFit) -> Table:
    knots = _table("similarity", *(f"{similarity:.2f}" for similarity, _ in fit.knots))
    knots.add_row("match", *(f"{match:.0%}" for _, match in fit.knots))
    return knots


def _table(first: str, *headings: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(first)
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def _cell(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} ({estimate.low:.3f}–{estimate.high:.3f})"


def _percent(estimate: Estimate) -> str:
    return f"{estimate.value:.1%} ({estimate.low:.0%}–{estimate.high:.0%})"


def _rounded(estimate: Estimate) -> dict[str, float]:
    return {part: round(value, 6) for part, value in asdict(estimate).items()}


def _reliability(found: Reliability) -> dict[str, Any]:
    return {
        "brier": _rounded(found.brier),
        "log_loss": _rounded(found.log_loss),
        "calibration_error": _rounded(found.error),
        "bins": [
            {
                "match": round(each.match, 6),
                "alike": _rounded(each.alike),
                "share": round(each.share, 6),
            }
            for each in found.bins
        ],
    }
