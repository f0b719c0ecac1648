"""How near strangers come to what is one and the same, and how often they would pass for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from index.cuts import TWIN_SECONDS, twin_likeness
from models.types import Sameness
from tools.calibrate.cuts import Cut
from tools.calibrate.duplicates import Alike
from tools.evaluate.bootstrap import SEED
from tools.evaluate.metrics import Floats, IntArray
from tools.evaluate.sources import Material

MARGIN: Final = 1 / 3
"""A threshold lies this part of the way from the nearest strangers to one and the same: larger
catalogues have nearer strangers."""

TWIN_MARGIN: Final = 2 / 3
"""To show a recording twice is better than to keep one from being shown."""

QUANTILE: Final = 0.99
"""So many tracks have no nearer stranger than those a threshold is measured from: of hundreds, a
pair that should not have been there does not decide it."""

MOST_TWINS: Final = 1_000
LEAST_PAIRS: Final = 100
"""Of fewer pairs of one length the nearest says little: then tracks of any length are compared."""

FOLDS: Final = 5

_DIGITS = 3


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """How often a stranger would pass for one and the same, held out.

    Attributes
    ----------
    cuts, of_cuts : int
        Cuts, of all of them, that would be said to be another track if theirs were not there.
    twins, of_twins : int
        Pairs of tracks that would pass for twins, of all that were compared.
    """

    cuts: int
    of_cuts: int
    twins: int
    of_twins: int


@dataclass(frozen=True, slots=True)
class Strangers:
    """Cuts and pairs of tracks, to be compared with what is not the same.

    Attributes
    ----------
    cuts : tuple of Cut
    twins : tuple of Alike
        Pairs of tracks that might be taken for twins.
    duplicates : frozenset of frozenset of int
        Pairs of tracks that are no strangers.
    """

    cuts: tuple[Cut, ...]
    twins: tuple[Alike, ...]
    duplicates: frozenset[frozenset[int]]

    def levels(self, without: frozenset[int] = frozenset()) -> Sameness:
        """Return how near strangers come, as if some tracks were not there."""
        long: dict[int, float] = {}
        short: dict[int, float] = {}
        for cut in self.cuts:
            if cut.track not in without:
                nearest, own = self.nearest(cut, without), long if cut.is_long else short
                own[cut.track] = max(nearest, own.get(cut.track, -1.0))
        twin: dict[int, float] = {}
        for pair in self.strange_twins():
            if without.isdisjoint(pair.both):
                for track in pair.both:
                    twin[track] = max(pair.likeness, twin.get(track, -1.0))
        far = _level(long or short)
        # A long clip tells at least as much as a short one.
        return Sameness(long=far, short=max(_level(short), far), twin=_level(twin))

    def nearest(self, cut: Cut, without: frozenset[int] = frozenset()) -> float:
        """Return how alike a cut and the nearest stranger are; -1 where it has none."""
        return max(
            (
                alike
                for other, alike in cut.strangers
                if other not in without and frozenset((cut.track, other)) not in self.duplicates
            ),
            default=-1.0,
        )

    def strange_twins(self) -> Iterator[Alike]:
        """Yield the pairs that are no twins."""
        return (pair for pair in self.twins if pair.both not in self.duplicates)


def thresholds(levels: Sameness) -> Sameness:
    """Return thresholds above where strangers are, with a margin."""
    return Sameness(
        long=_above(levels.long, MARGIN),
        short=_above(levels.short, MARGIN),
        twin=_above(levels.twin, TWIN_MARGIN),
    )


def twin_pairs(material: Material) -> tuple[list[Alike], tuple[str, ...]]:
    """Return pairs of tracks that a search would ask about whether they are twins.

    Up to 1,000 tracks, drawn at random and the same every time, and each one's others of its
    length. Where there are fewer than 100 such pairs, the lengths do not matter.

    Returns
    -------
    list of Alike
    tuple of str
        What to know of them.
    """
    seconds = np.array([item.track.seconds for item in material.items])
    tracks = len(seconds)
    drawn = np.arange(tracks)
    if tracks > MOST_TWINS:
        drawn = np.sort(np.random.default_rng(SEED).choice(tracks, MOST_TWINS, replace=False))
    of_one_length = list(_pairs(seconds, drawn, TWIN_SECONDS))
    count = sum(len(others) for _, others in of_one_length)
    notes: tuple[str, ...] = ()
    if count < LEAST_PAIRS:
        of_one_length = list(_pairs(seconds, drawn, np.inf))
        notes = (f"There are only {count} pairs of one length: twins were sought at any length.",)
    windows = material.heard[0].windows
    return [
        Alike(one, other, likeness)
        for one, others in of_one_length
        for other, likeness in zip(
            others.tolist(),
            twin_likeness(
                windows[one].vectors, [windows[other].vectors for other in others]
            ).tolist(),
            strict=True,
        )
    ], notes


def count_false_alarms(strangers: Strangers) -> FalseAlarms:
    """Count them in 5 folds of tracks, by thresholds that were fitted without those of the fold."""
    tracks = sorted(
        {cut.track for cut in strangers.cuts} | {n for pair in strangers.twins for n in pair.both}
    )
    order = np.random.default_rng(SEED).permutation(len(tracks))
    named = twins = of_twins = 0
    for fold in range(FOLDS):
        out = frozenset(tracks[place] for place in order[fold::FOLDS])
        limits = thresholds(strangers.levels(out))
        for cut in strangers.cuts:
            limit = limits.long if cut.is_long else limits.short
            named += cut.track in out and strangers.nearest(cut) >= limit
        for pair in strangers.strange_twins():
            of_twins += pair.one in out
            twins += pair.one in out and pair.likeness > limits.twin
    return FalseAlarms(named, len(strangers.cuts), twins, of_twins)


def _pairs(seconds: Floats, drawn: IntArray, apart: float) -> Iterator[tuple[int, IntArray]]:
    """Yield each track that was drawn and others of about its length, every pair once."""
    is_drawn = np.zeros(len(seconds), bool)
    is_drawn[drawn] = True
    numbers = np.arange(len(seconds))
    for one in drawn.tolist():
        near = np.abs(seconds - seconds[one]) <= apart
        # Where both were drawn, the first of them asks.
        others = np.flatnonzero(near & (numbers != one) & ~(is_drawn & (numbers < one)))
        if len(others):
            yield one, others


def _level(nearest: dict[int, float]) -> float:
    return float(np.quantile(list(nearest.values()), QUANTILE)) if nearest else -1.0


def _above(stranger: float, margin: float) -> float:
    return round(stranger + margin * (1 - stranger), _DIGITS)
