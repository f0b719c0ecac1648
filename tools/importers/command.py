"""What the commands that import have in common: run the job, show what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from index.left_out import LeftOut
from index.origin import Origin
from tools.cli import DONE, NOT_DONE, PARTLY
from tools.importers.job import Entry, NothingChosenError, Unwanted, import_entries
from tools.importers.report import MOST_LISTED, import_as_json, show_import
from tools.left_out import left_out_as_json, left_out_lines
from tools.screen import Screen, report
from tools.settings import read_settings
from tools.stop import carrying_on


def run_import(
    entries: Iterable[Entry | Unwanted],
    directory: Path,
    origin: Origin,
    *,
    noun: str,
    keep: int | None,
    screen: Screen,
    damaged: list[LeftOut],
) -> int:
    """Import entries as `import_entries` does, show it, and return the exit status.

    Parameters
    ----------
    entries, directory, origin, screen, damaged
        As `import_entries` takes them.
    noun : str
        What the data set calls an entry.
    keep : int or None
        Older generations to keep; None for as many as the settings say.
    """
    try:
        with carrying_on():
            done = import_entries(
                entries,
                directory,
                origin,
                keep=keep or read_settings().keep,
                screen=screen,
                damaged=damaged,
            )
    except NothingChosenError as error:
        screen.show(*left_out_lines("Left out", error.left_out, MOST_LISTED))
        report(error, as_json=screen.as_json, more={"left_out": left_out_as_json(error.left_out)})
        return NOT_DONE
    show_import(done, directory, noun, screen)
    screen.answer(import_as_json(done, directory))
    return PARTLY if done.left_out else DONE
