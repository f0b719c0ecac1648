"""`soundalike model calibrate`: what a model's similarities mean, for its card."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from models.cards import find_card
from tools import options
from tools.calibrate.errand import Calibrated, Errand, calibrated_text, put_card, run_errand
from tools.calibrate.report import (
    match_as_json,
    match_lines,
    sameness_as_json,
    sameness_lines,
)
from tools.cli import DONE, NOT_DONE, PARTLY
from tools.compose import runtime_of
from tools.evaluate.sources import EvaluationError
from tools.files import check_picture, write_whole
from tools.left_out import left_out_as_json, left_out_lines
from tools.screen import Screen, printable, report
from tools.settings import read_settings
from tools.stop import carrying_on


@click.command(
    "calibrate",
    epilog="""\b
Example:
  soundalike model calibrate vggish ~/GTZAN --picture reliability.png
  soundalike model calibrate my-model ~/labelled --same ~/Music --out my-model.toml""",
)
@click.argument("name")
@click.argument("sources", metavar="[SOURCE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--same",
    metavar="SOURCE",
    type=click.Path(path_type=Path),
    help="Fit, too, from what similarity on a clip *is* a track, by cuts of the tracks in this "
    "folder or index; they need no labels.",
)
@click.option(
    "--reference",
    metavar="TEXT",
    help="What the card should call the labelled audio; the names of the sources without it.",
)
@click.option(
    "--out",
    metavar="CARD",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the card with the calibration here; it may be the model's own. Nothing is written "
    "without it.",
)
@click.option(
    "--picture",
    metavar="PNG",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the curve and its reliability into this file.",
)
@options.as_json
def command(
    name: str,
    sources: tuple[Path, ...],
    same: Path | None,
    reference: str | None,
    out: Path | None,
    picture: Path | None,
    as_json: bool,
) -> int:
    """Measure what a model's similarities mean, and write it on its card.

    The tracks of each SOURCE, a folder with a folder of audio for each label or an index whose
    tracks have genres, ask for the others as clips of about ten seconds. How often the first ten
    results share a label with the clip, by similarity, becomes the match. Several sources count the
    same. What was heard is kept, so that it can be interrupted, and the same command carries on.

    Exit status 1: done, but some audio could not be heard.
    """
    if not sources and same is None:
        raise click.UsageError("Name labelled audio, or tracks with --same.")
    if picture is not None:
        if not sources:
            raise click.UsageError("The picture shows matches: name labelled audio.")
        check_picture(picture)
    screen = Screen(as_json=as_json)
    settings = read_settings()
    card = find_card(name, settings.home / "models")
    if out is not None:
        _check_card(out, name, card)
    runtime = runtime_of(settings, name, note=screen.note)
    errand = Errand(sources, same, settings.home / "cache" / "evaluate")
    try:
        with carrying_on():
            found = run_errand(errand, runtime, screen)
    except EvaluationError as error:
        screen.show(*left_out_lines("Left out", error.left_out))
        report(error, as_json=as_json, more={"left_out": left_out_as_json(error.left_out)})
        return NOT_DONE
    if out is not None:
        text = calibrated_text(card.read_text("utf-8"), found, errand.command(name), reference)
        put_card(out, text)
    if picture is not None and found.matches:
        from tools.calibrate.picture import draw_calibration  # noqa: PLC0415  (slow to import)

        write_whole(picture, draw_calibration(found.matches), "Name another file with --picture.")
    _show(found, out, picture, screen)
    screen.answer(
        {
            "model": name,
            "calibration": match_as_json(found.matches) if found.matches else None,
            "same": sameness_as_json(found.sameness) if found.sameness else None,
            "card": str(out) if out else None,
        }
    )
    return PARTLY if any(found.left_out) else DONE


def _check_card(out: Path, name: str, card: Path) -> None:
    """Say before all the listening that a card could not be used where it is to be written."""
    if out.name != f"{name}.toml":
        raise click.UsageError(f"A card bears its model's name: give --out a path to {name}.toml.")
    if not out.absolute().parent.is_dir():
        raise click.UsageError(
            f"There is no folder {out.absolute().parent} for the card; the model's own is {card}."
        )


def _show(found: Calibrated, out: Path | None, picture: Path | None, screen: Screen) -> None:
    if found.sameness:
        screen.show(*sameness_lines(found.sameness))
    if found.matches:
        screen.show(*match_lines(found.matches))
    if picture:
        screen.show(Text(f"The picture is in {printable(str(picture))}."))
    if out:
        screen.show(Text(f"The card is in {printable(str(out))}."))
    else:
        screen.show("Nothing was written: --out CARD writes the model's card with it.")
