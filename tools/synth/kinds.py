"""Eight kinds of music: how each is arranged, from its parts to one signal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tools.synth import drums, voices
from tools.synth.score import Note, Song, arpeggio, chords, melody
from tools.synth.sound import Signal, equalise, play
from tools.synth.taste import Taste
from tools.synth.textures import texture

Dice = np.random.Generator


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of music: what it is called, how fast it goes and how it is played."""

    name: str
    tempi: tuple[float, float]
    arrange: Callable[[Song, Taste, Dice], Signal]
    pitched: bool = True


def kinds() -> tuple[Kind, ...]:
    """Return the eight kinds of the demo."""
    return (
        Kind("Strings", (80, 132), _strings),
        Kind("Organ", (66, 120), _organ),
        Kind("Drums", (84, 150), _drums, pitched=False),
        Kind("Bass", (84, 140), _bass),
        Kind("Bells", (70, 126), _bells),
        Kind("Pad", (56, 84), _pad),
        Kind("Brass", (80, 132), _brass),
        Kind("Noise", (56, 96), texture),
    )


def _strings(song: Song, taste: Taste, rng: Dice) -> Signal:
    voice = voices.plucked_string(taste, rng)
    figure = arpeggio(song, rng, octave=3, per_beat=taste.choice((2, 3, 4)))
    out = 0.7 * play(song, figure, voice) + play(song, melody(song, rng, octave=5), voice)
    return equalise(out, (0, 90, 220, 900, 4000, 16000), (0.1, 0.7, 1.3, 1, 0.9, 0.6))


def _organ(song: Song, taste: Taste, rng: Dice) -> Signal:
    voice = voices.organ(taste, rng)
    held = chords(song, rng, octave=taste.choice((3, 3, 4)), held=taste.choice((True, False, True)))
    low = [_down(note, 12) for note in held[::3]]
    tune = melody(song, rng, octave=5)
    return 0.6 * play(song, held, voice) + 0.5 * play(song, low, voice) + play(song, tune, voice)


def _drums(song: Song, taste: Taste, rng: Dice) -> Signal:
    return drums.groove(song, drums.kit(taste, rng), rng)


def _bass(song: Song, taste: Taste, rng: Dice) -> Signal:
    voice = voices.bass(taste, rng)
    line = [_down(note, 12) for note in arpeggio(song, rng, octave=2, per_beat=2)]
    rests = rng.random(len(line)) < taste.between(0, 0.35)
    walked = [
        note for note, rest in zip(line, rests, strict=True) if not rest or note.start % 2 == 0
    ]
    return play(song, walked, voice, legato=taste.between(0.6, 0.98), swing=taste.choice((0, 0, 1)))


def _bells(song: Song, taste: Taste, rng: Dice) -> Signal:
    voice = voices.bell(taste, rng)
    octave = taste.choice((5, 5, 6))
    tune = melody(song, rng, octave=octave)
    chime = chords(song, rng, octave=octave - 1, size=2)
    return play(song, tune, voice) + 0.4 * play(song, chime, voice)


def _pad(song: Song, taste: Taste, rng: Dice) -> Signal:
    voice = voices.pad(taste, rng)
    held = chords(song, rng, octave=taste.choice((3, 4, 4)), size=4)
    top = [note for note in melody(song, rng, octave=5) if note.beats >= 1]
    return play(song, held, voice) + 0.6 * play(song, top, voice)


def _brass(song: Song, taste: Taste, rng: Dice) -> Signal:
    voice = voices.brass(taste, rng)
    octave = taste.choice((3, 4, 4))
    tune = melody(song, rng, octave=octave)
    section = chords(song, rng, octave=octave - 1, held=False)
    return play(song, tune, voice, legato=0.95) + 0.5 * play(song, section, voice, legato=0.85)


def _down(note: Note, semitones: int) -> Note:
    return replace(note, pitch=note.pitch - semitones)
