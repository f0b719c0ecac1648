"""The bench makes the sounds it says: the right pitch, no aliases, smooth joins."""

from __future__ import annotations

import numpy as np
import pytest

from tools.synth import voices
from tools.synth.sound import (
    RATE,
    Voice,
    clock,
    coloured_noise,
    equalise,
    hertz,
    place,
    room,
    wave,
)
from tools.synth.taste import Taste


def spectrum(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    windowed = samples * np.hanning(len(samples))
    return np.fft.rfftfreq(len(samples), 1 / RATE), np.abs(np.fft.rfft(windowed))


def test_concert_pitch() -> None:
    assert hertz(69) == 440.0
    assert hertz(60) == pytest.approx(261.6256, abs=1e-4)


def test_a_wave_has_its_harmonics_and_no_aliases() -> None:
    t = clock(1.0)
    frequency, magnitude = spectrum(wave(3000 * t, 1 / np.arange(1.0, 65.0), 3000.0))
    level = 20 * np.log10(magnitude / magnitude.max() + 1e-12)
    loud = frequency[level > -50]
    assert {round(f / 3000) for f in loud} == {1, 2, 3, 4, 5}
    assert np.abs(loud / 3000 - np.round(loud / 3000)).max() < 0.002


@pytest.mark.parametrize(
    "make", [voices.plucked_string, voices.organ, voices.bass, voices.pad, voices.brass]
)
@pytest.mark.parametrize("pitch", [40, 57, 69])
def test_an_instrument_plays_in_tune(make: type[Voice], pitch: int) -> None:
    rng = np.random.default_rng(5)
    voice = make(Taste((5, 0), artist=3, corners=3), rng)
    samples = voice(hertz(pitch), 1.5, 0.8)
    # Autocorrelation at one period against half a semitone beside it.
    part = samples[RATE // 5 : RATE]

    def alike(period: float) -> float:
        lag = np.arange(len(part) - 2 * int(period) - 2)
        return float(
            np.corrcoef(part[: len(lag)], np.interp(lag + period, np.arange(len(part)), part))[0, 1]
        )

    # Half the frequency for the organ's 16' pipe: two periods fit every instrument.
    period = 2 * RATE / hertz(pitch)
    assert alike(period) > 0.9
    assert alike(period) > max(alike(period * 1.03), alike(period / 1.03))


def test_coloured_noise_keeps_to_its_band() -> None:
    rng = np.random.default_rng(1)
    frequency, magnitude = spectrum(coloured_noise(2.0, np.array([1000.0, 1000.0]), 0.3, rng))
    inside = (frequency > 500) & (frequency < 2000)
    assert (magnitude[inside] ** 2).sum() / (magnitude**2).sum() > 0.98


def test_equalise_halves_what_it_should_and_keeps_the_length() -> None:
    t = clock(1.0)
    tone = np.sin(2 * np.pi * 1000 * t)
    halved = equalise(tone, (0, 500, 2000, 16000), (1, 0.5, 0.5, 1))
    assert len(halved) == len(tone)
    middle = slice(RATE // 4, 3 * RATE // 4)
    assert np.std(halved[middle]) == pytest.approx(np.std(tone[middle]) / 2, rel=0.01)


def test_place_cuts_what_hangs_over() -> None:
    onto = np.zeros(RATE)
    place(onto, np.ones(RATE), 0.5)
    place(onto, np.ones(RATE), 2.0)
    assert onto.sum() == RATE / 2


def test_a_room_rings_on() -> None:
    click = np.zeros(RATE)
    click[0] = 1.0
    wet = room(click, np.random.default_rng(2), seconds=1.0, wet=0.5)
    assert np.abs(wet[RATE // 10 : RATE // 5]).max() > np.abs(wet[RATE // 2 :]).max() > 0


def test_artists_with_corners_never_share_one() -> None:
    for seed in range(20):
        tastes = [Taste((seed, 0), artist=artist, corners=3) for artist in range(3)]
        for _ in range(5):
            assert sorted(int(taste.between(0, 3)) for taste in tastes) == [0, 1, 2]
