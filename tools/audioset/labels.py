"""The labels of AudioSet and the tree they hang on."""

from __future__ import annotations

import csv
import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from models.types import SoundalikeError

MUSIC: Final = "/m/04rlf"
"""The id of the label *Music*."""

_MOST_BYTES: Final = 64 << 20


class LabelError(SoundalikeError):
    """There is no such label."""


@dataclass(frozen=True)
class Label:
    """A label, or a branch of the ontology that no segment is labelled with itself.

    Attributes
    ----------
    mid : str
        Its id, such as ``/m/04rlf``.
    name : str
    children : tuple of str
        Ids of what hangs on it.
    """

    mid: str
    name: str
    children: tuple[str, ...] = ()


@dataclass(frozen=True)
class Vocabulary:
    """What segments are labelled with.

    Attributes
    ----------
    labels : mapping of int to Label
        By their indices in the records.
    branches : mapping of str to Label
        All of the ontology by its ids; empty where it is not known.
    """

    labels: Mapping[int, Label]
    branches: Mapping[str, Label]

    def names(self, indices: Iterable[int]) -> tuple[str, ...]:
        """Return the names of labels; indices that are no label's have none."""
        return tuple(self.labels[index].name for index in indices if index in self.labels)

    def narrowest(self, indices: Sequence[int]) -> tuple[str, ...]:
        """Return the names of those that no other one of them is a kind of: "Banjo", not "Music".

        Without the ontology, that is all of them.
        """
        wide = {
            one
            for one in indices
            for other in indices
            if other != one and other in self._below.get(one, ()) and one not in self._below[other]
        }
        return self.names(index for index in indices if index not in wide)

    def find(self, wanted: str) -> frozenset[int]:
        """Return the indices of a label, by its name or id, and of all that hangs on it.

        Without the ontology, that is only the label itself.

        Raises
        ------
        LabelError
            There is no such label.
        """
        known = {label.name.casefold(): label for label in self._known()}
        known |= {label.mid: label for label in self._known()}
        label = known.get(wanted) or known.get(wanted.strip().casefold())
        if label is None:
            near = difflib.get_close_matches(wanted.strip().casefold(), known, 3)
            meant = " or ".join(f"“{known[name].name}”" for name in near)
            raise LabelError(
                f"AudioSet has no label “{wanted}”.",
                f"Perhaps {meant} is meant." if near else "Its labels are listed in --labels.",
            )
        return self.below(label.mid)

    def below(self, mid: str) -> frozenset[int]:
        """Return the indices of the labels that lie on a branch, by its id; its own is one."""
        branch = set(_branch(mid, self.branches))
        return frozenset(index for index, label in self.labels.items() if label.mid in branch)

    def _known(self) -> Iterator[Label]:
        yield from self.branches.values()
        yield from self.labels.values()

    @cached_property
    def _below(self) -> dict[int, frozenset[int]]:
        return {index: self.below(label.mid) for index, label in self.labels.items()}


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


def _branch(mid: str, branches: Mapping[str, Label]) -> Iterator[str]:
    found: set[str] = set()
    ahead = [mid]
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            yield one
            ahead += branches[one].children if one in branches else ()
