"""The labels of AudioSet and the tree they hang on."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Final

from models.types import SoundalikeError
from tools.vocabulary import Label, LabelError, Vocabulary

MUSIC: Final = "/m/04rlf"
"""The id of the label *Music*."""

GENRE: Final = "/m/0kpv1t"
"""The id of *Music genre*, below which the genres hang; no segment has it as a label."""

_MOST_BYTES: Final = 64 << 20


def read_vocabulary(labels: Path, ontology: Path | None = None) -> Vocabulary:
    """Read ``class_labels_indices.csv`` and, where it is given, ``ontology.json``.

    Raises
    ------
    SoundalikeError
        A file cannot be read, or is another.
    """
    try:
        return Vocabulary(_labels(labels), _branches(ontology) if ontology else {})
    except (OSError, ValueError, LookupError, TypeError, csv.Error, RecursionError) as error:
        named = f"{labels} and {ontology} are" if ontology else f"{labels} is"
        raise SoundalikeError(
            f"{named} not the labels of AudioSet{' and their ontology' if ontology else ''}: "
            f"{error}.",
            "Fetch class_labels_indices.csv and ontology.json again.",
        ) from None


def music_of(vocabulary: Vocabulary) -> frozenset[int]:
    """Return the labels that are music.

    Raises
    ------
    LabelError
        The ontology is not known.
    """
    if not vocabulary.branches:
        raise LabelError(
            "Which labels are music is not known without the ontology.",
            "Add --ontology ontology.json, or name labels with --include.",
        )
    return vocabulary.below(MUSIC)


def labels_below(root: str, labels: Path, ontology: Path) -> frozenset[int]:
    """Return the labels that lie on a branch of the ontology.

    Parameters
    ----------
    root : str
        The id the branch begins with; it is on it itself.
    labels : Path
        ``class_labels_indices.csv``.
    ontology : Path
        ``ontology.json``.

    Returns
    -------
    frozenset of int
        Their indices; one at least.

    Raises
    ------
    SoundalikeError
        A file cannot be read, or is another.
    """
    found = read_vocabulary(labels, ontology).below(root)
    if not found:
        raise SoundalikeError(
            f"{labels} and {ontology} are not the labels of AudioSet and their ontology: "
            f"no label lies below {root}.",
            "Fetch class_labels_indices.csv and ontology.json again.",
        )
    return found


def _labels(path: Path) -> dict[int, Label]:
    rows = csv.DictReader(_text(path).splitlines())
    found = {int(row["index"]): Label(row["mid"], row["display_name"]) for row in rows}
    if not found or not all(label.mid and label.name for label in found.values()):
        raise ValueError("labels are missing in it")
    return found


def _branches(path: Path) -> dict[str, Label]:
    return {
        str(entry["id"]): Label(
            str(entry["id"]), str(entry["name"]), tuple(map(str, entry["child_ids"]))
        )
        for entry in json.loads(_text(path))
    }


def _text(path: Path) -> str:
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError("it is too long")
    return path.read_text("utf-8-sig")
