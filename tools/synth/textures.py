"""Noise as music: wind and surf that follow the chords, and rain that keeps time."""

from __future__ import annotations

import numpy as np

from tools.synth.score import BEATS_A_BAR, Song
from tools.synth.sound import Signal, canvas, clock, coloured_noise, hertz, noise, place, struck
from tools.synth.taste import Taste


def texture(song: Song, taste: Taste, rng: np.random.Generator) -> Signal:
    """Layer an artist's weather: wind, surf and rain in proportions of their own."""
    wind, surf, rain = taste.between(0.2, 1), taste.between(0.2, 1), taste.between(0, 0.8)
    out = canvas(song)
    out += wind * _wind(song, taste.between(0.25, 0.8), rng)
    out += surf * _surf(song, taste.between(900, 3000), taste.choice((2, 4, 1)), rng)
    out += rain * _rain(song, taste.between(8, 40), rng)
    return out


def _wind(song: Song, width: float, rng: np.random.Generator) -> Signal:
    """Blow a band of noise that leans towards each chord's notes, high above the root."""
    seconds = len(canvas(song)) / len(clock(1.0))
    notes = [rng.choice(song.chord(bar, 5)) for bar in range(song.bars) for _ in range(2)]
    tones = [hertz(float(note)) for note in notes]
    gusts = 0.45 + 0.55 * np.interp(
        np.linspace(0, 1, len(canvas(song))),
        np.linspace(0, 1, 4 * song.bars),
        rng.random(4 * song.bars),
    )
    return coloured_noise(seconds, np.array(tones), width, rng) * gusts


def _surf(song: Song, colour: float, every: int, rng: np.random.Generator) -> Signal:
    """Roll in waves that break every few beats and draw back darker than they came."""
    out = canvas(song)
    beats = BEATS_A_BAR * every / 2
    seconds = beats * song.beat * 1.3
    t = clock(seconds)
    for start in np.arange(0, song.beats, beats):
        colours = colour * np.array([0.5, 1.0, 0.8, 0.45, 0.3]) * (0.8 + 0.4 * rng.random())
        shape = np.minimum(t / (0.3 * seconds), 1) ** 2 * np.exp(
            -3 * np.maximum(t / seconds - 0.3, 0)
        )
        shape *= np.minimum((seconds - t) / (0.2 * seconds), 1)
        place(out, coloured_noise(seconds, colours, 1.4, rng) * shape, start * song.beat)
    return out


def _rain(song: Song, density: float, rng: np.random.Generator) -> Signal:
    """Scatter drops of noise on sixteenths, some early, some late, each of another pitch."""
    out = canvas(song)
    t = clock(0.03)
    count = int(density * song.beats * song.beat)
    steps = rng.integers(0, song.beats * 4, size=count)
    late = rng.random(count) * rng.random(count)
    pitch, loud = 1500 + 5000 * rng.random(count), rng.random(count)
    for step, delay, tone, gain in zip(steps, late, pitch, loud, strict=True):
        drop = np.sin(2 * np.pi * tone * t) * noise(len(t), rng) * struck(t, 0.006, 0.0005)
        place(out, drop, (step + delay) / 4 * song.beat, 1.5 * gain)
    return out
