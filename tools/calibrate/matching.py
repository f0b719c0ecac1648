"""Fitting what a similarity means: the probability that clip and result share a label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from index.left_out import LeftOut
from models.types import ModelStamp, Sameness
from tools.calibrate.isotonic import Knots
from tools.calibrate.pairs import CLIPS, Pairs, joined, pairs_of
from tools.calibrate.reliability import Reliability, fit, held_out_matches, measure
from tools.evaluate.evaluation import judge_labels, labelled
from tools.evaluate.metrics import Floats
from tools.evaluate.sources import EvaluationError, Material
from tools.screen import Screen

LEAST_ASKING: Final = 20
"""Tracks that have to ask: below, a curve would be a guess."""


@dataclass(frozen=True, slots=True)
class Source:
    """A labelled catalogue, and what was found in it.

    Attributes
    ----------
    name : str
    tracks, labels, pairs : int
    alike : float
        The share of the pairs that is alike.
    match : float
        Their mean match, held out.
    held_out : Reliability
        Of matches by knots that were fitted on the other folds of all catalogues.
    """

    name: str
    tracks: int
    labels: int
    pairs: int
    alike: float
    match: float
    held_out: Reliability


@dataclass(frozen=True, slots=True, eq=False)
class MatchFit:
    """How a model's similarities become matches, and how far these can be relied on.

    Attributes
    ----------
    stamp : ModelStamp
    knots : Knots
    sources : tuple of Source
    pairs : Pairs
        What the knots were fitted on.
    held_out : Reliability
        Of matches by knots that were fitted without whose clip it is, who is not found either.
    unfitted : Reliability
        Of the similarity itself, taken for a probability: what there was before.
    constant : Reliability
        Of the share of all pairs that is alike, said of every pair.
    whole : Reliability or None
        Of the same matches where tracks ask as a whole instead of as clips; None where they are
        no longer than clips.
    left_out : tuple of LeftOut
    notes : tuple of str
    """

    stamp: ModelStamp
    knots: Knots
    sources: tuple[Source, ...]
    pairs: Pairs
    held_out: Reliability
    unfitted: Reliability
    constant: Reliability
    whole: Reliability | None = None
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()


def fit_matches(
    named: Sequence[tuple[str, Material]], sameness: Sameness, *, screen: Screen
) -> MatchFit:
    """Fit a model's matches on labelled catalogues, each of which counts as much.

    Parameters
    ----------
    named : sequence of (str, Material)
        Names of the catalogues, and what they hold, heard by one model.
    sameness : Sameness
        What the model's near-twins are.
    screen : Screen
        Where progress is shown.

    Raises
    ------
    EvaluationError
        A catalogue has too few tracks or labels, or they hardly find each other.
    """
    clips, whole, sources, notes = [], [], [], []
    for name, given in named:
        material, own_notes = labelled(given)
        # A search does not keep the clip's own artist from being found.
        judged = judge_labels(material, filtered=False)
        if len(material.items) < LEAST_ASKING:
            raise EvaluationError(
                f"{name} has {len(material.items)} labelled tracks: too few to calibrate on.",
                f"Name {LEAST_ASKING} or more, of several labels.",
                material.left_out,
            )
        with screen.progress(f"Asking ({name})", 2 * len(material.items)) as step:
            clips.append(pairs_of(material, judged, sameness, clips=CLIPS, progress=step))
            whole.append(pairs_of(material, judged, sameness, clips=None))
            step(2 * len(material.items))
        sources.append((name, len(material.items), len(judged.names)))
        notes += [f"{name}: {note}" for note in own_notes]
    pairs = joined(clips)
    knots, held_out = fit(pairs), held_out_matches(pairs)
    similar = np.clip(pairs.similarities, 0, 1)
    together = joined(whole)
    return MatchFit(
        stamp=named[0][1].heard[0].stamp,
        knots=knots,
        sources=tuple(
            _source(*source, pairs, held_out, place) for place, source in enumerate(sources)
        ),
        pairs=pairs,
        held_out=measure(pairs, held_out),
        unfitted=measure(pairs, similar),
        constant=measure(pairs, np.full(len(pairs), pairs.share)),
        whole=measure(together, held_out_matches(pairs, together)),
        left_out=tuple(file for _, material in named for file in material.left_out),
        notes=tuple(notes),
    )


def _source(
    name: str,
    tracks: int,
    labels: int,
    pairs: Pairs,
    held_out: Floats,
    place: int,
) -> Source:
    own = pairs.sources == place
    mine = pairs.only(own)
    return Source(
        name,
        tracks,
        labels,
        len(mine),
        mine.share,
        float(np.average(held_out[own], weights=mine.weights)),
        measure(mine, held_out[own]),
    )
