"""Files that took no part, and why: listed by the reason they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from index.left_out import LeftOut
from tools.screen import printable


def left_out_lines(title: str, files: Sequence[LeftOut], most: int | None = None) -> Iterator[Text]:
    """Render files for a terminal: each reason once, and below it whom it concerns.

    Of more than `most` files, the first are named and the others counted; None names all.
    """
    reasons: dict[str, list[str]] = {}
    for file in files:
        reasons.setdefault(file.sentence, []).append(file.path)
    for reason, paths in reasons.items():
        yield Text.assemble((f"{title}: ", "yellow"), printable(reason))
        yield from (Text(f"  {printable(path)}") for path in paths[:most])
        if most is not None and len(paths) > most:
            yield Text(f"  and {len(paths) - most:,} more")


def left_out_as_json(files: Sequence[LeftOut]) -> list[dict[str, str]]:
    """Render files as plain JSON values."""
    return [{"path": file.path, "why": file.sentence} for file in files]
