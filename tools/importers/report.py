"""What an import came to, on a screen and as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from rich.text import Text

from bot.times import clock
from tools.built import holding
from tools.importers.job import Imported
from tools.left_out import left_out_as_json, left_out_lines
from tools.screen import Screen, counted

MOST_LISTED: Final = 10
"""So many are named for each reason; `--json` names them all."""


def show_import(done: Imported, directory: Path, noun: str, screen: Screen) -> None:
    """Print what was left out and why first, the sum last.

    Parameters
    ----------
    done : Imported
    directory : Path
        The index.
    noun : str
        What the data set calls an entry.
    screen : Screen
    """
    screen.show(*left_out_lines("Left out", done.left_out, MOST_LISTED))
    parts = [f"{done.chosen:,} of {counted(done.entries, noun)} chosen", f"{done.added:,} new"]
    parts += [f"{done.kept:,} known before"] if done.kept else []
    parts += [f"{done.gone:,} not chosen any more"] if done.gone else []
    parts += [f"{len(done.left_out):,} left out"] if done.left_out else []
    screen.show(
        Text(f"{', '.join(parts)}, in {clock(done.seconds)}."),
        holding(done.manifest, directory, published=done.published),
    )


def import_as_json(done: Imported, directory: Path) -> dict[str, Any]:
    """Return an import as plain JSON values."""
    return {
        "index": str(directory),
        "published": done.published,
        "tracks": done.manifest.tracks,
        "windows": done.manifest.windows,
        "model": done.manifest.stamp.model,
        "space": done.manifest.stamp.space,
        "entries": done.entries,
        "chosen": done.chosen,
        "added": done.added,
        "kept": done.kept,
        "gone": done.gone,
        "damaged": done.damaged,
        "seconds": round(done.seconds, 2),
        "left_out": left_out_as_json(done.left_out),
    }
