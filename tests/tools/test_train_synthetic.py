"""Composed pieces: valid MIDI, the same for the same seed."""

import struct

import pytest

from tools.train.synthetic import KINDS, Score, compose, variable_length


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "00"),
        (0x40, "40"),
        (0x7F, "7f"),
        (0x80, "8100"),
        (0x2000, "c000"),
        (0xFFFFFFF, "ffffff7f"),
    ],
)
def test_variable_length_follows_the_midi_standard(value: int, written: str) -> None:
    assert variable_length(value).hex() == written


def test_a_score_becomes_a_midi_file() -> None:
    score = Score(120.0)
    score.program(1, 40)
    score.note(1, 60, 100, 1.0, 0.5)
    midi = score.to_midi()
    assert midi[:14] == b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480)
    assert struct.unpack(">I", midi[18:22])[0] == len(midi) - 22
    tempo = bytes.fromhex("00ff5103") + (500_000).to_bytes(3, "big")
    notes = bytes.fromhex("00c128") + bytes.fromhex("8360913c64") + bytes.fromhex("8170813c00")
    assert midi[22:] == tempo + notes + bytes.fromhex("00ff2f00")


def test_pitch_and_velocity_are_kept_in_range() -> None:
    score = Score(120.0)
    score.note(0, 200, 500, 0, 1)
    assert bytes.fromhex("907f7f") in score.to_midi()


@pytest.mark.parametrize("seed", range(len(KINDS)))
def test_a_seed_is_a_piece(seed: int) -> None:
    assert compose(seed).to_midi() == compose(seed).to_midi()
    assert compose(seed).to_midi() != compose(seed + len(KINDS)).to_midi()
