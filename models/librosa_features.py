"""The classical features of a patch and their statistics, as librosa computes them.

Importing this loads librosa and numba, which takes seconds: `models.librosa_stats` does so only
where the model runs. The 166 features, in this order: 20 mel-frequency cepstral coefficients (MFCC)
of the mel spectrum in decibels; the magnitudes of that spectrum's 128 bands (Slaney's scale and
area norm, 0 to 8,000 Hz); 12 chroma relative to each frame's strongest, tuned to 440 Hz; and the 6
tonal centroids of Harte, Sandler and Gasser, Detecting Harmonic Change in Musical Audio, 2006.
"""

from __future__ import annotations

from typing import Final

import librosa
import numpy as np
from numpy.typing import NDArray

from models.types import FloatArray

SAMPLE_RATE: Final = 16_000
PATCH_SAMPLES: Final = 15_360
FRAME_SAMPLES: Final = 2_048
HOP_SAMPLES: Final = 512
FRAMES: Final = 1 + (PATCH_SAMPLES - FRAME_SAMPLES) // HOP_SAMPLES
"""Frames that lie wholly within a patch: 27."""
COEFFICIENTS: Final = 20
BANDS: Final = 128
"""Mel bands."""
FEATURES: Final = COEFFICIENTS + BANDS + 12 + 6
DIM: Final = 3 * FEATURES

# -60 dB, where a sine at full scale is at 35: below, float32 and 16 bits hold nothing but rounding.
_QUIETEST = 1e-6


def features(patches: FloatArray) -> FloatArray:
    """Compute the features of every frame of some patches.

    Frames are 2,048 samples under a Hann window, every 512, none of which reaches out of its patch:
    a patch's features depend on nothing else.

    Parameters
    ----------
    patches : np.ndarray [shape=(n, 15360), float32]
        Mono sound at 16 kHz, full scale at ±1.

    Returns
    -------
    np.ndarray [shape=(n, 166, 27), float32]
        Finite, for digital silence too.
    """
    spectra: NDArray[np.complexfloating] = librosa.stft(
        patches, n_fft=FRAME_SAMPLES, hop_length=HOP_SAMPLES, center=False
    )
    power = np.abs(spectra) ** 2
    mel = librosa.feature.melspectrogram(S=power, sr=SAMPLE_RATE, n_mels=BANDS)
    decibels = librosa.power_to_db(mel, amin=_QUIETEST, top_db=None)
    # A tuning of its own for every clip would move the bins from one clip to the next.
    chroma = librosa.feature.chroma_stft(S=power, sr=SAMPLE_RATE, n_fft=FRAME_SAMPLES, tuning=0.0)
    rows = (
        librosa.feature.mfcc(S=decibels, n_mfcc=COEFFICIENTS),
        # Magnitudes tell more than power or decibels do, of recordings that the card learnt from.
        np.sqrt(mel),
        chroma,
        librosa.feature.tonnetz(chroma=chroma),
    )
    return np.concatenate(rows, axis=1, dtype=np.float32)


def warm_up() -> None:
    """Compile what librosa has compiled on first use, or load it: up to a minute, or a second."""
    statistics(features(np.zeros((1, PATCH_SAMPLES), np.float32)))


def statistics(rows: FloatArray) -> FloatArray:
    """Return the mean, then the maximum, then the minimum of each feature over its frames.

    Parameters
    ----------
    rows : np.ndarray [shape=(n, k, frames), float32]

    Returns
    -------
    np.ndarray [shape=(n, 3 k), float32]
    """
    return np.concatenate([rows.mean(axis=2), rows.max(axis=2), rows.min(axis=2)], axis=1)
