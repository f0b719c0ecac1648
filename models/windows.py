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

Places = NDArray[np.intp]

MEAN: Final = "mean"
MEAN_MAX_MIN: Final = "mean-max-min"
POOLINGS: Final = (MEAN, MEAN_MAX_MIN)
"""How the patches of a window may become one vector; `combine` says what each does."""


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
    scale: tuple[float, ...] | None = None,
    pooling: str = MEAN,
    hop: int = WINDOW_HOP,
) -> Windows:
    """Pool patches into windows: combined, centred and scaled by the card, of unit length.

    Parameters
    ----------
    patches : PatchEmbeddings
        `n` embeddings of `dim` numbers.
    audible : np.ndarray [shape=(n,), bool]
        Which of them to use.
    mean : tuple of float
        The model card's, of length `dim`, subtracted from every window.
    scale : tuple of float or None
        The model card's, of length `dim`, above 0: every window is divided by it then.
    pooling, hop
        As `combine` takes them.

    Returns
    -------
    Windows
        At most ``1 + ceil((n - 10) / hop)``; none at all where every patch is silent.
    """
    vectors, starts = combine(patches, audible, pooling=pooling, hop=hop)
    vectors -= np.asarray(mean)
    if scale is not None:
        vectors /= np.asarray(scale)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.maximum(lengths, np.finfo(np.float32).tiny)
    return Windows(vectors.astype(np.float32), starts)


def combine(
    patches: PatchEmbeddings,
    audible: NDArray[np.bool_],
    *,
    pooling: str = MEAN,
    hop: int = WINDOW_HOP,
) -> tuple[NDArray[np.float64], FloatArray]:
    """Make one vector of the patches of each window.

    A window is 10 patches; the tail that is left, or a clip that is shorter, is a window of what
    there is. Silent patches take no part, and a window of nothing else is dropped.

    Parameters
    ----------
    patches : PatchEmbeddings
        `n` embeddings of `dim` numbers.
    audible : np.ndarray [shape=(n,), bool]
        Which of them to use.
    pooling : str
        ``mean`` averages them. ``mean-max-min`` is for embeddings that are statistics themselves,
        a third each of means, maxima and minima over equally many frames: the mean of the means,
        the largest maximum and the smallest minimum are the statistics of all those frames.
    hop : int
        Patches from one window to the next, at least 1.

    Returns
    -------
    vectors : np.ndarray [shape=(w, dim), float64]
        Neither centred nor scaled.
    starts : np.ndarray [shape=(w,), float32]
        In seconds.
    """
    count = len(patches.timestamps)
    firsts = np.arange(0, max(count - WINDOW_PATCHES, 0) + hop, hop)[:count]
    lasts = np.minimum(firsts + WINDOW_PATCHES, count)
    heard = np.concatenate([[0], np.cumsum(audible)])
    some = heard[lasts] > heard[firsts]
    firsts, lasts = firsts[some], lasts[some]
    if pooling == MEAN:
        vectors = _means(patches.embeddings, audible, firsts, lasts)
    else:
        means, highest, lowest = np.split(patches.embeddings, 3, axis=1)
        thirds = (
            _means(means, audible, firsts, lasts),
            _extremes(np.maximum, highest, audible, firsts, lasts),
            _extremes(np.minimum, lowest, audible, firsts, lasts),
        )
        vectors = np.concatenate(thirds, axis=1)
    return vectors, patches.timestamps[firsts]


def _means(
    rows: FloatArray, audible: NDArray[np.bool_], firsts: Places, lasts: Places
) -> NDArray[np.float64]:
    """Average the audible rows from each first up to its last: at least one."""
    # Differences of running sums: one pass, however much the windows overlap.
    sums = np.zeros((len(rows) + 1, rows.shape[1]))
    np.cumsum(rows * audible[:, np.newaxis], axis=0, dtype=np.float64, out=sums[1:])
    counts = np.concatenate([[0], np.cumsum(audible)])
    used = counts[lasts] - counts[firsts]
    return np.asarray((sums[lasts] - sums[firsts]) / used[:, np.newaxis])


def _extremes(
    most: np.ufunc,
    rows: FloatArray,
    audible: NDArray[np.bool_],
    firsts: Places,
    lasts: Places,
) -> NDArray[np.float64]:
    """Return the largest or smallest of the audible rows from each first up to its last."""
    if not len(firsts):
        return np.empty((0, rows.shape[1]))
    never = -np.inf if most is np.maximum else np.inf
    # One row more than there are: `reduceat` wants the end of the last window to be one of them.
    heard = np.full((len(rows) + 1, rows.shape[1]), never)
    heard[:-1][audible] = rows[audible]
    # It takes each bound to the next one, so every second stretch is a window.
    bounds = np.stack([firsts, lasts], axis=1).ravel()
    return np.asarray(most.reduceat(heard, bounds)[::2])
