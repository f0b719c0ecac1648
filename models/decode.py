"""Decoding under limits: any audio file to mono samples at the rate a model wants."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Final

import numpy as np
import soxr

from models.ffmpeg import open_ffmpeg
from models.pcm import BLOCK_FRAMES, BrokenOffError, Deadline, PcmStream, UnreadableError
from models.sndfile import open_sndfile
from models.types import ClipError, ClipSource, FloatArray, PassingError, Span

_MEGABYTE = 1_000_000
# Samples of a float file may pass full scale, but none by 40 dB.
_LOUDEST = 100.0
_LONGEST_SECONDS = 1e6
_SHORTEST_SECONDS = 0.01
# Samples a second, channels counted apart: of a file with more, less time is taken.
_BUSIEST = 8 * 48_000


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """How much of a file is taken.

    Attributes
    ----------
    max_bytes : int
        The largest file.
    max_seconds : float
        The most that is decoded of one; the rest is left out, and a note says so. Of a file with
        more samples a second than eight channels at 48 kHz have, it is less in proportion.
    timeout : float
        Seconds that decoding may take.
    """

    max_bytes: int = 25 * _MEGABYTE
    max_seconds: float = 600.0
    timeout: float = 20.0


CLIP_LIMITS: Final = DecodeLimits()
"""For what strangers hand in: 25 MB, ten minutes."""

TRACK_LIMITS: Final = DecodeLimits(max_bytes=2_000 * _MEGABYTE, max_seconds=3_600.0, timeout=180.0)
"""For the owner's own library: 2 GB, an hour."""


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Decoded sound.

    Attributes
    ----------
    samples : np.ndarray [shape=(n,), float32]
        Mono: the mean of the channels, full scale at ±1. [n, 2] where stereo was asked for.
    sample_rate : int
        In Hz.
    start, end : float
        Where in the file they lie, in seconds.
    seconds : float
        Their length.
    notes : tuple of str
        What the listener should know: that the file was cut, or breaks off.
    """

    samples: FloatArray
    sample_rate: int
    start: float
    end: float
    seconds: float
    notes: tuple[str, ...] = ()


def decode(
    source: ClipSource,
    *,
    sample_rate: int,
    span: Span,
    limits: DecodeLimits,
    stereo: bool = False,
) -> Audio:
    """Decode a span of a file.

    The format is told from the content. The channels are averaged at the file's own rate, then
    resampled with soxr's high quality. Nothing is believed of what the file says of its length.

    Parameters
    ----------
    source : ClipSource
    sample_rate : int
        The rate wanted, in Hz.
    span : Span
        Which part, in seconds.
    limits : DecodeLimits
    stereo : bool
        Whether two channels are wanted, for people to hear; what has one or more than two gives
        the same in both.

    Returns
    -------
    Audio
        At least one sample.

    Raises
    ------
    ClipError
        The file cannot be read or holds no sound in that span, or the span makes no sense.
    """
    start, end = _check_span(span)
    collect = partial(_collect, mix=_Mix(sample_rate, 2 if stereo else 1), limits=limits)
    deadline = Deadline(limits.timeout)
    with open_source(source, limits) as file:
        try:
            with open_sndfile(file, deadline) as stream:
                return collect(stream, start, end)
        except UnreadableError:
            pass
        try:
            most = min(start + limits.max_seconds + 1, end, _LONGEST_SECONDS)
            with open_ffmpeg(file, seconds=most, deadline=deadline) as stream:
                return collect(stream, start, end)
        except UnreadableError:
            raise _no_sound() from None


@contextmanager
def open_source(source: ClipSource, limits: DecodeLimits) -> Iterator[BinaryIO]:
    """Open what was handed in as a real, unbuffered file.

    Bytes become a file without a name: in memory on Linux, where nothing of them reaches a disk.

    Raises
    ------
    ClipError
        It is missing, empty, too large, no plain file, or there is no room for it.
    """
    if isinstance(source.data, bytes):
        _check_size(len(source.data), limits)
        with _nameless(source.data) as file:
            yield file
        return
    try:
        if source.data.is_dir():
            raise ClipError(
                "That is a folder, and I listen to one file at a time.",
                "Name a file in it; `soundalike index build` takes whole folders.",
            )
        if not source.data.is_file():
            raise PassingError("There is no such file.", "Check its name and where it lies.")
        _check_size(source.data.stat().st_size, limits)
        file = source.data.open("rb", buffering=0)
    except OSError:
        raise PassingError("The file cannot be opened.", "Check that it may be read.") from None
    with file:
        yield file


@contextmanager
def _nameless(data: bytes) -> Iterator[BinaryIO]:
    with ExitStack() as stack:
        try:
            file = stack.enter_context(_scratch())
            left = memoryview(data)
            while left:
                # An unbuffered file may take less than it is given.
                left = left[file.write(left) :]
        except OSError:
            raise PassingError(
                "There is no room on this machine to take the file in.",
                "Try again in a while, or with a smaller file.",
            ) from None
        yield file


def _scratch() -> BinaryIO:
    if memfd_create := getattr(os, "memfd_create", None):  # Linux only
        return os.fdopen(memfd_create("clip"), "w+b", buffering=0)
    return tempfile.TemporaryFile(buffering=0)


def _check_size(size: int, limits: DecodeLimits) -> None:
    if size == 0:
        raise ClipError("The file is empty.", "Check that it plays, and hand it in again.")
    if size > limits.max_bytes:
        raise ClipError(
            f"The file is larger than {limits.max_bytes / _MEGABYTE:g} MB.",
            "Cut out the part you mean, or use a smaller file.",
        )


def _check_span(span: Span) -> tuple[float, float]:
    start = 0.0 if span.start is None else span.start
    end = math.inf if span.end is None else span.end
    if not (math.isfinite(start) and 0 <= start < end):
        raise ClipError(
            "The part to listen to must start at 0 seconds or later and end after it starts.",
            "Give a start and an end in seconds, or neither.",
        )
    if end - start < _SHORTEST_SECONDS:
        raise ClipError(
            "The part to listen to is too short to hold a sound.",
            "Move its end away from its start.",
        )
    return start, end


@dataclass(frozen=True, slots=True)
class _Mix:
    """What comes out: how many samples a second, and how many channels."""

    sample_rate: int
    channels: int


def _collect(
    stream: PcmStream, start: float, end: float, *, mix: _Mix, limits: DecodeLimits
) -> Audio:
    most = math.ceil(limits.max_seconds * min(stream.rate, _BUSIEST / stream.channels))
    asked = math.inf if end == math.inf else round((end - start) * stream.rate)
    resampler = _Resampler(stream.rate, mix)
    blocks: list[FloatArray] = []
    skipped = frames = 0
    notes: tuple[str, ...] = ()
    try:
        skipped = stream.skip(round(start * stream.rate))
        wanted = int(min(most, asked))
        while frames < wanted and len(block := stream.read(min(BLOCK_FRAMES, wanted - frames))):
            frames += len(block)
            blocks.append(resampler.next(_mixed(block, mix.channels)))
        if wanted < asked and len(stream.read(1)):
            notes = (
                f"Only {round(most / stream.rate, 1):g} seconds of the file were listened to.",
            )
    except BrokenOffError:
        notes = ("The file is damaged: only what could be read of it was listened to.",)
    if not frames:
        raise _over(skipped / stream.rate) if skipped else UnreadableError
    seconds = frames / stream.rate
    blocks.append(resampler.rest())
    samples = np.concatenate(blocks)
    if not len(samples):
        raise _no_sound()
    return Audio(samples, mix.sample_rate, start, start + seconds, seconds, notes)


def _no_sound() -> ClipError:
    return ClipError(
        "There is no sound in the file that can be read here.",
        "Check that it plays; if it does, convert it to wav, flac, ogg or mp3.",
    )


def _over(seconds: float) -> ClipError:
    minutes, rest = divmod(round(seconds, 1), 60)
    length = f"{minutes:.0f}:{rest:04.1f}".removesuffix(".0")
    return ClipError(
        f"The file is over after {length}, before the part to listen to begins.",
        "Choose an earlier start.",
    )


def _mixed(block: FloatArray, wanted: int) -> FloatArray:
    """Return one channel [n], or two [n, 2]."""
    channels = block.shape[1]
    # A product with a matrix is far quicker than mean(axis=1).
    with np.errstate(invalid="ignore", over="ignore"):
        if wanted == 1:
            mixed = block @ np.full(channels, 1 / channels, np.float32)
        elif channels == 2:
            mixed = block
        else:
            mixed = block @ np.full((channels, 2), 1 / channels, np.float32)
    if not np.abs(mixed).max() <= _LOUDEST:
        raise ClipError(
            "The file holds sample values that are no sound: not numbers, or far too large.",
            "Export it again, as ordinary 16-bit wav for example.",
        )
    return mixed


class _Resampler:
    """Brings blocks to another rate as if they were one."""

    def __init__(self, rate: int, mix: _Mix) -> None:
        same = rate == mix.sample_rate
        self._stream = (
            None if same else soxr.ResampleStream(rate, mix.sample_rate, mix.channels, quality="HQ")
        )
        self._nothing = np.empty((0, 2) if mix.channels == 2 else 0, np.float32)

    def next(self, block: FloatArray) -> FloatArray:
        return block if self._stream is None else self._stream.resample_chunk(block)

    def rest(self) -> FloatArray:
        if self._stream is None:
            return self._nothing
        rest: FloatArray = self._stream.resample_chunk(self._nothing, last=True)
        return rest
