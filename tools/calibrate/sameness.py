"""Fitting how alike what is one and the same is: thresholds that no stranger comes near."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from index.cuts import twin_likeness
from index.journal import LeftOut
from models.types import ClipListener, ModelStamp, Sameness
from tools.calibrate.cuts import SECONDS, Cut, cut_tracks, hear_cuts
from tools.evaluate.bootstrap import Estimate, mean_estimates
from tools.evaluate.sources import EvaluationError, Material
from tools.screen import Screen

MARGIN: Final = 1 / 3
"""A threshold lies this part of the way from the nearest stranger to one and the same: larger
catalogues have nearer strangers."""

TWIN_MARGIN: Final = 2 / 3
"""To show a recording twice is better than to keep one from being shown."""

LEAST_TRACKS: Final = 10

_DIGITS = 3
_MOST_TWINS = 1_000


@dataclass(frozen=True, slots=True)
class Recognised:
    """How many cuts are recognised.

    Attributes
    ----------
    way : str
        How they were encoded.
    seconds : float
        Their length.
    cuts : int
    named : Estimate
        The share that the thresholds say is the track it was cut from.
    first : float
        The share that finds it first.
    twins : Estimate or None
        The share whose windows would pass for the same recording; None as they are.
    """

    way: str
    seconds: float
    cuts: int
    named: Estimate
    first: float
    twins: Estimate | None


@dataclass(frozen=True, slots=True)
class SamenessFit:
    """Thresholds of a model, and what they do.

    Attributes
    ----------
    stamp : ModelStamp
    sameness : Sameness
    strangers : Sameness
        The nearest that a stranger came to each.
    tracks : int
        Tracks that were cut.
    catalogue : int
        Tracks that they were looked for among.
    recognised : tuple of Recognised
    left_out : tuple of LeftOut
    """

    stamp: ModelStamp
    sameness: Sameness
    strangers: Sameness
    tracks: int
    catalogue: int
    recognised: tuple[Recognised, ...]
    left_out: tuple[LeftOut, ...] = ()


def fit_sameness(material: Material, listener: ClipListener, *, screen: Screen) -> SamenessFit:
    """Fit what counts as one and the same on the tracks of a catalogue.

    Parameters
    ----------
    material : Material
        Tracks whose files are there, heard by the model that listens. One recording twice among
        them would pass for strangers that are alike.
    listener : ClipListener
    screen : Screen
        Where progress is shown.

    Raises
    ------
    EvaluationError
        There are too few tracks to cut.
    CodecError
        There is no ffmpeg with the encoders.
    """
    heard = asyncio.run(_hear_all(material, listener, screen))
    left_out = [one for one in heard if isinstance(one, LeftOut)]
    cuts = [one for one in heard if not isinstance(one, LeftOut)]
    if len(cuts) < LEAST_TRACKS:
        raise EvaluationError(
            f"Only {len(cuts)} tracks here can be cut: too few to tell the same from the similar.",
            f"Name {LEAST_TRACKS} or more tracks of {SECONDS[0] + 2:.0f} seconds and longer.",
            (*material.left_out, *left_out),
        )
    strangers = _strangers([cut for own in cuts for cut in own], _nearest_twins(material))
    sameness = thresholds(strangers)
    return SamenessFit(
        material.heard[0].stamp,
        sameness,
        strangers,
        len(cuts),
        len(material.items),
        tuple(_recognised(cuts, sameness)),
        (*material.left_out, *left_out),
    )


def thresholds(strangers: Sameness) -> Sameness:
    """Return thresholds above the nearest strangers, with a margin."""
    return Sameness(
        long=_above(strangers.long, MARGIN),
        short=_above(strangers.short, MARGIN),
        twin=_above(strangers.twin, TWIN_MARGIN),
    )


def _above(stranger: float, margin: float) -> float:
    return round(stranger + margin * (1 - stranger), _DIGITS)


async def _hear_all(
    material: Material, listener: ClipListener, screen: Screen
) -> list[list[Cut] | LeftOut]:
    heard = []
    with screen.progress("Cutting", len(cut_tracks(material))) as step:
        async for track, found in hear_cuts(material, listener):
            heard.append(found)
            step(len(heard), track.title)
    return heard


def _strangers(cuts: Sequence[Cut], twin: float) -> Sameness:
    """Return the nearest strangers; a long clip tells at least as much as a short one."""
    short = max((cut.stranger for cut in cuts if not cut.is_long), default=-1.0)
    long = max((cut.stranger for cut in cuts if cut.is_long), default=short)
    return Sameness(long=long, short=max(short, long), twin=twin)


def _nearest_twins(material: Material) -> float:
    """Return how alike two tracks are at most, whatever their lengths; of the first 1,000."""
    vectors = [windows.vectors for windows in material.heard[0].windows[:_MOST_TWINS]]
    return max(
        float(twin_likeness(one, vectors[number + 1 :]).max())
        for number, one in enumerate(vectors[:-1])
    )


def _recognised(tracks: Sequence[Sequence[Cut]], sameness: Sameness) -> list[Recognised]:
    cuts = [cut for own in tracks for cut in own]
    return [
        _recognised_of([cut for cut in cuts if (cut.way, cut.seconds) == kind], sameness)
        for kind in dict.fromkeys((cut.way, cut.seconds) for cut in cuts)
    ]


def _recognised_of(cuts: Sequence[Cut], sameness: Sameness) -> Recognised:
    named = [cut.own >= (sameness.long if cut.is_long else sameness.short) for cut in cuts]
    twins = [cut.twin > sameness.twin for cut in cuts if cut.twin is not None]
    return Recognised(
        cuts[0].way,
        cuts[0].seconds,
        len(cuts),
        _share(named),
        float(np.mean([cut.found for cut in cuts])),
        _share(twins) if twins else None,
    )


def _share(hits: Sequence[bool]) -> Estimate:
    """Estimate a share of tracks: there is one cut of a kind of each."""
    return mean_estimates(np.array(hits, np.float64)[:, np.newaxis])[0]
