"""Which tracks a search may answer with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.types import Only


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """Which tracks a search may answer with.

    Attributes
    ----------
    wanted : np.ndarray [shape=(tracks,), bool] or None
        By number, whether a track may be a result; None where all may.
    visible : np.ndarray [shape=(tracks,), bool] or None
        Whether it may be named as the clip; None where all may.
    windows : int
        How many windows the tracks have that may be results.
    only : Only
        What was asked for, in words.
    """

    wanted: NDArray[np.bool_] | None
    visible: NDArray[np.bool_] | None
    windows: int
    only: Only
