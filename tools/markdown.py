"""Parts of a Markdown page that a program writes, between marks that only it reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from models.types import SettingsError
from tools.files import write_whole


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table: the first column to the left, the others, which are numbers, to the right."""
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def check_parts(page: Path, *names: str) -> None:
    """Say before all the work that a page could not take these parts after it.

    Raises
    ------
    SettingsError
        The page is not there, cannot be read, or has no such marks.
    """
    for name in names:
        _around(page, name)


def replace_part(page: Path, name: str, text: str) -> None:
    """Put a text between the marks ``<!-- NAME -->`` and ``<!-- end of NAME -->`` of a page.

    Raises
    ------
    SettingsError
        The page is not there, cannot be written, or has no such marks; it is as it was.
    """
    before, after = _around(page, name)
    content = f"{before}\n\n{text.strip()}\n\n{after}"
    write_whole(page, content.encode(), "Mend the folder's permissions, or name another page.")


def _around(page: Path, name: str) -> tuple[str, str]:
    """Return a page up to the end of the first mark, and from the second one on."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    fix = f"Name a page with the lines {begin} and {end}."
    try:
        whole = page.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"The page {page} cannot be read.", fix) from None
    before, found, rest = whole.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SettingsError(f"The page {page} has no place for {name}.", fix)
    return before + begin, end + after


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")
