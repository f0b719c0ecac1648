"""Previews: a few seconds of a track, faded, levelled and encoded, in a worker process."""

from __future__ import annotations

import asyncio
import io
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import soundfile

from models.crew import Crew, as_problem
from models.decode import Audio, DecodeLimits, decode
from models.types import ClipError, ClipSource, FloatArray, Span

SECONDS = 10.0
"""Length of a preview; of a shorter track it is all there is."""

RATE = 44_100
_FADE_IN_MS, _FADE_OUT_MS = 20, 500
_LEVEL, _PEAK = -18.0, -1.0  # dBFS: the mean loudness wanted, and what no sample may pass
_LIMITS = DecodeLimits(max_bytes=2_000_000_000, max_seconds=SECONDS, timeout=20.0)
EXCERPT_SECONDS = 60.0
"""Length of the beginning of a track that is kept where the track itself is not."""

_EXCERPT_RATE = 48_000  # Opus takes few others
_SMALL = 0.9  # of 0 to 1: some 33 kbit/s in Opus, 57 in Vorbis
_EXCERPT_LIMITS = replace(_LIMITS, max_seconds=EXCERPT_SECONDS)
_ENOUGH_S = 0.1
_TIMEOUT_S = 40.0
_MEMORY = 1 << 30
_FULL_SCALE = 32_767


@dataclass(frozen=True, slots=True)
class Preview:
    """A piece of a track, ready to be sent.

    Attributes
    ----------
    data : bytes
        The encoded file.
    ending : str
        Of its name: `mp3`, or `ogg` where libsndfile writes no mp3.
    start, seconds : float
        Where in the track it begins, and its length.
    """

    data: bytes
    ending: str
    start: float
    seconds: float


class Previewer:
    """Cuts previews, one at a time, in a process that starts with the first one; to be closed."""

    def __init__(self) -> None:
        self._crew = Crew(1, _MEMORY)

    async def make(self, file: Path | bytes, at: float) -> Preview:
        """Cut a preview out of a file.

        Parameters
        ----------
        file : Path or bytes
            Where it lies, or all of it.
        at : float
            Where to begin, in seconds; earlier where the track ends too soon.

        Raises
        ------
        ClipError
            The file cannot be decoded, or took too long.
        """
        future = asyncio.wrap_future(self._crew.submit(_TIMEOUT_S, make_preview, file, at))
        try:
            return await future
        except Exception as error:
            raise as_problem(error) from error

    def close(self) -> None:
        """Stop the worker."""
        self._crew.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def make_excerpt(source: ClipSource) -> bytes:
    """Encode the beginning of a track small, in mono: some 250 kB a minute; blocking.

    Raises
    ------
    ClipError
        The file cannot be decoded.
    """
    span = Span(0, EXCERPT_SECONDS)
    audio = decode(source, sample_rate=_EXCERPT_RATE, span=span, limits=_EXCERPT_LIMITS)
    opus = "OPUS" in soundfile.available_subtypes("OGG")
    file = io.BytesIO()
    with soundfile.SoundFile(
        file,
        "w",
        _EXCERPT_RATE,
        channels=1,
        format="OGG",
        subtype="OPUS" if opus else "VORBIS",
        compression_level=_SMALL,
    ) as sound:
        # libsndfile's encoders run out of stack where they are given minutes at once.
        for start in range(0, len(audio.samples), _EXCERPT_RATE):
            sound.write(np.clip(audio.samples[start : start + _EXCERPT_RATE], -1, 1))
    return file.getvalue()


def make_preview(file: Path | bytes, at: float) -> Preview:
    """Do what `Previewer.make` says, here and now; blocking."""
    source = ClipSource(file, "a track")
    try:
        audio = _part(source, at, at + SECONDS)
    except ClipError:
        if at <= 0:
            raise
        audio = _part(source, 0.0, SECONDS)
    missing = SECONDS - audio.seconds
    if missing > _ENOUGH_S and audio.start > 0:
        # It ends too soon after that spot: the preview begins earlier.
        audio = _part(source, max(0.0, audio.start - missing), audio.end)
    data, ending = _encode(polish(audio.samples))
    return Preview(data, ending, audio.start, audio.seconds)


def _part(source: ClipSource, start: float, end: float) -> Audio:
    return decode(source, sample_rate=RATE, span=Span(start, end), limits=_LIMITS, stereo=True)


def polish(samples: FloatArray) -> FloatArray:
    """Fade samples in and out and bring them to one level, none of them past -1 dB.

    Parameters
    ----------
    samples : np.ndarray [shape=(n, 2), float32]
        At 44.1 kHz, full scale at ±1.

    Returns
    -------
    np.ndarray [shape=(n, 2), float32]
    """
    pcm = (np.clip(samples, -1, 1) * _FULL_SCALE).astype("<i2").tobytes()
    sound = _audio_segment()(data=pcm, sample_width=2, frame_rate=RATE, channels=2)
    if sound.rms:
        sound = sound.apply_gain(min(_LEVEL - sound.dBFS, _PEAK - sound.max_dBFS))
    sound = sound.fade_in(_FADE_IN_MS).fade_out(_FADE_OUT_MS)
    levelled: FloatArray = np.frombuffer(sound.raw_data, "<i2").astype(np.float32)
    levelled /= _FULL_SCALE
    return levelled.reshape(-1, 2)


def _audio_segment() -> Any:
    with warnings.catch_warnings():
        # pydub warns where there is no ffmpeg: it is never given a file to open here.
        warnings.simplefilter("ignore")
        from pydub import AudioSegment  # type: ignore[import-untyped]  # noqa: PLC0415

    return AudioSegment


def _encode(samples: FloatArray) -> tuple[bytes, str]:
    file = io.BytesIO()
    if "MP3" in soundfile.available_formats():
        soundfile.write(file, samples, RATE, format="MP3")
        return file.getvalue(), "mp3"
    soundfile.write(file, samples, RATE, format="OGG", subtype="VORBIS")
    return file.getvalue(), "ogg"
