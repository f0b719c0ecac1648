"""Polishes a trained model: what codecs still do to its embeddings is damped.

A last stage without training, in closed form. From pairs of windows, clean and coded, which the
model was not steadied with, it learns in which directions codecs push an embedding, and how far
beside the spread of all sounds; it damps those, as a Wiener filter does noise (and as WCCN does in
speaker recognition: Hatch, Kajarekar and Stolcke 2006). Before that the strongest directions can be
held back, so that no few of them rule the cosine. Both are one linear map, which the last layer
takes in.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FLATTENING = 0.0
DAMPING = 3.0

_LEAST_SHARE = 1e-4
_RIDGE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Polish:
    """A linear map of embeddings about a centre, which stays where it is.

    Attributes
    ----------
    matrix : NDArray[np.float64]
        Shape (d, d).
    centre : NDArray[np.float64]
        Shape (d,).
    """

    matrix: NDArray[np.float64]
    centre: NDArray[np.float64]

    def fold(
        self, weight: NDArray[np.floating], bias: NDArray[np.floating]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return weight [d, inputs] and bias [d] of a linear layer with the map done after it."""
        moved = self.matrix @ (bias - self.centre) + self.centre
        return (self.matrix @ weight).astype(np.float32), moved.astype(np.float32)


def find_polish(
    pairs: NDArray[np.floating],
    mean: NDArray[np.floating],
    *,
    flattening: float = FLATTENING,
    damping: float = DAMPING,
) -> Polish:
    """Find the map from windows that were coded.

    Parameters
    ----------
    pairs : NDArray[np.floating]
        Shape (n, 2, d), n of several times d: a window's mean embedding, clean and coded.
    mean : NDArray[np.floating]
        Shape (d,): the mean embedding over the training data, about which cosines are taken.
    flattening : float
        In [0, 1]: 0 leaves the spectrum of the clean windows as it is, 1 whitens it.
    damping : float
        A direction is divided by 1 + damping · (variance by codecs / variance of windows).

    Returns
    -------
    Polish
    """
    clean = pairs[:, 0].astype(np.float64)
    moves = pairs[:, 1].astype(np.float64) - clean
    spread = np.cov(clean, rowvar=False, bias=True)
    variances, axes = np.linalg.eigh(spread)
    scales = np.maximum(variances, _LEAST_SHARE * variances[-1]) ** (-flattening / 2)
    flatten = (axes * scales) @ axes.T
    damp = _damp(
        flatten @ spread @ flatten.T, flatten @ (moves.T @ moves / len(moves)) @ flatten.T, damping
    )
    return Polish(damp @ flatten, np.asarray(mean, np.float64))


def _damp(
    spread: NDArray[np.float64], noise: NDArray[np.float64], damping: float
) -> NDArray[np.float64]:
    """Return ``(I + damping · noise · spread⁻¹)⁻¹``, by their common axes [d, d]."""
    dim = len(spread)
    root = np.linalg.cholesky(spread + _RIDGE * np.trace(spread) / dim * np.eye(dim))
    inverse = np.linalg.inv(root)
    ratios, axes = np.linalg.eigh(inverse @ noise @ inverse.T)
    common = root @ axes
    return np.asarray((common / (1 + damping * ratios)) @ np.linalg.inv(common))
