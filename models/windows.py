"""Windows: the vectors that are indexed and asked for, pooled from a few seconds of patches."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.types import FloatArray, PatchEmbeddings, Windows

WINDOW_PATCHES: Final = 10
WINDOW_HOP: Final = 5
SILENCE_DBFS: Final = -70.0
"""Below this level the log-mel front end's offset of 0.01 swallows broadband sound."""


def sounding(
    samples: FloatArray, *, sample_rate: int, patch_seconds: float, count: int
) -> NDArray[np.bool_]:
    """Tell which patches can be heard: those with a level (RMS) above -70 dB of full scale.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,), float32]
        Mono sound, full scale at ±1.
    sample_rate : int
        In Hz.
    patch_seconds : float
        Time from one patch to the next.
    count : int
        How many patches there are.

    Returns
    -------
    np.ndarray [shape=(count,), bool]
    """
    length = round(patch_seconds * sample_rate)
    floor = 10 ** (SILENCE_DBFS / 10)
    cut = (samples[i * length : (i + 1) * length] for i in range(count))
    return np.array(
        [len(part) > 0 and float(part @ part) > floor * len(part) for part in cut], bool
    )


def pool(
    patches: PatchEmbeddings,
    audible: NDArray[np.bool_],
    mean: tuple[float, ...],
    *,
    hop: int = WINDOW_HOP,
) -> Windows:
    """Pool patches into windows: averaged, centred on the card's mean, scaled to unit length.

    A window is 10 patches; the tail that is left, or a clip that is shorter, is a window of what
    there is. Silent patches take no part, and a window of nothing else is dropped.

    Parameters
    ----------
    patches : PatchEmbeddings
        `n` embeddings of `dim` numbers.
    audible : np.ndarray [shape=(n,), bool]
        Which of them to use.
    mean : tuple of float
        The model card's, of length `dim`.
    hop : int
        Patches from one window to the next, at least 1.

    Returns
    -------
    Windows
        At most ``1 + ceil((n - 10) / hop)``; none at all where every patch is silent.
    """
    count = len(patches.timestamps)
    firsts = np.arange(0, max(count - WINDOW_PATCHES, 0) + hop, hop)[:count]
    lasts = np.minimum(firsts + WINDOW_PATCHES, count)
    # Differences of running sums: one pass, however much the windows overlap.
    dim = patches.embeddings.shape[1]
    sums = np.zeros((count + 1, dim))
    np.cumsum(patches.embeddings * audible[:, np.newaxis], axis=0, dtype=np.float64, out=sums[1:])
    heard = np.concatenate([[0], np.cumsum(audible)])
    used = heard[lasts] - heard[firsts]
    firsts, lasts, used = firsts[used > 0], lasts[used > 0], used[used > 0]
    vectors = (sums[lasts] - sums[firsts]) / used[:, np.newaxis] - np.asarray(mean)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.maximum(lengths, np.finfo(np.float32).tiny)
    return Windows(vectors.astype(np.float32), patches.timestamps[firsts])
