"""Voices spoken and half sung by espeak-ng: what games' music and single instruments lack."""

import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from tools.train.sources import Recording

LANGUAGES = ("cmn", "de", "en-gb", "en-us", "es", "fi", "fr-fr", "hi", "it", "ja", "pt-br", "ru")
VARIANTS = ("", "+f2", "+f4", "+f5", "+m2", "+m3", "+m5", "+m7", "+croak", "+whisper")
SECONDS = 12.0

_PROGRAM = "espeak-ng"
_MELODY = (-5, -3, -1, 0, 0, 2, 4, 5, 7)


def speak(folder: Path, count: int) -> tuple[Recording, ...]:
    """Say pieces into FLAC files that are not there yet: numbers, which every language has.

    Every other piece is half sung: slow words, each shifted to a step of a melody.

    Parameters
    ----------
    folder : Path
        Where the files lie.
    count : int
        How many pieces; piece ``i`` is always the same.

    Returns
    -------
    tuple of Recording
        Empty where espeak-ng is not installed.
    """
    program = shutil.which(_PROGRAM)
    if program is None:
        return ()
    folder.mkdir(parents=True, exist_ok=True)
    recordings = []
    for seed in range(count):
        path = folder / f"voice-{seed:04d}.flac"
        if not path.exists():
            _write(path, *_piece(program, seed))
        recordings.append(Recording(path, "speech", "speech", test=False))
    return tuple(recordings)


def _piece(program: str, seed: int) -> tuple[NDArray[np.float32], int]:
    """Return the samples and rate of about 12 s of one voice."""
    rng = np.random.default_rng([seed, 0xE5])
    voice = str(rng.choice(LANGUAGES)) + str(rng.choice(VARIANTS))
    sung = seed % 2 == 1
    pitch, speed = (
        int(rng.integers(5, 95)),
        int(rng.integers(80, 130) if sung else rng.integers(130, 230)),
    )
    words: list[NDArray[np.float32]] = []
    heard, rate = 0.0, 22_050
    while heard < SECONDS:
        word, rate = _say(program, voice, pitch, speed, str(rng.integers(1, 100_000)))
        if sung:
            step = float(rng.choice(_MELODY))
            word = soxr.resample(word, rate * 2 ** (step / 12), rate)
        words.append(word)
        heard += len(word) / rate
    return np.concatenate(words)[: round(SECONDS * rate)], rate


def _say(
    program: str, voice: str, pitch: int, speed: int, text: str
) -> tuple[NDArray[np.float32], int]:
    options = ["-v", voice, "-p", str(pitch), "-s", str(speed), "--stdout", text]
    done = subprocess.run(  # noqa: S603 (our own program, our own words)
        [program, *options], check=True, capture_output=True
    )
    samples, rate = soundfile.read(io.BytesIO(done.stdout), dtype="float32")
    return np.asarray(samples, np.float32), int(rate)


def _write(path: Path, samples: NDArray[np.float32], rate: int) -> None:
    unfinished = path.with_suffix(".part")
    soundfile.write(unfinished, samples, rate, format="FLAC", subtype="PCM_16")
    unfinished.replace(path)
