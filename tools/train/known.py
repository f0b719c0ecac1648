"""What a card knows of a file of weights: its mean, and what was measured of it."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models import cards
from models.published import sha512_of
from models.types import ModelError

MEASURED: Final = ("calibration", "same")
"""The sections of a card that are true of its own weights only."""

_BUNDLED = Path(cards.__file__).with_name("cards")


def card_naming(model: Path) -> Path | None:
    """Return the card that names a file by its SHA-512: one beside it, or a bundled one.

    Any other card there is left alone, whatever it holds.

    Raises
    ------
    ModelError
        The card that names it makes no sense.
    """
    sha512 = sha512_of(model)
    for path in _cards(model.parent, _BUNDLED):
        if sha512.encode() in _content(path):
            card = cards.read_card(path, path.parent)
            if any(file.sha512 == sha512 for file in card.files):
                return path
    return None


def shipped_mean(model: Path) -> NDArray[np.float32] | None:
    """Return the mean that a card gives for a file, which is what it ships with; None without."""
    path = card_naming(model)
    return None if path is None else np.array(read_table(path)["mean"], np.float32)


def mean_of(table: Mapping[str, Any], model: Path) -> NDArray[np.float32] | None:
    """Return the mean a card gives, if it is the card of this file."""
    known = "mean" in table and _names(table, model)
    return np.array(table["mean"], np.float32) if known else None


def without_outdated(
    table: Mapping[str, Any], model: Path
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Take off a card what was measured of other weights.

    Parameters
    ----------
    table : Mapping
        The fields of a card.
    model : Path
        The file that it is to be the card of.

    Returns
    -------
    dict
        The card; with `MEASURED` if the file is one of those it names.
    tuple of str
        The sections that are gone.
    """
    gone = () if _names(table, model) else tuple(name for name in MEASURED if name in table)
    return {name: value for name, value in table.items() if name not in gone}, gone


def read_table(path: Path) -> dict[str, Any]:
    """Read the fields of a card.

    Raises
    ------
    ModelError
        It cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"The model card {path} cannot be used: {error}.", "Mend it, or name another one."
        ) from None


def _names(table: Mapping[str, Any], model: Path) -> bool:
    files = [file.get("sha512") for file in table.get("files", ())]
    return sha512_of(model) in files


def _cards(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(path for path in folder.glob("*.toml") if not path.name.startswith("."))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
