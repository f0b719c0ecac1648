"""`soundalike model list`: the models there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from models.card import ModelCard
from models.cards import list_cards
from models.choice import candidates, known_choice
from tools import options
from tools.install.naming import VGGISH_NAME
from tools.screen import Screen, as_called, printable
from tools.settings import read_settings


@click.command(
    "list",
    epilog="""\b
Example:
  soundalike model list --json""",
)
@options.as_json
def command(as_json: bool) -> None:
    """List every model there is a card for, and which file of it runs here.

    Where a model has several files, the first use times them; until then all that may run are
    named. Unverified are weights that are not known to be those their makers published.
    """
    screen = Screen(as_json=as_json)
    settings = read_settings()
    cards = list_cards(settings.home / "models")
    cache = settings.home / "cache"
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("", "model", "version", "embedding space", "dim", "file", "licence"):
        table.add_column(heading, overflow="fold")
    for card in cards:
        used = "▸" if card.name == settings.model else ""
        name = Text(printable(card.name))
        name.append("" if card.verified else " unverified", "yellow")
        rest = (card.version, card.space, str(card.dim), _running(card, cache), card.licence)
        table.add_row(used, name, *map(printable, rest))
    absent = all(card.name != VGGISH_NAME for card in cards)
    if absent:
        used = "▸" if settings.model == VGGISH_NAME else ""
        table.add_row(used, VGGISH_NAME, "", "", "", "not fetched", "")
    screen.show(table)
    if absent:
        screen.show(as_called("The full VGGish is not here yet: `soundalike model fetch vggish`."))
    screen.answer([_as_json(card, settings.model, cache) for card in cards])


def _running(card: ModelCard, cache: Path) -> str:
    """Name the file that runs here, or those of which one will."""
    if not card.files:
        return f"wants {card.metric.model}" if card.metric else "no file"
    known = known_choice(card, cache)
    files = (known,) if known else candidates(card)
    if not files[0].path.is_file():
        return "not here"
    return " or ".join(f"{file.precision}, {file.size / 1e6:.1f} MB" for file in files)


def _as_json(card: ModelCard, chosen: str, cache: Path) -> dict[str, Any]:
    runs = known_choice(card, cache)
    return {
        "model": card.name,
        "chosen": card.name == chosen,
        "version": card.version,
        "embedding_space": card.space,
        "dim": card.dim,
        "licence": card.licence,
        "training_data": card.training_data,
        "calibrated": card.calibration is not None,
        "verified": card.verified,
        "metric": card.metric
        and {
            "model": card.metric.model,
            "embedding_space": card.metric.space,
            "path": str(card.metric.file.path),
            "sha512": card.metric.file.sha512,
        },
        "files": [
            {
                "path": str(file.path),
                "here": file.path.is_file(),
                "runs_here": file == runs and file.path.is_file(),
                "size": file.size,
                "precision": file.precision,
                "overlap": file.overlap,
                "sha512": file.sha512,
                "url": file.url,
            }
            for file in card.files
        ],
    }
