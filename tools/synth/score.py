"""Songs as numbers: key, tempo, chords, and the notes a seed makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NOTE_NAMES = ("C", "C sharp", "D", "E flat", "E", "F", "F sharp", "G", "A flat", "A", "B flat", "B")
SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}
# Four bars each, as scale degrees from 0; every one can return to the tonic.
PROGRESSIONS = (
    (0, 4, 5, 3),
    (0, 3, 4, 0),
    (0, 5, 3, 4),
    (0, 2, 3, 4),
    (0, 6, 5, 4),
    (0, 3, 0, 4),
    (0, 1, 3, 4),
    (0, 5, 1, 4),
)
# One bar each, in sixteenths.
RHYTHMS = (
    (4, 4, 4, 4),
    (6, 2, 4, 4),
    (3, 3, 2, 4, 4),
    (8, 4, 4),
    (2, 2, 4, 4, 4),
    (4, 2, 2, 8),
    (6, 6, 4),
    (4, 4, 2, 2, 4),
    (2, 2, 2, 2, 4, 4),
)
FORM = (0, 0, 1, 0)
BEATS_A_BAR = 4


@dataclass(frozen=True, slots=True)
class Note:
    """One note: `start` and `beats` in quarter notes, `pitch` a MIDI number, `loud` in (0, 1]."""

    start: float
    beats: float
    pitch: float
    loud: float


@dataclass(frozen=True, slots=True)
class Song:
    """What every part of a piece agrees on.

    Attributes
    ----------
    tonic : int
        0 for C to 11 for B.
    mode : str
        A key of `SCALES`.
    tempo : float
        Quarter notes a minute.
    bars : int
        Bars of four quarters; the last one is the tonic.
    progression : tuple of int
        Scale degree of each bar's chord, repeated.
    """

    tonic: int
    mode: str
    tempo: float
    bars: int
    progression: tuple[int, ...]

    @property
    def key(self) -> str:
        """The key in words: "E flat minor"."""
        return f"{NOTE_NAMES[self.tonic]} {self.mode}"

    @property
    def beat(self) -> float:
        """Length of a quarter note in seconds."""
        return 60.0 / self.tempo

    @property
    def beats(self) -> int:
        """Length of the piece in quarter notes."""
        return BEATS_A_BAR * self.bars

    def root(self, bar: int) -> int:
        """Return the scale degree of a bar's chord."""
        return 0 if bar == self.bars - 1 else self.progression[bar % len(self.progression)]

    def pitch(self, degree: int, octave: int) -> int:
        """Return the MIDI number of a scale degree; degrees run on past 6 into the next octave."""
        turn, step = divmod(degree, 7)
        return 12 * (octave + 1 + turn) + self.tonic + SCALES[self.mode][step]

    def chord(self, bar: int, octave: int, size: int = 3) -> list[int]:
        """Return a bar's chord in thirds from its root, as MIDI numbers."""
        root = self.root(bar)
        # Roots above the fifth would jump: they are taken from the octave below.
        low = octave - (root > 4)
        return [self.pitch(root + 2 * i, low) for i in range(size)]


def compose(rng: np.random.Generator, tempi: tuple[float, float], seconds: float) -> Song:
    """Draw a song of about `seconds` seconds with a tempo between `tempi`."""
    tempo = float(rng.integers(round(tempi[0]), round(tempi[1]) + 1))
    mode = list(SCALES)[rng.choice(4, p=(0.35, 0.35, 0.15, 0.15))]
    return Song(
        tonic=int(rng.integers(12)),
        mode=mode,
        tempo=tempo,
        bars=max(2, round(seconds * tempo / 60 / BEATS_A_BAR)),
        progression=PROGRESSIONS[rng.integers(len(PROGRESSIONS))],
    )


def melody(song: Song, rng: np.random.Generator, *, octave: int) -> list[Note]:
    """Draw a tune: two motifs in the form AABA, carried along by the chords."""
    rhythms = [RHYTHMS[i] for i in rng.integers(len(RHYTHMS), size=2)]
    steps = rng.integers(-2, 3, size=(2, 8))
    opening = rng.integers(0, 3, size=2) * 2
    notes: list[Note] = []
    for bar in range(song.bars - 1):
        part = FORM[bar % len(FORM)]
        root = song.root(bar) - 7 * (song.root(bar) > 4)
        degree, at = int(opening[part]), 0
        for length, step in zip(rhythms[part], steps[part], strict=False):
            if at % 8 == 0:
                degree = 2 * round(degree / 2)  # strong beats sing a note of the chord
            loud = 0.95 if at % 8 == 0 else 0.75
            pitch = song.pitch(root + degree, octave)
            notes.append(Note(BEATS_A_BAR * bar + at / 4, length / 4, pitch, loud))
            degree = int(np.clip(degree + step, -2, 6))
            at += length
    notes.append(Note(song.beats - BEATS_A_BAR, BEATS_A_BAR, song.pitch(0, octave), 0.9))
    return notes


def arpeggio(song: Song, rng: np.random.Generator, *, octave: int, per_beat: int) -> list[Note]:
    """Break each bar's chord into a figure of `per_beat` notes a quarter."""
    count = BEATS_A_BAR * per_beat
    figure = rng.integers(0, 5, size=count)
    figure[0] = 0
    notes: list[Note] = []
    for bar in range(song.bars - 1):
        chord = [*song.chord(bar, octave), *song.chord(bar, octave + 1)[:2]]
        for i, voice in enumerate(figure):
            start = BEATS_A_BAR * bar + i / per_beat
            loud = 0.8 if i % per_beat == 0 else 0.6
            notes.append(Note(start, 1 / per_beat, chord[voice], loud))
    last = song.chord(song.bars - 1, octave)
    notes.extend(Note(song.beats - BEATS_A_BAR, BEATS_A_BAR, pitch, 0.7) for pitch in last)
    return notes


def chords(
    song: Song, rng: np.random.Generator, *, octave: int, size: int = 3, held: bool = True
) -> list[Note]:
    """Play each bar's chord: held, or struck in a drawn rhythm."""
    rhythm = RHYTHMS[rng.integers(len(RHYTHMS))]
    notes: list[Note] = []
    for bar in range(song.bars):
        lengths = (16,) if held or bar == song.bars - 1 else rhythm
        starts = np.cumsum((0, *lengths))
        notes.extend(
            Note(BEATS_A_BAR * bar + start / 4, length / 4, pitch, 0.75 if start else 0.9)
            for start, length in zip(starts, lengths, strict=False)
            for pitch in song.chord(bar, octave, size)
        )
    return notes
