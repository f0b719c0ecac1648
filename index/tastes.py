"""What people like moves what they are shown: arithmetic on unit vectors, and nothing else.

Likes turn a query towards them, as Rocchio (1971) did for words, and never further than an angle
that keeps the clip itself in charge. Dislikes take nothing from the query: each takes a little from
the similarity of the tracks that sound like it, so that no dislike can lift its own neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.types import FloatArray

PULL = 0.35
"""How much the likes weigh beside the clip, whose own weight is 1."""

LARGEST_TURN = 0.45
"""Radians (26 degrees) that likes may turn a query, at most."""

# A single like says little: so many of them have half of their full weight.
_HALF_SURE = 2.0

# Likes near the clip speak louder than others: e times as loud for so much more similarity.
_NEARNESS = 0.25

# What sounds less like a dislike than this loses nothing; one that is the same loses all of it.
_DISLIKED_FROM, _MOST_TAKEN = 0.4, 0.35

_ROUNDS = 25


@dataclass(frozen=True, slots=True, eq=False)
class Taste:
    """What one person said of tracks, each as a vector of unit length in one embedding space.

    Attributes
    ----------
    liked, disliked : np.ndarray [shape=(n, dim), float32]
    """

    liked: FloatArray
    disliked: FloatArray

    def __bool__(self) -> bool:
        return len(self.liked) > 0 or len(self.disliked) > 0


def unit_mean(vectors: FloatArray) -> FloatArray:
    """Return the direction [dim] of the mean of vectors [n, dim], of unit length."""
    return _unit(np.asarray(vectors, np.float32).mean(axis=0))


def lean(windows: FloatArray, liked: FloatArray) -> FloatArray:
    """Turn a query towards what is liked.

    Parameters
    ----------
    windows : np.ndarray [shape=(w, dim), float32]
        The query's windows, of unit length.
    liked : np.ndarray [shape=(n, dim), float32]
        Of unit length; those that sound like the query count most.

    Returns
    -------
    np.ndarray [shape=(w, dim), float32]
        Of unit length, each at most `LARGEST_TURN` from where it was.
    """
    if len(liked) == 0:
        return windows
    nearness = np.exp(liked @ unit_mean(windows) / _NEARNESS)
    towards = _unit(nearness @ liked)
    sure = len(liked) / (len(liked) + _HALF_SURE)
    return np.stack([_turn(window, _unit(window + PULL * sure * towards)) for window in windows])


def dislike_cost(tracks: FloatArray, disliked: FloatArray) -> FloatArray:
    """Return what dislikes take from the similarities of tracks.

    Of two tracks, the one that sounds more like a new dislike never gains on the other by it: the
    costs of dislikes add up, and each rises with the likeness.

    Parameters
    ----------
    tracks : np.ndarray [shape=(t, dim), float32]
        A vector of unit length for each track.
    disliked : np.ndarray [shape=(n, dim), float32]
        Of unit length.

    Returns
    -------
    np.ndarray [shape=(t,), float32]
        At least 0.
    """
    if len(disliked) == 0:
        return np.zeros(len(tracks), np.float32)
    likeness = np.clip(tracks @ disliked.T - _DISLIKED_FROM, 0, None)
    cost: FloatArray = likeness.sum(axis=1) * np.float32(_MOST_TAKEN / (1 - _DISLIKED_FROM))
    return cost


def sides(liked: FloatArray, most: int = 5) -> FloatArray:
    """Find the several things that a person likes: one mean of all would be none of them.

    Spherical k-means (Dhillon and Modha 2001), begun from likes far from one another.

    Parameters
    ----------
    liked : np.ndarray [shape=(n, dim), float32]
        At least one, of unit length.
    most : int
        Sides to find at most; a side has about three likes, if there are as many.

    Returns
    -------
    np.ndarray [shape=(k, dim), float32]
        Of unit length; the side with most likes first.
    """
    count = min(most, len(liked), max(1, round(len(liked) / 3)))
    centres = _far_apart(liked, count)
    for _ in range(_ROUNDS):
        nearest = (liked @ centres.T).argmax(axis=1)
        moved = np.stack(
            [
                _unit(liked[nearest == side].sum(axis=0)) if (nearest == side).any() else centre
                for side, centre in enumerate(centres)
            ]
        )
        if np.allclose(moved, centres, atol=1e-6):
            break
        centres = moved
    sizes = np.bincount((liked @ centres.T).argmax(axis=1), minlength=len(centres))
    return centres[np.argsort(-sizes, kind="stable")]


def between(first: FloatArray, last: FloatArray, steps: int) -> FloatArray:
    """Return points in even steps on the shortest way from one direction to another.

    Slerp, as Shoemake (1985) has it.

    Parameters
    ----------
    first, last : np.ndarray [shape=(dim,), float32]
        Of unit length, not opposite to each other.
    steps : int
        Points wanted between the two.

    Returns
    -------
    np.ndarray [shape=(steps, dim), float32]
        Of unit length, without the two ends.
    """
    angle = _angle(first, last)
    shares = (np.arange(steps) + 1) / (steps + 1)
    if angle < 1e-4:
        return np.repeat(first[None], steps, axis=0)
    weights = np.sin(np.outer(angle, [1 - shares, shares]).reshape(2, steps)) / np.sin(angle)
    points: FloatArray = np.float32(weights).T @ np.stack([first, last])
    return points


def _turn(start: FloatArray, end: FloatArray) -> FloatArray:
    """Turn a direction towards another one, but not too far."""
    angle = _angle(start, end)
    if angle <= LARGEST_TURN:
        return end
    aside = _unit(end - np.float32(np.cos(angle)) * start)
    turned: FloatArray = (np.cos(LARGEST_TURN) * start + np.sin(LARGEST_TURN) * aside).astype(
        np.float32
    )
    return turned


def _angle(first: FloatArray, last: FloatArray) -> float:
    return float(np.arccos(np.clip(np.dot(first, last), -1.0, 1.0)))


def _far_apart(vectors: FloatArray, count: int) -> FloatArray:
    """Pick vectors one by one, each the least like those that are picked already."""
    picked = [int((vectors @ _unit(vectors.sum(axis=0))).argmax())]
    while len(picked) < count:
        picked.append(int((vectors @ vectors[picked].T).max(axis=1).argmin()))
    return vectors[picked]


def _unit(vector: FloatArray) -> FloatArray:
    length = float(np.linalg.norm(vector))
    # Likes that cancel out have no direction: then whichever, rather than none.
    if length < 1e-9:
        vector, length = np.eye(1, len(vector), dtype=np.float32)[0], 1.0
    scaled: FloatArray = (vector / length).astype(np.float32)
    return scaled
