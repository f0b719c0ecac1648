"""The whole errand of `soundalike model quantize`: sounds, an int8 file, its report, its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from models.card import ModelCard, ModelFile, check_file
from models.cards import is_bundled
from models.types import ModelError, SoundalikeError
from tools.install.cards import describe
from tools.install.folder import add_file, check_room, holding
from tools.quantize.asking import Questions, Sounds, ask_among, gather, index_for
from tools.quantize.compare import compare
from tools.quantize.quantise import quantise_model
from tools.quantize.report import QuantisationReport
from tools.quantize.telling import Tell

PRECISION: Final = "int8"

# What is written meanwhile, in sizes of a file of float16: two copies in float32, and the result.
_ROOM: Final = 5
_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be quantised.

    Attributes
    ----------
    card : ModelCard
    audio : tuple of Path
        Files and folders to calibrate on; empty for synthesised music.
    index : Path or None
        The index to compare on; None for the usual one, where it is of the model.
    usual_index : Path
    out : Path or None
        The file to write; None adds it to the model.
    """

    card: ModelCard
    audio: tuple[Path, ...]
    index: Path | None
    usual_index: Path
    out: Path | None


@dataclass(frozen=True, slots=True)
class Quantised:
    """What it came to.

    Attributes
    ----------
    report : QuantisationReport
    file : ModelFile or None
        Where it is; None where it finds too little of the same, and nothing was kept.
    left_out : mapping of Path to SoundalikeError
        Audio that could not be heard, and why.
    """

    report: QuantisationReport
    file: ModelFile | None
    left_out: Mapping[Path, SoundalikeError]


def run_errand(errand: Errand, models_dir: Path, tell: Tell) -> Quantised:
    """Make the int8 file of a model, measure it, and put it where it belongs: whole or not at all.

    Raises
    ------
    SoundalikeError
        It cannot be made or measured; the model is as it was.
    """
    card = errand.card
    _check(errand)
    with _workspace(errand, models_dir) as folder:
        made = folder / "int8.onnx"
        given = gather(errand.audio, tell)
        _quantise(card, given, made, tell)
        with index_for(card.stamp(card.files[0]), errand.index, errand.usual_index) as index:
            questions = ask_among(index, given, tell)
            report = _compare(card, made, questions, tell)
        left_out = {**given.left_out, **questions.left_out}
        file = None
        if errand.out is not None:
            file = replace(describe(made, PRECISION), path=made.replace(errand.out))
        elif report.fits:
            staged = replace(describe(made, PRECISION), overlap=round(report.overlap, _DIGITS))
            file = add_file(models_dir, card.name, staged)
    return Quantised(report, file, left_out)


def quantise_new(card: ModelCard, out: Path, given: Sounds, tell: Tell) -> QuantisationReport:
    """Write the int8 form of a model that is being installed, and measure it on the same sounds.

    Parameters
    ----------
    card : ModelCard
        Its first file is the one to start from.
    out : Path
    given : Sounds
        What to calibrate on.
    tell : Tell

    Raises
    ------
    ModelError
        It cannot be quantised.
    OSError
        The disk refuses.
    """
    _quantise(card, given, out, tell)
    return _compare(card, out, ask_among(None, given, tell), tell)


def _quantise(card: ModelCard, given: Sounds, out: Path, tell: Tell) -> None:
    patches = (sound.patches() for sound in given.sounds)
    quantise_model(card.files[0].path, out, patches, tell)


def _compare(card: ModelCard, made: Path, asked: Questions, tell: Tell) -> QuantisationReport:
    candidate = describe(made, PRECISION)
    return compare(card, card.files[0], candidate, asked.sounds, asked.catalogue, tell)


def _check(errand: Errand) -> None:
    card = errand.card
    if card.metric:
        raise ModelError(
            f"The model {card.name} listens with the network of {card.metric.model}.",
            f"Quantise {card.metric.model}.",
        )
    if not card.files:
        raise ModelError(
            f"The model {card.name} has no network that could be quantised.", "Name another model."
        )
    file = card.files[0]
    if errand.out is None and is_bundled(card.name):
        raise ModelError(
            f"The model {card.name} comes with Soundalike, and its files are not added to.",
            "Name a file to write with --out, or quantise a model of your own.",
        )
    if file.precision == PRECISION:
        raise ModelError(
            f"The first file of the model {card.name} is int8 already.",
            "Quantise a model that is stored as fp16 or fp32.",
        )
    check_file(file)


@contextmanager
def _workspace(errand: Errand, models_dir: Path) -> Iterator[Path]:
    """Give an empty folder on the disk that the file is for, gone afterwards."""
    if errand.out is None:
        check_room(models_dir, _ROOM * errand.card.files[0].size)
        with holding(models_dir) as staging:
            yield staging
        return
    try:
        with TemporaryDirectory(dir=errand.out.parent, prefix=".quantising-") as folder:
            yield Path(folder)
    except OSError as error:
        raise ModelError(
            f"{errand.out} cannot be written: {error.strerror or error}.",
            "Make room, mend the folder's permissions, or name another file with --out.",
        ) from error
