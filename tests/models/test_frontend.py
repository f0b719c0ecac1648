"""The front end against golden values of Google's release and a plain float64 rendering."""

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import frontend
from models.frontend import log_mel, mel_matrix, patches

SILENCE = -4.605170185988091
# A loud pure tone leaves most bands almost silent, where the logarithm magnifies float32 rounding.
TONE_ERROR = 4e-4


def sine(seconds: float = 3.0, hertz: float = 1000.0) -> np.ndarray:
    t = np.arange(0, seconds, 1 / frontend.SAMPLE_RATE)
    return np.sin(2 * np.pi * hertz * t).astype(np.float32)


def reference(samples: np.ndarray) -> np.ndarray:
    """Render the definition frame by frame in float64 with NumPy alone."""
    n = np.arange(400)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * n / 400)
    rows = [
        np.log(
            np.abs(np.fft.rfft(samples[start : start + 400] * window, 512)) @ mel_matrix() + 0.01
        )
        for start in range(0, len(samples) - 399, 160)
    ]
    return np.array(rows)


def test_constants_agree_with_each_other() -> None:
    assert frontend.SAMPLE_RATE == 16_000
    assert frontend.PATCH_SECONDS == 0.96
    assert frontend.MIN_SAMPLES == 15_600


def test_mel_matrix_has_the_golden_values() -> None:
    matrix = mel_matrix()
    assert matrix.shape == (257, 64)
    assert matrix.dtype == np.float64
    assert matrix.sum() == pytest.approx(230.9135991608, abs=1e-9)
    assert np.count_nonzero(matrix) == 461
    assert matrix[5, 0] == pytest.approx(0.94769046, abs=1e-8)
    assert matrix[32, 19] == pytest.approx(0.53630063, abs=1e-8)
    assert matrix[32, 20] == pytest.approx(0.46369937, abs=1e-8)
    assert not matrix[0].any()


def test_mel_matrix_is_not_that_of_librosa() -> None:
    other = librosa.filters.mel(
        sr=16_000, n_fft=512, n_mels=64, fmin=125, fmax=7500, htk=True, norm=None
    )
    assert other.T.shape == mel_matrix().shape
    assert np.abs(other.T - mel_matrix()).max() > 0.004


def test_sine_has_the_golden_statistics() -> None:
    spectrogram = log_mel(sine())
    examples = patches(spectrogram)
    assert spectrogram.shape == (298, 64)
    assert spectrogram.dtype == np.float32
    assert examples.shape == (3, 96, 64)
    exact = examples.astype(np.float64)
    assert exact.mean() == pytest.approx(-3.42961870, abs=5e-5)
    assert exact.std() == pytest.approx(2.12657734, abs=5e-5)
    assert exact.min() == pytest.approx(-4.60116305, abs=TONE_ERROR)
    assert exact.max() == pytest.approx(4.81111773, abs=TONE_ERROR)
    assert exact.sum() == pytest.approx(-63214.731807, abs=exact.size * 5e-5)
    first = [-4.48313252, -4.27083405, -4.17064267, -4.23770552]
    np.testing.assert_allclose(examples[0, 0, :4], first, atol=TONE_ERROR)
    assert set(spectrogram.argmax(axis=1)) == {19}


def test_float32_stays_close_to_float64() -> None:
    rng = np.random.default_rng(7)
    fading = rng.standard_normal(40_000) * np.geomspace(1.0, 1e-3, 40_000)
    chord = sum(sine(2.5, hertz) for hertz in (220.0, 440.0, 660.0, 3520.0))
    noise = (0.3 * fading).astype(np.float32)
    music = (0.05 * chord + 0.1 * noise).astype(np.float32)
    assert np.abs(log_mel(noise) - reference(noise)).max() < 1e-4
    assert np.abs(log_mel(music) - reference(music)).max() < 1e-4
    assert np.abs(log_mel(sine()) - reference(sine())).max() < TONE_ERROR


def test_silence_is_the_logarithm_of_the_offset() -> None:
    np.testing.assert_allclose(log_mel(np.zeros(16_000, np.float32)), SILENCE, rtol=1e-7)


@pytest.mark.parametrize(
    ("samples", "frames", "examples"),
    [
        (0, 0, 0),
        (239, 0, 0),
        (399, 0, 0),
        (400, 1, 0),
        (15_360, 94, 0),
        (15_599, 95, 0),
        (15_600, 96, 1),
        (30_959, 191, 1),
        (30_960, 192, 2),
        (480_000, 2998, 31),
    ],
)
def test_number_of_frames_and_patches(samples: int, frames: int, examples: int) -> None:
    spectrogram = log_mel(np.zeros(samples, np.float32))
    assert spectrogram.shape == (frames, 64)
    assert patches(spectrogram).shape == (examples, 96, 64)


@given(count=st.integers(0, 100_000))
@settings(max_examples=30, deadline=None)
def test_frames_follow_the_formula_across_blocks(count: int) -> None:
    spectrogram = log_mel(np.zeros(count, np.float32))
    assert len(spectrogram) == (0 if count < 400 else 1 + (count - 400) // 160)
    assert len(patches(spectrogram)) == (0 if count < 15_600 else 1 + (count - 15_600) // 15_360)


def test_later_sound_does_not_change_earlier_frames() -> None:
    samples = np.random.default_rng(3).uniform(-1, 1, 60_000).astype(np.float32)
    whole = log_mel(samples)
    np.testing.assert_allclose(log_mel(samples[: 400 + 160 * 299]), whole[:300], atol=1e-5)


def test_patches_are_consecutive_views() -> None:
    spectrogram = log_mel(sine(3.5))
    examples = patches(spectrogram)
    assert np.shares_memory(examples, spectrogram)
    np.testing.assert_array_equal(examples[2, 5], spectrogram[2 * 96 + 5])
