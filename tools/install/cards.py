"""The card of a model that is being installed."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from models.card import ModelCard, ModelFile
from models.cards import read_card
from models.published import sha512_of
from tools.cards import file_table, write_card
from tools.install.release import Identity
from tools.install.sources import Sources
from tools.screen import printable

_TEMPLATE: Final = Path(__file__).with_name("vggish.toml")


def card_fields(
    name: str, sources: Sources, identity: Identity, own_mean: Sequence[float] = ()
) -> dict[str, Any]:
    """Return the fields of the card but for the files.

    Parameters
    ----------
    name : str
    sources : Sources
    identity : Identity
    own_mean : sequence of float
        Measured for weights that are not the published ones, whose mean is known.
    """
    table = published_fields()
    mean = table.pop("mean")
    table["name"] = name
    if identity.problem:
        # What was measured of the published weights is not true of others.
        del table["mean_of"], table["calibration"]
        mean = list(own_mean) or mean
        # Other weights, or another mean, under the same name are another space, or an index would
        # mix the two.
        made_of = f"{identity.checkpoint_sha512} {identity.pca_sha512} {mean}".encode()
        table["embedding_space"] = f"{name}-pca-{hashlib.sha256(made_of).hexdigest()[:8]}"
        table["verified"] = False
        table["licence"] = "unknown"
        table["training_data"] = "unknown: these are not the weights that Google published"
    # A name need not be text, and a card has to be.
    table["source"] = printable(f"Converted from {sources.checkpoint.name} and {sources.pca.name}.")
    table["checkpoint_sha512"] = identity.checkpoint_sha512
    table["pca_sha512"] = identity.pca_sha512
    return {**table, "mean": mean}


def published_fields() -> dict[str, Any]:
    """Return the fields of the card of the published weights, but for their files.

    Whatever lives in its embedding space is centred on its mean, released vectors as well.
    """
    return tomllib.loads(_TEMPLATE.read_text("utf-8"))


def metadata_of(table: Mapping[str, Any]) -> dict[str, str]:
    """Return what the network's own file says of itself."""
    kept = {key: str(table[key]) for key in ("name", "version", "licence", "source")}
    return {**kept, "sha512": str(table["checkpoint_sha512"])}


def describe(path: Path, precision: str) -> ModelFile:
    """Return a finished file as a card describes it."""
    return ModelFile(path, path.stat().st_size, sha512_of(path), precision)


def staged_card(table: Mapping[str, Any], files: Sequence[ModelFile], staging: Path) -> ModelCard:
    """Return the card of files that are not in their place yet."""
    path = staging / f"{table['name']}.toml"
    write_card(path, {**table, "files": [file_table(file) for file in files]})
    return read_card(path, staging)
