"""What an unfinished build left, and the one at work was not asked for."""

from __future__ import annotations

from collections.abc import Container, Iterable

from index.builder import IndexBuilder
from index.places import StrPath
from tools.screen import Screen, as_called, counted


def set_aside(
    builder: IndexBuilder,
    screen: Screen,
    places: Iterable[StrPath] = (),
    entries: Container[str] = frozenset(),
) -> None:
    """Leave what an unfinished build found elsewhere to another one, and say so.

    Parameters
    ----------
    builder : IndexBuilder
        What lies in its sources is no part of that.
    screen : Screen
    places : iterable of path
        Folders, files and addresses that are asked for beside its sources.
    entries : container of str
        Addresses that are asked for, where there are very many.
    """
    if waiting := builder.set_aside([*builder.sources, *places], entries):
        screen.note(
            f"An unfinished build left {counted(len(waiting), 'file')} of other sources, such as "
            f"{waiting[0]}. What was heard of them is kept until a build names them, or "
            f"{as_called('`soundalike index remove`')} does."
        )
