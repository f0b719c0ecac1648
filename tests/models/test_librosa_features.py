"""The classical features are what their definitions say, worked out here in float64."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.fft
from hypothesis import given
from hypothesis import strategies as st

from models.librosa_features import (
    BANDS,
    COEFFICIENTS,
    DIM,
    FEATURES,
    FRAMES,
    HOP_SAMPLES,
    PATCH_SAMPLES,
    SAMPLE_RATE,
    features,
    statistics,
)

MFCC = slice(0, 20)
MEL = slice(20, 148)
CHROMA = slice(148, 160)
TONNETZ = slice(160, 166)


def noise(count: int, seed: int = 0) -> np.ndarray:
    colour = np.random.default_rng(seed).standard_normal((count, PATCH_SAMPLES))
    return (0.1 * colour).astype(np.float32)


def sine(hertz: float) -> np.ndarray:
    t = np.arange(PATCH_SAMPLES) / SAMPLE_RATE
    return (0.5 * np.sin(2 * np.pi * hertz * t))[np.newaxis].astype(np.float32)


def power(patch: np.ndarray) -> np.ndarray:
    """Return the power spectra [1025, 27] of a patch."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2_048) / 2_048)
    frames = [patch[i * HOP_SAMPLES :][:2_048] * window for i in range(FRAMES)]
    return np.abs(np.fft.rfft(np.array(frames, np.float64), axis=1).T) ** 2


def slaney(bands: int) -> np.ndarray:
    """Return the mel weights [bands, 1025] of Slaney's Auditory Toolbox, of equal area."""
    step = np.log(6.4) / 27  # above 1,000 Hz, where the scale is logarithmic
    top = 15 + np.log(8_000 / 1_000) / step
    mels = np.linspace(0, top, bands + 2)
    edges = np.where(mels < 15, mels * 200 / 3, 1_000 * np.exp(step * (mels - 15)))
    bins = np.arange(1_025) * SAMPLE_RATE / 2_048
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    area = 2 / (edges[2:] - edges[:-2])
    return np.maximum(0, np.minimum(rising, falling)) * area[:, None]


def ellis() -> np.ndarray:
    """Return the chroma weights [12, 1025] of Ellis: bells a semitone wide, full around A = 440."""
    pitch = 12 * np.log2(np.arange(1, 2_048) * SAMPLE_RATE / 2_048 / 27.5)
    pitch = np.concatenate([[pitch[0] - 18], pitch])
    width = np.maximum(np.append(np.diff(pitch), 1), 1)
    apart = (pitch - np.arange(12)[:, None] + 126) % 12 - 6
    bells = np.exp(-2 * (apart / width) ** 2)
    bells /= np.linalg.norm(bells, axis=0)
    bells *= np.exp(-((pitch / 12 - 5) ** 2) / 8)
    return np.roll(bells, -3, axis=0)[:, :1_025]  # from C instead of A


def tonal_centroids(chroma: np.ndarray) -> np.ndarray:
    """Return the circles of fifths, minor and major thirds [6, frames] that chroma lie on."""
    share = chroma / chroma.sum(axis=0)
    circles = ((1, 7 * np.pi / 6), (1, 3 * np.pi / 2), (0.5, 2 * np.pi / 3))
    notes = np.arange(12)
    waves = (radius * wave(angle * notes) for radius, angle in circles for wave in (np.sin, np.cos))
    return np.stack([wave @ share for wave in waves])


def test_mel_spectrum_and_coefficients_are_those_of_the_definition() -> None:
    patches = noise(2)
    found = features(patches)
    assert (found.shape, found.dtype) == ((2, FEATURES, FRAMES), np.float32)
    for patch, rows in zip(patches, found, strict=True):
        mel = slaney(BANDS) @ power(patch)
        np.testing.assert_allclose(rows[MEL], np.sqrt(mel), rtol=1e-4)
        decibels = 10 * np.log10(np.maximum(mel, 1e-6))
        cepstrum = scipy.fft.dct(decibels, axis=0, norm="ortho")[:COEFFICIENTS]
        np.testing.assert_allclose(rows[MFCC], cepstrum, atol=5e-4)


def test_chroma_and_tonal_centroids_are_those_of_the_definition() -> None:
    patches = noise(2, seed=1)
    for patch, rows in zip(patches, features(patches), strict=True):
        chroma = ellis() @ power(patch)
        np.testing.assert_allclose(rows[CHROMA], chroma / chroma.max(axis=0), atol=1e-5)
        np.testing.assert_allclose(rows[TONNETZ], tonal_centroids(rows[CHROMA]), atol=1e-5)


@pytest.mark.parametrize(("hertz", "note"), [(261.63, 0), (440.0, 9), (1_760.0, 9), (493.88, 11)])
def test_a_note_is_its_chroma_in_every_octave(hertz: float, note: int) -> None:
    (rows,) = features(sine(hertz))
    assert set(rows[CHROMA].argmax(axis=0)) == {note}
    assert rows[CHROMA].max() == 1.0


def test_golden_figures_of_a_tone() -> None:
    # Worked out with the definitions above; raise the card's version where they change.
    (rows,) = features(sine(1_000.0))
    assert set(rows[MEL].argmax(axis=0)) == {42}
    assert rows[MEL][41:44, 0] == pytest.approx([32.6669965, 54.6331117, 7.63070718], rel=1e-5)
    coefficients = [-655.604429, 16.5641394, -16.1046026, -32.7745535]
    for frame in rows[MFCC][:4].T:
        assert frame == pytest.approx(coefficients, rel=1e-5)


def test_silence_is_finite() -> None:
    (rows,) = features(np.zeros((1, PATCH_SAMPLES), np.float32))
    # A constant has but one cosine: 128 bands of -60 dB.
    np.testing.assert_allclose(rows[MFCC][0], -60 * np.sqrt(BANDS), rtol=1e-6)
    np.testing.assert_allclose(rows[MFCC][1:], 0, atol=1e-3)
    assert not rows[MFCC.stop :].any()


@given(seed=st.integers(0, 1_000), level=st.floats(0, 1))
def test_statistics_are_means_then_maxima_then_minima(seed: int, level: float) -> None:
    rows = level * np.random.default_rng(seed).standard_normal((3, FEATURES, FRAMES))
    found = statistics(rows.astype(np.float32))
    assert (found.shape, found.dtype) == ((3, DIM), np.float32)
    means, highest, lowest = np.split(found, 3, axis=1)
    for row, mean, high, low in zip(rows, means, highest, lowest, strict=True):
        np.testing.assert_allclose(mean, row.mean(axis=1), atol=1e-6)
        np.testing.assert_array_equal(high, row.max(axis=1).astype(np.float32))
        np.testing.assert_array_equal(low, row.min(axis=1).astype(np.float32))
