"""Voices: real ones of espeak-ng, the same for the same number."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tools.train.speech import SECONDS, speak

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="no espeak-ng here")


@needs_espeak
def test_voices_speak_and_sing_the_same_each_time(tmp_path: Path) -> None:
    spoken = speak(tmp_path / "one", 2)
    again = speak(tmp_path / "two", 2)
    assert [(each.kind, each.test) for each in spoken] == [("speech", False)] * 2
    for one, other in zip(spoken, again, strict=True):
        assert one.path.read_bytes() == other.path.read_bytes()
        samples, rate = soundfile.read(one.path)
        assert len(samples) / rate == pytest.approx(SECONDS, abs=0.1)
        assert np.sqrt(np.mean(samples**2)) > 0.01
    first, second = (soundfile.read(each.path)[0] for each in spoken)
    assert not np.array_equal(first, second)


@needs_espeak
def test_what_is_there_is_not_spoken_again(tmp_path: Path) -> None:
    (path,) = (each.path for each in speak(tmp_path, 1))
    path.write_bytes(b"kept")
    speak(tmp_path, 1)
    assert path.read_bytes() == b"kept"


def test_without_the_program_nobody_speaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert speak(tmp_path / "voices", 1) == ()
