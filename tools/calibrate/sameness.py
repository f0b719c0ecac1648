"""Fitting how alike what is one and the same is: thresholds that no stranger comes near."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from index.left_out import LeftOut
from models.types import ClipListener, ModelStamp, Sameness
from tools.calibrate.cuts import SECONDS, Cut, cut_tracks, hear_cuts
from tools.calibrate.duplicates import Alike, find_duplicates
from tools.calibrate.strangers import (
    FalseAlarms,
    Strangers,
    count_false_alarms,
    thresholds,
    twin_pairs,
)
from tools.evaluate.bootstrap import Estimate, mean_estimates
from tools.evaluate.sources import EvaluationError, Material
from tools.screen import Screen

LEAST_TRACKS: Final = 10

USELESS: Final = 0.999
"""From this threshold on, what has been coded once is no longer the same."""


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
        How near strangers come to each: 99 % of the tracks have none that is nearer.
    tracks : int
        Tracks that were cut.
    catalogue : int
        Tracks that they were looked for among.
    recognised : tuple of Recognised
    false_alarms : FalseAlarms
    duplicates : tuple of (str, str)
        Files that hold the same audio, and so are no strangers.
    left_out : tuple of LeftOut
    notes : tuple of str
    """

    stamp: ModelStamp
    sameness: Sameness
    strangers: Sameness
    tracks: int
    catalogue: int
    recognised: tuple[Recognised, ...]
    false_alarms: FalseAlarms
    duplicates: tuple[tuple[str, str], ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()


def fit_sameness(material: Material, listener: ClipListener, *, screen: Screen) -> SamenessFit:
    """Fit what counts as one and the same on the tracks of a catalogue.

    Pairs of tracks that hold the same audio, in whatever files, take no part.

    Parameters
    ----------
    material : Material
        Tracks whose files are there, heard by the model that listens.
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
    cuts = [cut for one in heard if not isinstance(one, LeftOut) for cut in one]
    tracks = len({cut.track for cut in cuts})
    if tracks < LEAST_TRACKS:
        raise EvaluationError(
            f"Only {tracks} tracks here can be cut: too few to tell the same from the similar.",
            f"Name {LEAST_TRACKS} or more tracks of {SECONDS[0] + 2:.0f} seconds and longer.",
            (*material.left_out, *left_out),
        )
    twins, notes = twin_pairs(material)
    duplicates = _duplicates(material, cuts, twins, screen)
    strangers = Strangers(tuple(cuts), tuple(twins), duplicates)
    levels = strangers.levels()
    if min(levels.short, levels.twin) < 0:
        raise EvaluationError(
            "The tracks here hold the same audio: there are no strangers among them.",
            "Name tracks of different music.",
            (*material.left_out, *left_out),
        )
    sameness = thresholds(levels)
    if max(sameness.long, sameness.short, sameness.twin) >= USELESS:
        notes += (
            "Strangers here come as near as one and the same, so hardly anything will be "
            "recognised: is a recording here twice, in versions that differ?",
        )
    return SamenessFit(
        material.heard[0].stamp,
        sameness,
        levels,
        tracks,
        len(material.items),
        tuple(_recognised(cuts, sameness)),
        count_false_alarms(strangers),
        tuple(_named(material, duplicates)),
        (*material.left_out, *left_out),
        notes,
    )


async def _hear_all(
    material: Material, listener: ClipListener, screen: Screen
) -> list[list[Cut] | LeftOut]:
    heard = []
    with screen.progress("Cutting", len(cut_tracks(material))) as step:
        async for track, found in hear_cuts(material, listener):
            heard.append(found)
            step(len(heard), track.title)
    return heard


def _duplicates(
    material: Material, cuts: Sequence[Cut], twins: Sequence[Alike], screen: Screen
) -> frozenset[frozenset[int]]:
    near = [Alike(cut.track, other, alike) for cut in cuts for other, alike in cut.strangers]
    screen.note("Looking for one recording in two files.")
    return find_duplicates([*near, *twins], lambda number: Path(material.items[number].track.path))


def _named(material: Material, duplicates: frozenset[frozenset[int]]) -> list[tuple[str, str]]:
    found = []
    for pair in sorted(sorted(pair) for pair in duplicates):
        one, other = (material.items[number].track for number in pair)
        found.append((one.path or one.title, other.path or other.title))
    return found


def _recognised(cuts: Sequence[Cut], sameness: Sameness) -> list[Recognised]:
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
        _share(named, cuts),
        float(np.mean([cut.found for cut in cuts])),
        _share(twins, cuts) if twins else None,
    )


def _share(hits: Sequence[bool], cuts: Sequence[Cut]) -> Estimate:
    """Estimate a share of cuts; those of one track are not independent."""
    tracks = np.array([cut.track for cut in cuts], np.int64)
    return mean_estimates(np.array(hits, np.float64)[:, np.newaxis], tracks)[0]
