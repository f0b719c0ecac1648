"""Putting every model to a task on the same material."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from index.left_out import LeftOut
from models.types import FloatArray, ModelStamp
from tools.evaluate.judgements import Judgements, judge
from tools.evaluate.sources import EvaluationError, Heard, Material
from tools.evaluate.tasks import (
    Progress,
    Scores,
    clip_vector,
    expect_labels,
    expect_same_track,
    halves,
    score_labels,
    score_same_track,
)
from tools.screen import Screen, counted

LABELS, SAME_TRACK = "labels", "same-track"

_UNLABELLED = "It lies beside the labels' folders, not in one of them."
# Fewer queries are done before a bar could be read.
_SHOWN_FROM = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What a model scored, and what it made of the tracks.

    Attributes
    ----------
    stamp : ModelStamp
    scores : Scores
    vectors : np.ndarray [shape=(n, parts, dim), float32]
        A vector for each track, or for each of its halves, of unit length.
    """

    stamp: ModelStamp
    scores: Scores
    vectors: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What an evaluation came to.

    Attributes
    ----------
    task : str
    material : Material
        What took part.
    filtered : bool
        Whether what shares the asker's artist or album was left out of its ranking.
    results : tuple of Result
        One for each model.
    chance : mapping of str to float
        What a random order scores on average, by measure, where that can be said.
    notes : tuple of str
        Sentences to know the scores by.
    """

    task: str
    material: Material
    filtered: bool
    results: tuple[Result, ...]
    chance: Mapping[str, float]
    notes: tuple[str, ...] = ()


def evaluate(material: Material, task: str, *, filtered: bool, screen: Screen) -> Evaluation:
    """Put every model to a task.

    Parameters
    ----------
    material : Material
    task : str
        ``labels`` or ``same-track``.
    filtered : bool
        Whether to leave what shares the asker's artist or album out of its ranking.
    screen : Screen
        Where progress is shown.

    Raises
    ------
    EvaluationError
        The material has too few tracks or labels for this task.
    """
    if task == LABELS:
        return _labels(material, filtered, screen)
    return _same_track(material, screen)


def labelled(material: Material) -> tuple[Material, tuple[str, ...]]:
    """Return what has a label, and sentences that say what has none.

    Raises
    ------
    EvaluationError
        Nothing in a folder has a label.
    """
    places = [place for place, item in enumerate(material.items) if item.labels]
    without = [item for item in material.items if not item.labels]
    if material.indexed:
        note = f"{counted(len(without), 'track')} without a label took no part."
        return material.only(places), (note,) if without else ()
    if not places:
        raise EvaluationError(
            "There are no labels' folders here: the audio lies in the folder itself.",
            "Name the folder above it, with a folder of audio for each label.",
            material.left_out,
        )
    return material.only(places, [LeftOut(item.track.path, _UNLABELLED) for item in without]), ()


def judge_labels(material: Material, *, filtered: bool) -> Judgements:
    """Make judgements of material that is labelled.

    Parameters
    ----------
    material : Material
    filtered : bool
        Whether to bar what shares the asker's artist or album.

    Raises
    ------
    EvaluationError
        There are fewer than two labels, or no two tracks share one.
    """
    labels = [item.labels for item in material.items]
    judged = judge(labels)
    if len(judged.names) < 2:
        have = f"only the label “{judged.names[0]}”" if judged.names else "no label"
        raise EvaluationError(
            f"The tracks have {have}: there is nothing to tell apart.",
            "Tag the files with genres and build the index again."
            if material.indexed
            else "Name a folder with a folder of audio for each label.",
            material.left_out,
        )
    if not judged.counts()[0].any():
        raise EvaluationError("No two tracks share a label.", "Add tracks.", material.left_out)
    if not filtered:
        return judged
    artists, albums = zip(*((item.artist, item.album) for item in material.items), strict=True)
    judged = judge(labels, artists, albums)
    if not judged.counts()[0].any():
        raise EvaluationError(
            "No two tracks share a label, unless they share an artist or album too.",
            "Let those count with --no-filter.",
            material.left_out,
        )
    return judged


def _labels(material: Material, filtered: bool, screen: Screen) -> Evaluation:
    material, notes = labelled(material)
    judged = judge_labels(material, filtered=filtered)
    results = []
    for heard in material.heard:
        vectors = np.stack([clip_vector(windows) for windows in heard.windows])
        with _progress(screen, heard, len(judged)) as step:
            scores = score_labels(vectors, judged, progress=step)
        results.append(Result(heard.stamp, scores, vectors[:, np.newaxis]))
    return Evaluation(LABELS, material, filtered, tuple(results), expect_labels(judged), notes)


def _same_track(material: Material, screen: Screen) -> Evaluation:
    cut = [
        [halves(windows, heard.window_seconds) for windows in heard.windows]
        for heard in material.heard
    ]
    long_enough = [all(own) for own in zip(*cut, strict=True)]
    whole = np.flatnonzero(long_enough).tolist()
    short = [
        LeftOut(item.track.path or item.track.title, _too_short(material))
        for item, fits in zip(material.items, long_enough, strict=True)
        if not fits
    ]
    material = material.only(whole, short)
    if len(whole) < 2:
        raise EvaluationError(
            "There are no two tracks here that are long enough to be cut in halves.",
            "Evaluate longer tracks, or try --task labels.",
            material.left_out,
        )
    results = []
    for heard, own in zip(material.heard, cut, strict=True):
        tracks = [parts for place in whole if (parts := own[place])]
        with _progress(screen, heard, 2 * len(tracks)) as step:
            scores = score_same_track(tracks, progress=step)
        vectors = np.stack([[clip_vector(half) for half in parts] for parts in tracks])
        results.append(Result(heard.stamp, scores, vectors))
    chance = expect_same_track(len(whole))
    return Evaluation(SAME_TRACK, material, False, tuple(results), chance)


@contextmanager
def _progress(screen: Screen, heard: Heard, queries: int) -> Iterator[Progress]:
    """Show how far a ranking is, where it takes long enough to be read."""
    if queries < _SHOWN_FROM:
        yield lambda _done: None
        return
    with screen.progress(f"Ranking ({heard.stamp.model})", queries) as step:
        yield step


def _too_short(material: Material) -> str:
    seconds = max(heard.window_seconds for heard in material.heard)
    return f"It is too short for two halves: {2 * seconds:.3g} seconds are needed at least."
