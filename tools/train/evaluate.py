"""Scores models beside their teacher, the statistics, untrained networks and chance.

``python -m tools.train.evaluate DATA --model MODEL.onnx [--model …] [--teacher YAMNET.tflite]``
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from models.cards import load_card
from models.types import SettingsError
from tools.cards import with_sections, write_card_text
from tools.cli import main_of
from tools.files import check_picture, write_whole
from tools.markdown import check_parts, replace_part
from tools.train.card import evaluation_of
from tools.train.hearing import Heard, hear
from tools.train.known import read_table, shipped_mean
from tools.train.listeners import (
    TEACHER,
    Listener,
    card_listener,
    file_listener,
    random_vggish_listener,
    teacher_listener,
    untrained_listener,
)
from tools.train.sources import Recording, list_recordings
from tools.train.trials import Trial
from tools.train.yardstick import Pair, Report, compare
from tools.train.yardstick_picture import draw_report
from tools.train.yardstick_report import (
    report_as_json,
    report_as_markdown,
    report_lines,
    summary_as_markdown,
)

KEPT = Path(".soundalike/yardstick")
PART, PART_WITH_SILENCE = "quality", "quality with silence"
"""The parts of a page that the Markdown goes into: all of it, and a summary."""

STATISTICS = "librosa-stats"
"""The classical floor, a bundled model."""

_INT8 = "-int8"


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """The scores, those where silence takes part, and what each model heard, by its name."""

    report: Report
    with_silence: Report
    heard: Mapping[str, Heard]


def evaluate(
    recordings: Sequence[Recording],
    listeners: Sequence[Listener],
    *,
    kept: Path,
    console: Console | None = None,
) -> Evaluated:
    """Let models listen and score them, with the differences that matter.

    Parameters
    ----------
    recordings : Sequence of Recording
    listeners : Sequence of Listener
        Students and what they are to be seen beside, in the order of the tables.
    kept : Path
        Where what they hear is kept.
    console : Console or None
        Where progress is shown.

    Returns
    -------
    Evaluated

    Raises
    ------
    SettingsError
        Two models have one name, or there is nothing to hear or to find.
    """
    _check_names(listeners)
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()
    shown = console or Console(quiet=True)
    with Progress(*columns, TimeRemainingColumn(), console=shown) as bars:
        task = bars.add_task("listen", total=len(recordings) * len(listeners))
        found = hear(
            recordings, listeners, kept=kept, advance=lambda count: bars.advance(task, count)
        )
    return Evaluated(
        _score(found.trials, found.heard, listeners),
        _score(found.trials, found.with_silence, listeners),
        found.heard,
    )


def pairs_of(listeners: Sequence[Listener]) -> list[Pair]:
    """Return whose differences matter: students less others, an int8 file less its source."""
    sources = _sources(listeners)
    rounded = [name for name, _ in sources]
    students = [each.name for each in listeners if each.student and each.name not in rounded]
    others = {each.name for each in listeners} & {TEACHER, STATISTICS}
    return [(name, other) for name in students for other in sorted(others)] + sources


def company(teacher: Path | None, seed: int, *, half: bool = False) -> list[Listener]:
    """Return what students are seen beside: what has learnt nothing, statistics, the teacher.

    Parameters
    ----------
    teacher : Path or None
        Its TensorFlow Lite file.
    seed : int
        Of the weights of a student that has learnt nothing.
    half : bool
        Whether that one is of half the width.
    """
    taught = [] if teacher is None else [teacher_listener(teacher)]
    statistics = card_listener(load_card(STATISTICS, KEPT))
    return [random_vggish_listener(), untrained_listener(seed, half=half), statistics, *taught]


def line_up(students: Sequence[Listener], others: Sequence[Listener]) -> list[Listener]:
    """Return everybody in the order of the tables: the teacher comes last."""
    taught = [each for each in others if each.name == TEACHER]
    return [*(each for each in others if each.name != TEACHER), *students, *taught]


def check_places(page: Path | None, picture: Path | None, card: Path | None = None) -> None:
    """Say before all the work that `publish` would fail after it.

    Raises
    ------
    SettingsError, ModelError, click.UsageError
        The page has no place for scores; the card is none; the picture is no PNG, or has no folder.
    """
    if card is not None:
        read_table(card)
    if page is not None:
        check_parts(page, PART, PART_WITH_SILENCE)
    if picture is not None:
        check_picture(picture)


def publish(
    found: Evaluated, page: Path | None, picture: Path | None, card: Path | None = None
) -> None:
    """Write scores into a page, between its marks, and into a card, and draw them, as is wanted.

    Raises
    ------
    SettingsError
        One of them cannot be written, or the page has no place for it.
    """
    if page is not None:
        replace_part(page, PART, report_as_markdown(found.report))
        replace_part(page, PART_WITH_SILENCE, summary_as_markdown(found.with_silence))
    if card is not None:
        evaluation = {"evaluation": evaluation_of(found.report)}
        write_card_text(card, with_sections(card.read_text("utf-8"), evaluation))
    if picture is not None:
        write_whole(picture, draw_report(found.report), "Name another file with --picture.")


def _score(
    trials: Sequence[Trial], heard: dict[str, Heard], listeners: Sequence[Listener]
) -> Report:
    for name, source in _sources(listeners):
        # Two files of one model have one card, and it has one mean.
        heard[name] = replace(heard[name], mean=heard[source].mean)
    reference = TEACHER if TEACHER in heard else None
    return compare(trials, heard, pairs=pairs_of(listeners), reference=reference)


def _sources(listeners: Sequence[Listener]) -> list[Pair]:
    """Return each int8 file that takes part with the file it was made of."""
    names = [listener.name for listener in listeners if listener.student]
    pairs = [(name, name.removesuffix(_INT8)) for name in names if name.endswith(_INT8)]
    return [(name, source) for name, source in pairs if source in names]


def _check_names(listeners: Sequence[Listener]) -> None:
    counts = Counter(listener.name for listener in listeners)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise SettingsError(
            f"Two models would be called {twice[0]} in the tables.",
            "A model is called by its file's name: rename one of the files.",
        )


@click.command("train.evaluate")
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--model",
    "models",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    required=True,
    help="An ONNX file; may be given more than once.",
)
@click.option("--teacher", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--seed", default=1, show_default=True, help="Of the untrained twin's weights.")
@click.option("--silence", is_flag=True, help="Print what they score where silence takes part.")
@click.option("--work", type=click.Path(path_type=Path), default=KEPT, show_default=True)
@click.option("--markdown", type=click.Path(dir_okay=False, path_type=Path), help="A page.")
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path), help="A PNG.")
@click.option(
    "--card",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A card, whose scores are written anew; all else that it says stays.",
)
@click.option("--json", "to_json", is_flag=True, help="Print JSON instead of tables.")
def main(
    data: Path,
    models: tuple[Path, ...],
    teacher: Path | None,
    seed: int,
    markdown: Path | None,
    picture: Path | None,
    card: Path | None,
    **options: Any,
) -> None:
    r"""Score models on the test side of DATA, beside their teacher and untrained networks.

    What a model hears is kept in the work folder: a second run is quick.

    \b
    Example:
      python -m tools.train.evaluate DATA --model models/vggish_small.onnx --teacher yamnet.tflite
    """
    check_places(markdown, picture, card)
    students = [file_listener(path, shipped_mean(path)) for path in models]
    found = evaluate(
        list_recordings(data),
        line_up(students, company(teacher, seed)),
        kept=options["work"],
        console=Console(stderr=True),
    )
    publish(found, markdown, picture, card)
    report = found.with_silence if options["silence"] else found.report
    if options["to_json"]:
        click.echo(json.dumps(report_as_json(report), indent=2))
    else:
        Console().print(*report_lines(report))


if __name__ == "__main__":
    main_of(main)
