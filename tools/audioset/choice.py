"""Which segments of AudioSet are taken, by their labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from tools.audioset.labels import MUSIC, LabelError, Vocabulary


@dataclass(frozen=True, slots=True)
class Choice:
    """Which segments are taken: those with a label of each set, and with none that is excluded."""

    wanted: tuple[Set[int], ...] = ()
    excluded: Set[int] = frozenset()

    def takes(self, labels: Sequence[int]) -> bool:
        """Whether a segment with these labels is taken."""
        return self.excluded.isdisjoint(labels) and not any(
            one.isdisjoint(labels) for one in self.wanted
        )


def choose(
    vocabulary: Vocabulary, *, music_only: bool, include: Iterable[str], exclude: Iterable[str]
) -> Choice:
    """Find the labels a person names.

    Raises
    ------
    LabelError
        There is no such label, or music is asked for without the ontology.
    """
    wanted: list[Set[int]] = []
    if music_only:
        if not vocabulary.branches:
            raise LabelError(
                "Which labels are music is not known without the ontology.",
                "Add --ontology ontology.json, or name labels with --include.",
            )
        wanted.append(vocabulary.below(MUSIC))
    included = [vocabulary.find(label) for label in include]
    if included:
        wanted.append(frozenset().union(*included))
    excluded = frozenset[int]().union(*(vocabulary.find(label) for label in exclude))
    return Choice(tuple(wanted), excluded)
