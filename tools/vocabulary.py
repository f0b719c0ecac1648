"""The labels of a data set, the tree they hang on, and which of them are wanted."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

from models.types import SoundalikeError


class LabelError(SoundalikeError):
    """There is no such label."""


@dataclass(frozen=True)
class Label:
    """A label, or a branch of the ontology that nothing is labelled with itself.

    Attributes
    ----------
    mid : str
        Its id in Google's knowledge graph, such as ``/m/04rlf``.
    name : str
    children : tuple of str
        Ids of what hangs on it.
    """

    mid: str
    name: str
    children: tuple[str, ...] = ()


@dataclass(frozen=True)
class Vocabulary:
    """What the entries of a data set are labelled with.

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
                f"There is no label “{wanted}”.",
                f"Perhaps {meant} is meant."
                if near
                else "The file named with --labels lists them all.",
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


@dataclass(frozen=True, slots=True)
class Choice:
    """Which entries are taken: those with a label of each set, and with none that is excluded."""

    wanted: tuple[Set[int], ...] = ()
    excluded: Set[int] = frozenset()

    def takes(self, labels: Sequence[int]) -> bool:
        """Whether an entry with these labels is taken."""
        return self.excluded.isdisjoint(labels) and not any(
            one.isdisjoint(labels) for one in self.wanted
        )


def choose(
    vocabulary: Vocabulary,
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
    *,
    within: Set[int] | None = None,
) -> Choice:
    """Find the labels a person names.

    Parameters
    ----------
    vocabulary : Vocabulary
    include, exclude : iterable of str
        Names or ids; with nothing to include, all are.
    within : set of int or None
        Labels of which an entry needs one as well; None for any or none.

    Raises
    ------
    LabelError
        There is no such label.
    """
    wanted = [] if within is None else [within]
    included = [vocabulary.find(label) for label in include]
    if included:
        wanted.append(frozenset().union(*included))
    excluded = frozenset[int]().union(*(vocabulary.find(label) for label in exclude))
    return Choice(tuple(wanted), excluded)


def _branch(mid: str, branches: Mapping[str, Label]) -> Iterator[str]:
    found: set[str] = set()
    ahead = [mid]
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            yield one
            ahead += branches[one].children if one in branches else ()
