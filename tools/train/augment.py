"""Changes to a sound that teacher and student both hear: speed, mixture, room, tone, noise."""

from collections.abc import Callable

import numpy as np
import soxr
from numpy.typing import NDArray

from models.frontend import MIN_SAMPLES, SAMPLE_RATE

Sound = NDArray[np.float32]
Reader = Callable[[int], Sound]
"""Reads a stretch of at most so many samples somewhere in a recording."""

LONGEST = round(MIN_SAMPLES * 1.13) + 1


def draw_sound(rng: np.random.Generator, read: Reader, read_other: Reader) -> Sound:
    """Draw one augmented patch of sound.

    Parameters
    ----------
    rng : np.random.Generator
    read, read_other : Reader
        The recording to hear, and one to mix in now and then.

    Returns
    -------
    NDArray[np.float32]
        Shape (15600,), within ±1.
    """
    speed = float(rng.uniform(0.88, 1.13)) if rng.random() < 0.35 else 1.0
    sound = _fit(rng, _change_speed(read(min(round(MIN_SAMPLES * speed), LONGEST)), speed))
    if rng.random() < 0.5:
        sound = _mix(sound, _fit(rng, read_other(MIN_SAMPLES)), float(rng.uniform(-3, 15)))
    if rng.random() < 0.15:
        sound = _add_room(rng, sound)
    if rng.random() < 0.4:
        sound = _equalise(rng, sound)
    if rng.random() < 0.15:
        sound = _mix(sound, _noise(rng), float(rng.uniform(5, 35)))
    loudest = float(np.abs(sound).max())
    gain = 10 ** (float(rng.uniform(-18, 6)) / 20)
    return sound * np.float32(min(gain, 1 / loudest if loudest else 1.0))


def _change_speed(sound: Sound, speed: float) -> Sound:
    if speed == 1.0:
        return sound
    return np.asarray(soxr.resample(sound, SAMPLE_RATE * speed, SAMPLE_RATE, "LQ"), np.float32)


def _fit(rng: np.random.Generator, sound: Sound) -> Sound:
    """Cut or zero-pad to one patch, the shorter sound beginning anywhere in it."""
    out = np.zeros(MIN_SAMPLES, np.float32)
    kept = sound[:MIN_SAMPLES]
    start = int(rng.integers(MIN_SAMPLES - len(kept) + 1))
    out[start : start + len(kept)] = kept
    return out


def _mix(sound: Sound, other: Sound, decibels: float) -> Sound:
    """Add another sound so that the first is louder by so many decibels."""
    power, other_power = float(np.mean(sound**2)), float(np.mean(other**2))
    if not power or not other_power:
        return sound
    return sound + other * np.float32(np.sqrt(power / other_power) * 10 ** (-decibels / 20))


def _add_room(rng: np.random.Generator, sound: Sound) -> Sound:
    seconds = float(rng.uniform(0.1, 0.6))
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    echo = rng.standard_normal(len(time)) * np.exp(-6.9 * time / seconds)
    size = 2 * MIN_SAMPLES
    wet = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(echo, size), size)
    return _mix(sound, wet[:MIN_SAMPLES].astype(np.float32), float(rng.uniform(0, 12)))


def _equalise(rng: np.random.Generator, sound: Sound) -> Sound:
    """Apply a smooth random curve of up to about ±12 dB over eight octaves."""
    octaves = np.linspace(0, 8, 7)
    decibels = rng.normal(0, 5, size=7).clip(-12, 12)
    frequency = np.fft.rfftfreq(MIN_SAMPLES, 1 / SAMPLE_RATE)
    place = np.log2(np.maximum(frequency, 31.25) / 31.25)
    curve = 10 ** (np.interp(place, octaves, decibels) / 20)
    return np.fft.irfft(np.fft.rfft(sound) * curve, MIN_SAMPLES).astype(np.float32)


def _noise(rng: np.random.Generator) -> Sound:
    """Noise between white and brown."""
    white = np.fft.rfft(rng.standard_normal(MIN_SAMPLES))
    slope = (np.arange(len(white)) + 1.0) ** -float(rng.uniform(0, 1))
    return np.fft.irfft(white * slope, MIN_SAMPLES).astype(np.float32)
