"""Principal components of the teacher's vectors: what the student learns to give."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_ROWS = 10_000
_LEAST_SHARE = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """A centring and a projection.

    Attributes
    ----------
    mean : NDArray[np.float32]
        Shape (d,).
    axes : NDArray[np.float32]
        Shape (d, k), orthogonal columns, the strongest first; of unit length unless flattened.
    kept : float
        Share of the variance that the k components keep, in [0, 1].
    """

    mean: NDArray[np.float32]
    axes: NDArray[np.float32]
    kept: float

    def project(self, vectors: NDArray[np.floating]) -> NDArray[np.float32]:
        """Project vectors [n, d] to [n, k] float32."""
        return np.asarray((vectors.astype(np.float32) - self.mean) @ self.axes)

    def save(self, path: Path) -> None:
        """Write to an ``.npz`` file, whole or not at all."""
        unfinished = path.with_suffix(".part.npz")
        np.savez(unfinished, mean=self.mean, axes=self.axes, kept=self.kept)
        unfinished.replace(path)

    @staticmethod
    def load(path: Path) -> "Components":
        """Read what `save` wrote."""
        with np.load(path) as stored:
            return Components(stored["mean"], stored["axes"], float(stored["kept"]))


def principal_components(
    vectors: NDArray[np.floating], count: int, *, flattening: float = 0.0
) -> Components:
    """Find the first principal components.

    Parameters
    ----------
    vectors : NDArray[np.floating]
        Shape (n, d), perhaps mapped; read in blocks, summed in float64.
    count : int
        How many components, at most d.
    flattening : float
        In [0, 1]: 0 leaves the components' variances as they are, 1 whitens them, and what lies
        between evens them out in part. Their sum stays the same.

    Returns
    -------
    Components
    """
    dim = vectors.shape[1]
    total, squares = np.zeros(dim), np.zeros((dim, dim))
    for start in range(0, len(vectors), _ROWS):
        block = vectors[start : start + _ROWS].astype(np.float64)
        total += block.sum(axis=0)
        squares += block.T @ block
    mean = total / len(vectors)
    variances, axes = np.linalg.eigh(squares / len(vectors) - np.outer(mean, mean))
    strongest, largest = axes[:, ::-1][:, :count], variances[::-1][:count]
    kept = float(largest.sum() / variances.sum())
    evened = np.maximum(largest, _LEAST_SHARE * largest[0]) ** (-flattening / 2)
    evened *= np.sqrt(largest.sum() / (largest * evened**2).sum())
    return Components(mean.astype(np.float32), (strongest * evened).astype(np.float32), kept)
