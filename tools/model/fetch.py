"""`soundalike model fetch`: the real VGGish, downloaded, converted, verified and installed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from models.card import ModelCard
from models.cards import load_card
from models.types import FloatArray, SoundalikeError
from tools import options
from tools.cli import DONE, PARTLY
from tools.compose import read_settings
from tools.install.fetch import Errand, run_errand
from tools.install.naming import VGGISH_NAME
from tools.quantize.asking import Sounds, gather
from tools.quantize.errand import quantise_new
from tools.quantize.report import QuantisationReport, report_as_json, report_lines
from tools.quantize.telling import Tell, silently
from tools.screen import Screen, command_name, printable
from tools.stop import carrying_on
from tools.walk import walk


@click.command(
    "fetch",
    epilog="""\b
Example:
  soundalike model fetch vggish
  soundalike model fetch vggish --from vggish_model.ckpt --from vggish_pca_params.npz""",
)
@click.argument("model", type=click.Choice([VGGISH_NAME]))
@click.option(
    "--from",
    "files",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A file that is here already: the checkpoint (Google's or torchvggish's) or the PCA "
    "parameters. May be given twice; what is not given is downloaded.",
)
@click.option(
    "--name",
    metavar="NAME",
    default=VGGISH_NAME,
    show_default=True,
    help="What to call it. Weights that are not the published ones need a name of their own.",
)
@click.option("--again", is_flag=True, help="Install it even if it is there and intact.")
@click.option(
    "--calibrate",
    "audio",
    metavar="AUDIO",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Audio to calibrate the int8 file on: a file, or a folder of them. May be given more than "
    "once; music is synthesised without it.",
)
@options.as_json
def command(
    model: str,
    files: tuple[Path, ...],
    name: str,
    again: bool,
    audio: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Download, convert, verify, quantise and install the full VGGish.

    About 290 MB are downloaded and 220 MB stay. A download that breaks off is carried on by the
    same command. Nothing of an installation is there until all of it is.

    Exit status 1: done, but some audio to calibrate on could not be heard.
    """
    assert model == VGGISH_NAME
    screen = Screen(as_json=as_json)
    models_dir = read_settings().home / "models"
    if audio:
        walk(audio)  # a name that is mistyped is told before anything is downloaded
    heard = _Heard(audio)
    errand = Errand(
        name=name, files=files, again=again, sounds=heard.patches, quantise=heard.quantise
    )
    with carrying_on("what was downloaded is kept, the rest is done anew"):
        installed = run_errand(errand, models_dir, screen)
    card = installed.card if installed else load_card(name, models_dir)
    notes = installed.notes if installed else _unheeded(name, audio)
    _show(card, notes, heard, screen, new=installed is not None)
    screen.answer(_as_json(card, notes, heard, new=installed is not None))
    return PARTLY if heard.left_out else DONE


def _unheeded(name: str, audio: tuple[Path, ...]) -> tuple[str, ...]:
    if not audio:
        return ()
    return (
        "The audio to calibrate on was not listened to, as nothing was installed: "
        f"`{command_name()} model quantize {name} --calibrate …` makes the int8 file of it.",
    )


class _Heard:
    """What the int8 file is calibrated on, heard when it is needed, and what it came to."""

    def __init__(self, audio: tuple[Path, ...]) -> None:
        self.report: QuantisationReport | None = None
        self.left_out: Mapping[Path, SoundalikeError] = {}
        self._audio = audio
        self._sounds: Sounds | None = None

    def patches(self) -> Iterator[FloatArray]:
        return (sound.patches() for sound in self._hear(silently).sounds)

    def quantise(self, card: ModelCard, out: Path, tell: Tell) -> float:
        self.report = quantise_new(card, out, self._hear(tell), tell)
        return self.report.overlap

    def _hear(self, tell: Tell) -> Sounds:
        if self._sounds is None:
            self._sounds = gather(self._audio, tell)
            self.left_out = self._sounds.left_out
        return self._sounds


def _show(
    card: ModelCard, notes: tuple[str, ...], heard: _Heard, screen: Screen, *, new: bool
) -> None:
    if heard.report:
        screen.show(*report_lines(heard.report))
    for path, error in heard.left_out.items():
        screen.show(Text(printable(f"Left out: {path}: {error}"), "yellow"))
    state = "is installed" if new else "is there already, and intact"
    known = "its weights are those Google published" if card.verified else "unverified"
    screen.show(Text.assemble((f"{card.name} {state}", "bold"), f": {known}."))
    for note in notes:
        screen.show(Text(printable(note), "yellow"))
    for file in card.files:
        overlap = "" if file.overlap is None else f", overlap {file.overlap:.2f}"
        screen.show(Text(f"  {file.precision}  {file.size / 1e6:6.1f} MB{overlap}", "dim"))
    screen.show(
        "To listen with it, build your index with it:",
        f"  {command_name()} index build YOUR-MUSIC --model {card.name}",
        f"then put the line SOUNDALIKE_MODEL={card.name} into .env.",
    )


def _as_json(
    card: ModelCard, notes: tuple[str, ...], heard: _Heard, *, new: bool
) -> dict[str, Any]:
    return {
        "model": card.name,
        "installed": new,
        "verified": card.verified,
        "version": card.version,
        "embedding_space": card.space,
        "notes": list(notes),
        "quantisation": report_as_json(heard.report) if heard.report else None,
        "left_out": [
            {"path": str(path), "reason": str(error)} for path, error in heard.left_out.items()
        ],
        "files": [
            {
                "path": str(file.path),
                "size": file.size,
                "precision": file.precision,
                "sha512": file.sha512,
                "overlap": file.overlap,
            }
            for file in card.files
        ],
    }
