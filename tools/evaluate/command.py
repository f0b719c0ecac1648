"""`soundalike evaluate`: how well a model finds what belongs together."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from bot.settings import Settings, expanded
from tools import options
from tools.cli import DONE, NOT_DONE, PARTLY
from tools.compose import runtime_of
from tools.evaluate.evaluation import LABELS, SAME_TRACK, evaluate
from tools.evaluate.report import evaluation_as_json, evaluation_lines
from tools.evaluate.sources import EvaluationError, Material, is_index, read_folder, read_index
from tools.files import check_picture, write_whole
from tools.left_out import left_out_as_json, left_out_lines
from tools.screen import Screen, printable, report
from tools.settings import read_settings
from tools.stop import carrying_on


@click.command(
    "evaluate",
    epilog="""\b
Example:
  soundalike evaluate ~/GTZAN --picture gtzan.png
  soundalike evaluate ~/Music --task same-track --model vggish-small --model my-model
  soundalike evaluate ./records --json""",
)
@click.argument("source", type=click.Path(path_type=Path))
@click.option(
    "--model",
    "models",
    metavar="NAME",
    multiple=True,
    help="The model that listens; more than once to compare; SOUNDALIKE_MODEL without it.",
)
@click.option(
    "--task",
    type=click.Choice([LABELS, SAME_TRACK]),
    default=LABELS,
    show_default=True,
    help="labels: do tracks find those they share a label with? same-track: does one half of a "
    "track find the other? That needs no labels.",
)
@click.option(
    "--filter/--no-filter",
    "filtered",
    default=True,
    show_default=True,
    help="Leave what shares the asker's artist or album out of its answers; for labels.",
)
@click.option(
    "--picture",
    metavar="PNG",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the scores, and a map of the tracks, into this file.",
)
@options.jobs
@options.as_json
def command(
    source: Path,
    models: tuple[str, ...],
    task: str,
    filtered: bool,
    picture: Path | None,
    jobs: int | None,
    as_json: bool,
) -> int:
    """Measure how well a model finds what belongs together, by audio that is labelled.

    SOURCE is a folder with a folder of audio for each label, or an index whose tracks have genres;
    of an index nothing is decoded. Each score comes with its 95 % interval. What was heard is kept
    in the data directory's cache, so that it can be interrupted, and the same command carries on.
    """
    screen = Screen(as_json=as_json)
    place = expanded(str(source))
    if picture is not None:
        check_picture(picture)
    try:
        with carrying_on():
            material = _material(place, models, jobs, screen)
            found = evaluate(material, task, filtered=filtered, screen=screen)
    except EvaluationError as error:
        screen.show(*left_out_lines("Left out", error.left_out))
        report(error, as_json=as_json, more={"left_out": left_out_as_json(error.left_out)})
        return NOT_DONE
    screen.show(*evaluation_lines(found))
    screen.answer({"source": str(place), **evaluation_as_json(found)})
    if picture is not None:
        from tools.evaluate.picture import draw_evaluation  # noqa: PLC0415  (slow to import)

        write_whole(picture, draw_evaluation(found), "Name another file with --picture.")
        screen.show(Text(f"The picture is in {printable(str(picture))}."))
    return PARTLY if found.material.left_out else DONE


def _material(place: Path, models: tuple[str, ...], jobs: int | None, screen: Screen) -> Material:
    if is_index(place):
        if models:
            raise click.UsageError("An index was heard by its own model: leave out --model.")
        return read_index(place)
    settings = read_settings()
    runtimes = [runtime_of(settings, name) for name in dict.fromkeys(models or (settings.model,))]
    return read_folder(place, runtimes, _kept(settings), screen=screen, jobs=jobs)


def _kept(settings: Settings) -> Path:
    return settings.home / "cache" / "evaluate"
