"""Six instruments, each a function from an artist's taste to a voice."""

from __future__ import annotations

import numpy as np

from tools.synth.sound import RATE, Signal, Voice, clock, noise, segments, struck, wave
from tools.synth.taste import Taste

_HARMONICS = np.arange(1, 65, dtype=float)


def plucked_string(taste: Taste, rng: np.random.Generator) -> Voice:
    """Pluck: a burst of noise runs round a loop that averages neighbours.

    One turn multiplies harmonic k of a loop of N samples by cos(pi k / N) (Karplus and Strong,
    1983), so every turn follows from the first in closed form, without a loop in time.
    """
    bright = taste.between(0.2, 0.9)
    ring = taste.between(1.2, 3.0)
    finger = taste.between(0.12, 0.45)

    def voice(frequency: float, seconds: float, loud: float) -> Signal:
        size = int(RATE / frequency)
        seconds = min(seconds + 0.6 * ring, 3.0)
        turns = int(seconds * frequency) + 2
        burst = noise(size, rng)
        burst -= np.roll(burst, int(finger * size))
        harmonic = np.arange(size // 2 + 1)
        soft = (1.0 + (harmonic * frequency / (600.0 + 5000.0 * bright * loud)) ** 2) ** -0.5
        turn = np.arange(turns)[:, None]
        loss = np.cos(np.pi * harmonic / (size + 1)) ** (0.15 / ring * 440.0 / frequency)
        held = 0.001 ** (1.0 / (ring * frequency * 1.6))
        spectra = np.fft.rfft(burst) * soft * (loss * held) ** turn
        loop = np.fft.irfft(spectra, size).ravel()
        # The loop is a whole number of samples long: reading it a little faster tunes it.
        t = clock(seconds)
        string: Signal = np.interp(t * frequency * size, np.arange(len(loop)), loop)
        string *= segments(seconds, ((0, 0), (0.002, 1), (seconds - 0.06, 1), (seconds, 0)))
        return string * loud

    return voice


def organ(taste: Taste, rng: np.random.Generator) -> Voice:
    """Draw the bars: pure tones at fixed ratios, held level, in the slow beat of a turning horn."""
    ratios = (1, 2, 3, 4, 6, 8, 10, 12, 16)  # of half the frequency: 16', 8', 5 1/3', 4' ...
    drawn = np.array([taste.between(0, 1) ** 1.5 for _ in ratios])
    drawn[[0, 1, 3]] += (0.3, 0.8, 0.3)
    spectrum = np.zeros(16)
    spectrum[np.array(ratios) - 1] = drawn / drawn.sum()
    turning = taste.between(0.6, 6.8)
    depth = taste.between(0.1, 0.35)
    click = taste.between(0, 0.25)

    def voice(frequency: float, seconds: float, loud: float) -> Signal:
        t = clock(seconds + 0.08)
        horn = np.sin(2 * np.pi * turning * t + rng.random() * 6.3)
        cycles = frequency / 2 * t + 0.0015 * depth * frequency / turning * horn / 2
        tone = wave(cycles, spectrum, frequency / 2) * (1 + depth * horn)
        keys = segments(seconds + 0.08, ((0, 0), (0.012, 1), (seconds, 1), (seconds + 0.06, 0)))
        contact = click * noise(len(t), rng) * np.exp(-t / 0.004)
        sound: Signal = (tone + contact) * keys * loud**0.5
        return sound

    return voice


def bass(taste: Taste, rng: np.random.Generator) -> Voice:
    """Growl: a low wave from square to saw behind a filter that opens with each note."""
    square = taste.between(0, 1)
    closed = taste.between(1.6, 3.0)
    opened = taste.between(4, 16)
    closing = taste.between(0.08, 0.4)
    saw = 1 / _HARMONICS
    raw = saw * (1 - square * 0.8 * (_HARMONICS % 2 == 0))
    dark = raw / (1 + (_HARMONICS / closed) ** 4)
    bright = raw / (1 + (_HARMONICS / opened) ** 4)
    sub = taste.between(0, 0.5)

    def voice(frequency: float, seconds: float, loud: float) -> Signal:
        t = clock(seconds)
        cycles = frequency * t + rng.random()
        sweep = np.exp(-t / closing) * loud
        tone = wave(cycles, dark, frequency) * (1 - sweep) + wave(cycles, bright, frequency) * sweep
        tone += sub * np.sin(2 * np.pi * cycles)
        held = segments(seconds, ((0, 0), (0.006, 1), (seconds * 0.85, 0.6), (seconds, 0)))
        return loud * tone * held

    return voice


def bell(taste: Taste, rng: np.random.Generator) -> Voice:
    """Ring: partials that are no harmonics, each dying at its own pace, the high ones first."""
    # Hum, prime, tierce, quint, nominal and above: the church bell's; a bar's are stretched.
    church = np.array([0.5, 1.0, 1.19, 1.5, 2.0, 2.67, 3.0, 4.1])
    bar = np.array([1.0, 2.76, 5.4, 8.93, 1.003, 2.75, 5.38, 8.9])
    metal = taste.between(0, 1)
    ratios = church if metal < 0.5 else bar
    ratios = ratios * (1 + 0.01 * metal * np.arange(8) ** 0.5)
    decay = taste.between(0.7, 2.0)
    hardness = taste.between(0.4, 0.85)
    gains = hardness ** (np.arange(8) / 2)

    def voice(frequency: float, seconds: float, loud: float) -> Signal:
        t = clock(min(max(seconds, 4 * decay), 3.0))
        tone = np.zeros(len(t))
        for ratio, gain in zip(ratios, gains * loud ** np.arange(8), strict=True):
            if ratio * frequency < 0.45 * RATE:
                phase = 2 * np.pi * (ratio * frequency * t + rng.random())
                dying = t * max(ratio, 0.6) ** 0.7 / decay
                tone += gain * np.sin(phase) * (0.7 * np.exp(-6 * dying) + 0.3 * np.exp(-dying))
        clapper = 0.3 * hardness * noise(len(t), rng) * np.exp(-t / 0.003)
        return loud * (tone + clapper) * struck(t, 10.0, attack=0.001)

    return voice


def pad(taste: Taste, rng: np.random.Generator) -> Voice:
    """Hover: five saws a little out of tune, breathing in and out behind a slow filter."""
    detune = taste.between(0.0015, 0.006)
    cutoff = taste.between(2.0, 6.0)
    swell = taste.between(0.4, 1.0)
    breath = taste.between(0.1, 0.5)
    air = taste.between(0.2, 1.0)
    dark = 1 / _HARMONICS / (1 + (_HARMONICS / cutoff) ** 3)
    bright = 1 / _HARMONICS / (1 + (_HARMONICS / (cutoff * 2.5)) ** 3)

    def voice(frequency: float, seconds: float, loud: float) -> Signal:
        long = seconds + 0.8
        t = clock(long)
        opening = air * (0.5 - 0.5 * np.cos(2 * np.pi * breath * t + rng.random()))
        tone = np.zeros(len(t))
        for spread in (-1.0, -0.45, 0.1, 0.5, 1.0):
            cycles = frequency * (1 + spread * detune) * t + rng.random()
            tone += wave(cycles, dark, frequency) * (1 - opening)
            tone += wave(cycles, bright, frequency) * opening
        rise = min(swell, seconds / 2)
        return loud * tone * segments(long, ((0, 0), (rise, 1), (seconds, 0.9), (long, 0)))

    return voice


def brass(taste: Taste, rng: np.random.Generator) -> Voice:
    """Blow: the louder the note, the more harmonics, and they speak late."""
    mellow = taste.between(2.0, 4.0)
    blare = taste.between(8.0, 18.0)
    speak = taste.between(0.03, 0.09)
    vibrato = taste.between(4.2, 6.2)
    quiver = taste.between(0.001, 0.006)
    formant = taste.between(500, 1300)

    def voice(frequency: float, seconds: float, loud: float) -> Signal:
        t = clock(seconds + 0.05)
        peak = np.exp(-0.5 * (np.log2(_HARMONICS * frequency / formant) / 1.1) ** 2) + 0.15
        soft = peak * np.exp(-_HARMONICS / mellow)
        full = peak * np.exp(-_HARMONICS / blare)
        late = np.minimum(np.maximum(t - 0.25, 0) * 3, 1)
        shake = late * np.sin(2 * np.pi * vibrato * t) * quiver * frequency / vibrato / 6.3
        scoop = -0.02 * frequency * speak * np.exp(-t / speak)
        cycles = frequency * t + shake + scoop
        ends = ((0, 0), (speak, 1), (2.2 * speak, 0.8), (seconds * 0.9, 0.85), (seconds + 0.04, 0))
        force = segments(seconds + 0.05, ends)
        edge = (force * loud) ** 1.5
        tone = wave(cycles, soft, frequency) * (1 - edge) + wave(cycles, full, frequency) * edge
        hiss = 0.03 * noise(len(t), rng) * np.exp(-t / (2 * speak))
        return loud * (tone + hiss) * force

    return voice
