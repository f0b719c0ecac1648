"""`Recommendations` as a terminal sees them: one renderer of the one answer."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from bot.times import clock
from bot.words import ENGLISH
from models.types import Recommendation, Recommendations, Track
from tools.screen import printable

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_BAR_CELLS = 8
_ID_MARKS = 12  # as many as tell the tracks of any index apart


def answer_lines(answer: Recommendations) -> Iterator[RenderableType]:
    """Render an answer: what was heard, what it is, what sounds like it, what to know."""
    clip = answer.clip
    heard = Text.assemble((printable(clip.name), "bold"), " · ")
    # Of tracks that were never heard here, only others know how long they are.
    times = f"{clock(clip.start)}–{clock(clip.end)}, " if clip.end > clip.start else ""
    heard.append(f"{times}heard with {clip.model}", "dim")
    yield heard
    if answer.same is not None:
        same = Text("This is ", "green").append_text(name_of(answer.same))
        yield same.append(" (left out below)", "dim")
    if answer.results:
        yield results_table(answer.results)
        yield from _places(answer.results)
    elif answer.same is not None:
        yield Text("There is nothing else in this index.")
    else:
        yield Text("Nothing in this index can be compared with it.")
    for note in clip.notes:
        yield Text(printable(note), "yellow")
    if "total" in answer.timing:
        yield Text(f"{answer.timing['total']:.2f} s", "dim")


def results_table(results: Sequence[Recommendation], *, widths: tuple[int, int] = (0, 0)) -> Table:
    """Render ranked tracks.

    Parameters
    ----------
    results : sequence of Recommendation
    widths : (int, int)
        The least widths of the columns for track and artist, so that tables can be aligned.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", justify="right", style="dim")
    table.add_column("track", overflow="fold", min_width=widths[0])
    table.add_column("artist", overflow="fold", min_width=widths[1])
    table.add_column("similarity", no_wrap=True)
    calibrated = any(result.match is not None for result in results)
    if calibrated:
        table.add_column("match", justify="right", no_wrap=True)
    table.add_column("at", justify="right", no_wrap=True)
    for result in results:
        track = result.track
        table.add_row(
            str(result.rank),
            Text(printable(track.title), "bold"),
            Text(printable(track.artist), style="" if track.artist_known else "dim"),
            similarity_bar(result.similarity),
            *([_match(result.match)] if calibrated else []),
            clock(result.at),
        )
    return table


def _match(match: float | None) -> str:
    return "–" if match is None else ENGLISH.percent(match)


def name_of(track: Track) -> Text:
    """Render title and artist of a track."""
    name = Text(printable(track.title), "bold")
    return name.append(f" by {printable(track.artist)}", "not bold") if track.artist else name


def similarity_bar(similarity: float) -> Text:
    """Render a similarity in [-1, 1] as a number and a bar from 0 to 1."""
    eighths = round(min(max(similarity, 0.0), 1.0) * _BAR_CELLS * 8)
    full, rest = divmod(eighths, 8)
    bar = ("█" * full + _EIGHTHS[rest]).rstrip().ljust(_BAR_CELLS)
    return Text.assemble(f"{similarity:6.3f} ", (bar, "green"))


def _places(results: Sequence[Recommendation]) -> Iterator[Text]:
    """Say where each track can be heard: below the table, which would break what is copied."""
    yield Text("\nwhere it is, and its id to ask for more like it", "dim")
    digits = len(str(max(result.rank for result in results)))
    for result in results:
        track = result.track
        where = printable(track.url or _short(track.path))
        known = f"track:{printable(track.id[:_ID_MARKS])}"
        yield Text("  ".join(filter(None, (f"{result.rank:>{digits}}", where, known))), "dim")


def _short(path: str) -> str:
    """Return a path from here or from home where that is shorter, still good for pasting."""
    if not path:
        return ""
    shapes = [path, os.path.relpath(path)]
    home = Path("~").expanduser() if "HOME" in os.environ else None
    if home and Path(path).is_relative_to(home):
        shapes.append(f"~/{Path(path).relative_to(home)}")
    return min(shapes, key=len)
