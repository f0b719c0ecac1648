"""Indexes of vectors that a data set was published with: what made them, and who can ask them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from index.generations import generations, read_manifest
from models.cards import list_cards, load_card
from models.types import CatalogueError, ModelError, ModelStamp
from tools.importers import youtube8m
from tools.install.naming import VGGISH_NAME
from tools.install.release import OFFICIAL

_BUILD = "`soundalike index build`"
_VGGISH = ("vggish-pca", 128)


class Asker(NamedTuple):
    """A model whose clips can ask an index, and whether its weights are here."""

    name: str
    installed: bool


def importer_of(stamps: Iterable[ModelStamp]) -> str:
    """Name the command that imported vectors with these stamps; empty where a model listened."""
    for stamp in stamps:
        if stamp.sha512 == OFFICIAL.checkpoint.sha512:
            return "soundalike index audioset"
        if stamp.space == youtube8m.ORIGIN.stamp.space:
            return "soundalike index youtube8m"
    return ""


def mending(fix: str, directory: Path) -> str:
    """Return what mends a damaged index, with the commands that made it in the place of `build`.

    Parameters
    ----------
    fix : str
        As it is said of an index that listening made.
    directory : Path
        The index: the newest of its manifests that can be read tells what made it.
    """
    with suppress(OSError):
        for folder in reversed(generations(directory)):
            with suppress(CatalogueError):
                manifest = read_manifest(folder)
                importer = importer_of((manifest.stamp, *manifest.others))
                if importer:
                    made = [_BUILD] if manifest.sources else []  # of folders, too
                    fix = fix.replace(_BUILD, " and ".join([*made, f"`{importer}`"]))
                return fix
    return fix


def asker_of(stamp: ModelStamp, models: Path) -> Asker | None:
    """Return the model whose clips can ask vectors with this stamp.

    Parameters
    ----------
    stamp : ModelStamp
    models : Path
        The folder of models.

    Returns
    -------
    Asker or None
        None where only tracks of the index can.
    """
    kind = (stamp.space, stamp.dim)
    cards = {(card.space, card.dim): card.name for card in list_cards(models)}
    name = cards.get(kind, "")
    if not name and kind == _VGGISH:
        name = VGGISH_NAME  # its card comes with the weights
    if not name:
        return None
    try:
        load_card(name, models)
    except ModelError:
        return Asker(name, installed=False)
    return Asker(name, installed=True)
