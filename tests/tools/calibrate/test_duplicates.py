"""One recording in two files is found by its samples, wherever in them it begins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.tools.conftest import write_piece
from tools.calibrate.duplicates import DIFFERENT_IN_A_ROW, Alike, find_duplicates, hold_same_audio


def noise(seed: int, seconds: float = 30) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (0.1 * rng.standard_normal(round(4_000 * seconds))).astype(np.float32)


def test_one_recording_is_told_wherever_it_begins_and_however_loud() -> None:
    sound = noise(1)
    later = -0.3 * sound[3_333:] + 0.02 * noise(2)[3_333:]
    assert hold_same_audio(sound, later)
    assert hold_same_audio(later, sound)
    assert hold_same_audio(sound, sound[20_000:90_000])


def test_others_are_told_apart() -> None:
    sound = noise(1)
    assert not hold_same_audio(sound, noise(3))
    # A third of it in common, as of two pieces with one beginning.
    assert not hold_same_audio(sound, np.concatenate([sound[:30_000], noise(4)[30_000:]]))


@pytest.mark.parametrize("other", [np.zeros(8_000, np.float32), noise(5, 0.01)])
def test_silence_and_a_snippet_are_nobodys(other: np.ndarray) -> None:
    assert not hold_same_audio(noise(1), other)
    assert not hold_same_audio(other, noise(1))


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Return ten files: the last three are the first again, in other forms or not at all."""
    for number in range(7):
        write_piece(tmp_path / f"{number}.flac", 300, seed=number, seconds=8)
    sound, rate = soundfile.read(tmp_path / "0.flac")
    soundfile.write(tmp_path / "7.ogg", sound[777:], rate)
    soundfile.write(tmp_path / "8.mp3", np.stack([0.5 * sound, 0.2 * sound], axis=1), rate)
    (tmp_path / "9.flac").write_bytes(b"no sound at all")
    return sorted(tmp_path.iterdir())


def test_files_of_one_recording_are_found(files: list[Path]) -> None:
    told: list[int] = []
    pairs = [Alike(0, other, 0.9 + other / 100) for other in range(1, 10)] + [Alike(7, 0, 0.5)]
    found = find_duplicates(pairs, files.__getitem__, told.append)
    assert found == {frozenset({0, 7}), frozenset({0, 8})}
    # 9, 8, 7, and then only strangers.
    assert told == list(range(1, 3 + DIFFERENT_IN_A_ROW + 1))
