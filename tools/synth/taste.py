"""What makes an artist's sound their own: the same dice, thrown in different corners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Taste:
    """Draws an artist's parameters.

    The range of each parameter is cut into as many corners as there are catalogue artists, and
    each of them draws from a corner of their own, so that three artists of a kind never sound
    alike by chance. An artist without a corner draws from the whole range.

    Parameters
    ----------
    seed : sequence of int
        Of the kind of music: its artists share out the corners.
    artist : int
        Number of the artist within the kind.
    corners : int
        Artists from 0 to `corners - 1` have a corner.
    """

    def __init__(self, seed: Sequence[int], *, artist: int, corners: int) -> None:
        self._shared = np.random.default_rng((*seed, 0))
        self._own = np.random.default_rng((*seed, artist + 1))
        self._artist = artist
        self._corners = corners

    def between(self, low: float, high: float) -> float:
        """Draw a number."""
        return low + (high - low) * self._share()

    def choice(self, options: Sequence[T]) -> T:
        """Draw one of several."""
        return options[min(int(self._share() * len(options)), len(options) - 1)]

    def _share(self) -> float:
        order = self._shared.permutation(self._corners)
        throw = float(self._own.random())
        if self._artist >= self._corners:
            return throw
        return float(order[self._artist] + throw) / self._corners
