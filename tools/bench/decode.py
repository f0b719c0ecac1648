"""Decoding to mono at the model's rate, beside librosa and pydub."""

from __future__ import annotations

import importlib
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import librosa
import numpy as np
import soxr

from models.decode import TRACK_LIMITS, decode
from models.types import ClipSource, FloatArray, Span
from tools.bench.made_up import encoded, music
from tools.bench.measure import Report, Row, timed

SECONDS = 60.0
_CONTAINERS = {
    "wav": ("WAV", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "mp3": ("MP3", None),
}
_REPEATS = 5


def reports(sample_rate: int) -> Iterator[Report]:
    """Time a minute of synthesised music in four containers."""
    samples = music(SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        for ending, (container, subtype) in _CONTAINERS.items():
            path = Path(folder) / f"music.{ending}"
            path.write_bytes(encoded(samples, container, subtype))
            title = f"Decode {SECONDS:.0f} s of {ending} to mono at {sample_rate:,} Hz"
            ways = {"soundalike": _ours, "librosa.load": _librosa, "pydub and soxr": _pydub}
            yield Report(title, [_row(what, way, path, sample_rate) for what, way in ways.items()])


def _row(what: str, way: Callable[[Path, int], FloatArray], path: Path, sample_rate: int) -> Row:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydub warns of what the row says anyway
            return timed(what, lambda: way(path, sample_rate), _REPEATS)
    except OSError as error:
        return Row(what, note=f"cannot read it here: {error.strerror or error}: {error.filename}")


def _ours(path: Path, sample_rate: int) -> FloatArray:
    source = ClipSource(path, path.name)
    return decode(source, sample_rate=sample_rate, span=Span(), limits=TRACK_LIMITS).samples


def _librosa(path: Path, sample_rate: int) -> FloatArray:
    return np.asarray(librosa.load(path, sr=sample_rate)[0], np.float32)


def _pydub(path: Path, sample_rate: int) -> FloatArray:
    # Imported here: it looks for ffmpeg as it is imported, and warns where there is none.
    with path.open("rb") as file:
        sound = importlib.import_module("pydub").AudioSegment.from_file(file, path.suffix[1:])
    whole = np.array(sound.get_array_of_samples(), np.float32).reshape(-1, sound.channels)
    mono = whole.mean(axis=1) / sound.max_possible_amplitude
    resampled: FloatArray = soxr.resample(mono, sound.frame_rate, sample_rate)
    return resampled
