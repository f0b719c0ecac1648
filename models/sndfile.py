"""Decoding with libsndfile: wav, aiff, au, caf, flac, ogg, opus and mp3 under any name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

import numpy as np
import soundfile

from models.pcm import BrokenOffError, Deadline, UnreadableError, check_layout, read_over
from models.types import FloatArray


@contextmanager
def open_sndfile(file: BinaryIO, deadline: Deadline) -> Iterator[SndfileStream]:
    """Open a file by its content.

    Parameters
    ----------
    file : BinaryIO
        A real file, unbuffered: libsndfile reads its descriptor.
    deadline : Deadline

    Raises
    ------
    UnreadableError
        libsndfile does not know the format.
    ClipError
        The file claims a rate or a number of channels that no recording has.
    """
    file.seek(0)
    try:
        decoder = _ForwardFile(file.fileno(), closefd=False)
    except soundfile.LibsndfileError:
        raise UnreadableError from None
    with decoder:
        check_layout(decoder.samplerate, decoder.channels)
        yield SndfileStream(decoder, deadline)


class _ForwardFile(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """A sound file that is not sought after every read.

    soundfile seeks to where it already is after each block, and an mp3 decoder starts anew there:
    the first tenth of a second of every block would be wrong.
    """

    def seekable(self) -> bool:
        return False


class SndfileStream:
    """A file being decoded by libsndfile; see `PcmStream`."""

    def __init__(self, decoder: soundfile.SoundFile, deadline: Deadline) -> None:
        self._decoder = decoder
        self._deadline = deadline
        self.rate: int = decoder.samplerate
        self.channels: int = decoder.channels

    def skip(self, frames: int) -> int:
        """Pass over frames: seek to a second before, then decode.

        libsndfile finds a frame exactly, but mp3 and opus sound wrong until they have run a while.
        """
        passed = 0
        if frames > self.rate:
            # Refused beyond the end, or where the decoder believes it to be: only decoding tells.
            with suppress(soundfile.LibsndfileError, OverflowError):
                passed = int(self._decoder.seek(frames - self.rate))
        return passed + read_over(self, frames - passed)

    def read(self, frames: int) -> FloatArray:
        """Return the next frames [n, channels]."""
        self._deadline.check()
        # Given an array, soundfile fills it; else it would stop at the length the file claims,
        # which for mp3 is an estimate.
        out = np.empty((frames, self.channels), np.float32)
        try:
            got: FloatArray = self._decoder.read(out=out)
        except soundfile.LibsndfileError:
            raise BrokenOffError from None
        return got
