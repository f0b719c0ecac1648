"""Songs keep to their key and their bars."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tools.synth.score import BEATS_A_BAR, SCALES, Song, arpeggio, chords, compose, melody

seeds = st.integers(0, 2**31 - 1)


def song_of(seed: int) -> tuple[Song, np.random.Generator]:
    rng = np.random.default_rng(seed)
    return compose(rng, (60, 140), 19.0), rng


def test_pitches_of_c_major_and_a_minor() -> None:
    c_major = Song(0, "major", 100, 4, (0, 4, 5, 3))
    assert [c_major.pitch(degree, 4) for degree in range(8)] == [60, 62, 64, 65, 67, 69, 71, 72]
    assert c_major.chord(1, 4) == [67, 71, 74]  # G B D
    a_minor = Song(9, "minor", 100, 4, (0, 3, 4, 0))
    assert a_minor.chord(0, 4, size=4) == [69, 72, 76, 79]  # A C E G
    assert a_minor.key == "A minor"


@given(seeds)
def test_every_note_is_of_the_key_and_within_the_piece(seed: int) -> None:
    song, rng = song_of(seed)
    tones = {(song.tonic + step) % 12 for step in SCALES[song.mode]}
    parts = (
        melody(song, rng, octave=5),
        arpeggio(song, rng, octave=3, per_beat=3),
        chords(song, rng, octave=3, held=False),
    )
    for notes in parts:
        assert {round(note.pitch) % 12 for note in notes} <= tones
        assert min(note.start for note in notes) == 0
        assert max(note.start + note.beats for note in notes) <= song.beats + 1e-9
        assert all(0 < note.loud <= 1 for note in notes)


@given(seeds)
def test_a_song_is_about_as_long_as_wished_and_comes_home(seed: int) -> None:
    song, rng = song_of(seed)
    assert abs(song.beats * song.beat - 19.0) <= BEATS_A_BAR * song.beat / 2 + 1e-9
    assert (melody(song, rng, octave=5)[-1].pitch - song.tonic) % 12 == 0
