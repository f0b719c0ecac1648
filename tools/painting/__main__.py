"""`python -m tools.painting`: the cards as pictures."""

from __future__ import annotations

from pathlib import Path

import click

from tools import options
from tools.painting.card import paint
from tools.painting.samples import samples
from tools.screen import Screen


@click.command(
    "painting",
    epilog="""\b
Example:
  python -m tools.painting docs""",
)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@options.as_json
def command(folder: Path, as_json: bool) -> None:
    """Draw one card of every kind into FOLDER, as Discord shows them."""
    screen = Screen(as_json=as_json)
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for sample in samples():
        path = folder / f"{sample.name}.png"
        path.write_bytes(paint(sample.card, private=sample.private))
        screen.show(str(path))
        drawn.append(str(path))
    screen.answer({"drawn": drawn})


if __name__ == "__main__":
    from tools.cli import main_of

    main_of(command)
