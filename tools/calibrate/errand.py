"""The whole of a calibration: listening, fitting, and the card that says it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.left_out import LeftOut
from models.pool import WorkerPool
from models.runtime import Runtime
from models.types import SettingsError
from tools.calibrate.gather import gather, name_of
from tools.calibrate.matching import MatchFit, fit_matches
from tools.calibrate.report import recognised_of, reference_of, reliability_of
from tools.calibrate.sameness import SamenessFit, fit_sameness
from tools.cards import with_sections, write_card_text
from tools.compose import OWN_FILES
from tools.screen import Screen


@dataclass(frozen=True, slots=True)
class Errand:
    """What is wanted.

    Attributes
    ----------
    labelled : tuple of Path
        Labelled audio to fit matches on; none for no matches.
    same : Path or None
        Tracks to fit on what is one and the same.
    kept : Path
        Where to keep what is heard.
    """

    labelled: tuple[Path, ...]
    same: Path | None
    kept: Path

    def command(self, model: str) -> str:
        """Return the command line of this, with the names of folders in the place of paths."""
        same = ["--same", name_of(self.same)] if self.same else []
        words = (model, *map(name_of, self.labelled), *same)
        return shlex.join(["soundalike", "model", "calibrate", *words])


@dataclass(frozen=True, slots=True, eq=False)
class Calibrated:
    """What it came to; None where it was not asked for."""

    matches: MatchFit | None
    sameness: SamenessFit | None

    @property
    def left_out(self) -> Iterator[LeftOut]:
        """What took no part."""
        for fit in (self.matches, self.sameness):
            if fit:
                yield from fit.left_out


def run_errand(errand: Errand, runtime: Runtime, screen: Screen) -> Calibrated:
    """Listen and fit.

    Raises
    ------
    EvaluationError
        There is too little to fit on.
    SoundalikeError
        A source is not there, an index is another model's, or ffmpeg lacks an encoder.
    """
    same, sameness = None, runtime.card.sameness
    if errand.same is not None:
        tracks = gather(errand.same, runtime, errand.kept, screen=screen)
        with WorkerPool(runtime, limits=OWN_FILES, decoders=1) as listener:
            same = fit_sameness(tracks, listener, screen=screen)
        sameness = same.sameness
    named = [
        (name_of(place), gather(place, runtime, errand.kept, screen=screen))
        for place in errand.labelled
    ]
    return Calibrated(fit_matches(named, sameness, screen=screen) if named else None, same)


def calibrated_text(
    text: str, found: Calibrated, made_by: str, reference: str | None = None
) -> str:
    """Return a card's text with a calibration in it.

    Parameters
    ----------
    text : str
        Of the model's card.
    found : Calibrated
    made_by : str
        The command that found it.
    reference : str or None
        What to call what the matches were measured on; None for names and counts.
    """
    sections: dict[str, dict[str, Any]] = {}
    if found.matches:
        section = calibration_section(found.matches, reference)
        sections["calibration"] = {"made_by": made_by, **section}
    if found.sameness:
        sections["same"] = {
            "made_by": made_by,
            "long": found.sameness.sameness.long,
            "short": found.sameness.sameness.short,
            "twin": found.sameness.sameness.twin,
            "measured": recognised_of(found.sameness),
        }
    return with_sections(text, sections)


def calibration_section(fit: MatchFit, reference: str | None = None) -> dict[str, Any]:
    """Return the fields of a card that say how similarities become matches."""
    counted = reference_of(fit)
    return {
        "reference": f"{reference} ({counted})" if reference else counted,
        "measured": reliability_of(fit),
        "knots": [list(knot) for knot in fit.knots],
    }


def put_card(path: Path, text: str) -> None:
    """Write a card in one step.

    Raises
    ------
    SettingsError
        It cannot be written; what was there is as it was.
    """
    try:
        write_card_text(path, text)
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written: {error.strerror or error}.", "Name another file with --out."
        ) from error
