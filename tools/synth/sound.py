"""The synthesiser's bench: waves from spectra, envelopes, shaped noise, rooms, mixing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tools.synth.score import Note, Song

Signal = NDArray[np.float64]
Voice = Callable[[float, float, float], Signal]

RATE = 32_000
TAIL_SECONDS = 1.5
_TABLE = 8192  # fine enough to read without interpolating: errors lie 70 dB down
_HOP = 512


def hertz(pitch: float) -> float:
    """Return the frequency of a MIDI number, A4 (69) at 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def clock(seconds: float) -> Signal:
    """Return sample times [n] from 0 to `seconds`."""
    return np.arange(max(1, round(seconds * RATE))) / RATE


def wave(cycles: Signal, spectrum: Signal, frequency: float) -> Signal:
    """Read one period of a harmonic wave along a phase.

    Parameters
    ----------
    cycles : np.ndarray [shape=(n,)]
        Phase in whole periods.
    spectrum : np.ndarray [shape=(k,)]
        Amplitude of each harmonic, the fundamental first.
    frequency : float
        Of the fundamental in Hz; harmonics above the band edge are left out.
    """
    bins = np.zeros(_TABLE // 2 + 1, complex)
    audible = spectrum[: max(1, min(len(spectrum), int(0.47 * RATE / frequency)))]
    # Sines and cosines in turn keep the crest of a rich spectrum low.
    bins[1 : len(audible) + 1] = audible * np.where(np.arange(len(audible)) % 2, -1j, 1)
    table: Signal = np.fft.irfft(bins) * (_TABLE / 2)
    return table[(cycles * _TABLE).astype(np.int64) % _TABLE]


def segments(seconds: float, points: Sequence[tuple[float, float]]) -> Signal:
    """Return an envelope through (seconds, level) points, flat beyond the last."""
    at, level = zip(*points, strict=True)
    envelope: Signal = np.interp(clock(seconds), at, level)
    return envelope


def struck(t: Signal, decay: float, attack: float = 0.002) -> Signal:
    """Return the envelope of a thing that is hit: a short rise, then e^(-t/decay)."""
    return np.minimum(t / attack, 1.0) * np.exp(-t / decay)


def noise(count: int, rng: np.random.Generator) -> Signal:
    """Return `count` samples of white noise in [-1, 1]."""
    return rng.random(count) * 2.0 - 1.0


def equalise(signal: Signal, at_hertz: Sequence[float], gains: Sequence[float]) -> Signal:
    """Filter by a curve drawn through (frequency, gain) points, straight over log frequency."""
    size = _fast(len(signal) + RATE // 10)  # room for the filter to ring without wrapping round
    frequency = np.fft.rfftfreq(size, 1 / RATE)
    curve = np.interp(np.log(frequency + 1.0), np.log(np.asarray(at_hertz) + 1.0), gains)
    filtered: Signal = np.fft.irfft(np.fft.rfft(signal, size) * curve, size)[: len(signal)]
    return filtered


def coloured_noise(
    seconds: float,
    centres: Signal,
    widths: ArrayLike,
    rng: np.random.Generator,
) -> Signal:
    """Return noise whose colour moves.

    Parameters
    ----------
    seconds : float
    centres : np.ndarray [shape=(m,)]
        Centre frequency in Hz over the length, evenly spaced in time.
    widths : float or np.ndarray [shape=(m,)]
        Width of the band in octaves.
    """
    frames = int(seconds * RATE / _HOP) + 2
    at = np.linspace(0, 1, frames)
    course = np.linspace(0, 1, len(centres))
    centre = np.interp(at, course, np.log2(centres))[:, None]
    width = np.interp(at, course, np.broadcast_to(widths, centres.shape))[:, None]
    octave = np.log2(np.fft.rfftfreq(2 * _HOP, 1 / RATE) + 20.0)
    gain = np.exp(-0.5 * ((octave - centre) / width) ** 2)
    spectra = np.fft.rfft(noise(frames * 2 * _HOP, rng).reshape(frames, -1)) * gain
    # Blocks are independent, so a sine window (not its square) keeps their power even.
    blocks = np.fft.irfft(spectra) * np.sin(np.pi * (np.arange(2 * _HOP) + 0.5) / (2 * _HOP))
    joined = np.zeros((frames + 1, _HOP))
    joined[:-1] += blocks[:, :_HOP]
    joined[1:] += blocks[:, _HOP:]
    return joined.ravel()[: len(clock(seconds))]


def canvas(song: Song) -> Signal:
    """Return silence of a song's length with room for the last note to ring."""
    return np.zeros(len(clock(song.beats * song.beat + TAIL_SECONDS)))


def place(onto: Signal, sound: Signal, seconds: float, gain: float = 1.0) -> None:
    """Add a sound to a canvas from `seconds` on; what hangs over the end is cut."""
    start = round(seconds * RATE)
    part = sound[: max(0, len(onto) - start)]
    onto[start : start + len(part)] += gain * part


def play(
    song: Song, notes: Sequence[Note], voice: Voice, *, legato: float = 1.0, swing: float = 0.0
) -> Signal:
    """Render notes with a voice(frequency, seconds, loud); `swing` delays the off-beat eighths."""
    out = canvas(song)
    for note in notes:
        offbeat = swing * (note.start % 1.0 == 0.5) / 3
        sound = voice(hertz(note.pitch), note.beats * song.beat * legato, note.loud)
        place(out, sound, (note.start + offbeat) * song.beat)
    return out


def room(signal: Signal, rng: np.random.Generator, *, seconds: float, wet: float) -> Signal:
    """Put a sound into a room that rings for `seconds`; `wet` is the room's share in [0, 1]."""
    t = clock(seconds)
    echo = noise(len(t), rng) * np.exp(-6.9 * t / seconds) * np.minimum(t / 0.012, 1.0)
    # Walls swallow the highs: the same decay, darker.
    echo = equalise(echo, (0, 200, 1500, 6000, 16000), (0.2, 1, 1, 0.35, 0.05))
    size = _fast(len(signal) + len(echo))
    heard = np.fft.irfft(np.fft.rfft(signal, size) * np.fft.rfft(echo, size), size)[: len(signal)]
    scale = np.sqrt(np.mean(signal**2) / (np.mean(heard**2) + 1e-12))
    mixed: Signal = (1.0 - wet) * signal + wet * scale * heard
    return mixed


def master(signal: Signal) -> Signal:
    """Bring a piece to an even loudness below 1, with clean edges."""
    level = signal / (np.sqrt(np.mean(signal**2)) + 1e-12) * 0.13
    # tanh catches the peaks of drums softly and leaves the rest as it is.
    shaped: Signal = np.tanh(level * 1.1) / 1.1
    edge = round(0.01 * RATE)
    shaped[:edge] *= np.linspace(0, 1, edge)
    fade = round(TAIL_SECONDS * 0.8 * RATE)
    shaped[-fade:] *= np.linspace(1, 0, fade) ** 2
    return shaped


def _fast(size: int) -> int:
    """Return the next size that transforms quickly: eight to fifteen times a power of two."""
    step = 1 << max(0, size.bit_length() - 4)
    return -(-size // step) * step
