"""The VGGish log-mel front end: 16 kHz samples to the patches a network sees.

The arithmetic is that of Google's AudioSet release (``mel_features.py`` and
``vggish_params.py``), done in float32 with SciPy's FFT.
"""

from functools import cache
from typing import Final

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

SAMPLE_RATE: Final = 16_000
FRAME_SAMPLES: Final = 400
HOP_SAMPLES: Final = 160
FFT_SIZE: Final = 512
BANDS: Final = 64
LOWEST_HZ: Final = 125.0
HIGHEST_HZ: Final = 7_500.0
LOG_OFFSET: Final = 0.01
PATCH_FRAMES: Final = 96
PATCH_SECONDS: Final = PATCH_FRAMES * HOP_SAMPLES / SAMPLE_RATE
MIN_SAMPLES: Final = FRAME_SAMPLES + (PATCH_FRAMES - 1) * HOP_SAMPLES
"""The shortest sound that makes a patch: 15,600 samples, 0.975 s."""

# A block of this many spectra stays in the processor's cache.
_BLOCK_FRAMES = 256


def mel_matrix() -> NDArray[np.float64]:
    """Build the weights that turn magnitude spectra into mel bands.

    Triangles of height 1 that are linear in mel, with ``mel = 1127 ln(1 + f / 700)`` and edges
    evenly spaced in mel from 125 to 7,500 Hz. The row of 0 Hz is zero. This is not the matrix of
    ``librosa.filters.mel(htk=True, norm=None)``, whose triangles are linear in Hz.

    Returns
    -------
    NDArray[np.float64]
        Shape (257, 64), values in [0, 1]: multiply spectra [frames, 257] by it from the right.
    """
    bins = _mel(np.linspace(0.0, SAMPLE_RATE / 2, FFT_SIZE // 2 + 1))[:, np.newaxis]
    edges = np.linspace(_mel(LOWEST_HZ), _mel(HIGHEST_HZ), BANDS + 2)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins - lower) / (centre - lower)
    falling = (upper - bins) / (upper - centre)
    weights = np.maximum(0.0, np.minimum(rising, falling))
    weights[0] = 0.0
    return weights


def log_mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute the log-mel spectrogram, ``ln(mel + 0.01)``.

    Frames of 400 samples every 160, not centred; samples after the last whole frame are dropped
    and nothing is padded.

    Parameters
    ----------
    samples : NDArray[np.float32]
        Mono sound at 16 kHz, shape (n,), full scale at ±1.

    Returns
    -------
    NDArray[np.float32]
        Shape (frames, 64) with ``frames = 1 + (n - 400) // 160``, or 0 frames where n < 400.
        Within 1e-4 of the same arithmetic in float64 for music and noise, 4e-4 in the silent
        bands beside a pure tone at full scale.
    """
    if len(samples) < FRAME_SAMPLES:
        return np.empty((0, BANDS), np.float32)
    frames = sliding_window_view(samples, FRAME_SAMPLES)[::HOP_SAMPLES]
    window, weights = _constants()
    out = np.empty((len(frames), BANDS), np.float32)
    for start in range(0, len(frames), _BLOCK_FRAMES):
        block = frames[start : start + _BLOCK_FRAMES] * window
        magnitudes = np.abs(scipy.fft.rfft(block, FFT_SIZE))
        np.matmul(magnitudes, weights, out=out[start : start + _BLOCK_FRAMES])
    out += np.float32(LOG_OFFSET)
    return np.log(out, out=out)


def patches(log_mel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cut a log-mel spectrogram into the 0.96-second patches of the network, without overlap.

    Parameters
    ----------
    log_mel : NDArray[np.float32]
        Shape (frames, 64).

    Returns
    -------
    NDArray[np.float32]
        Shape (frames // 96, 96, 64), a view of the input; frames left over are dropped, so fewer
        than 15,600 samples give no patch.
    """
    count = len(log_mel) // PATCH_FRAMES
    return log_mel[: count * PATCH_FRAMES].reshape(count, PATCH_FRAMES, BANDS)


def _mel(hertz: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return 1127.0 * np.log1p(np.asarray(hertz, np.float64) / 700.0)


@cache
def _constants() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    phase = 2 * np.pi * np.arange(FRAME_SAMPLES) / FRAME_SAMPLES
    periodic_hann = (0.5 - 0.5 * np.cos(phase)).astype(np.float32)
    return periodic_hann, mel_matrix().astype(np.float32)
