"""What the decoders have in common: a stream of sample frames at the file's own rate and layout."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Protocol

from models.types import ClipError, FloatArray, PassingError

LOWEST_RATE = 1_000
HIGHEST_RATE = 3_000_000
MOST_CHANNELS = 64
BLOCK_FRAMES = 1 << 16


class PcmStream(Protocol):
    """A file being decoded.

    Attributes
    ----------
    rate : int
        Sample frames a second.
    channels : int
        Samples a frame.
    """

    rate: int
    channels: int

    def skip(self, frames: int) -> int:
        """Pass over frames; return how many there were to pass over."""

    def read(self, frames: int) -> FloatArray:
        """Return the next frames [n, channels], fewer only at the end.

        Raises
        ------
        BrokenOffError
            The file is damaged, and this is all that can be read of it.
        PassingError
            The time is over.
        """


class UnreadableError(Exception):
    """The decoder does not know the format, or finds nothing to decode."""


class BrokenOffError(Exception):
    """The file is damaged, and nothing more can be decoded of it."""


class Deadline:
    """When decoding has to be over, whichever decoder is at it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until then; none once it has passed."""
        return max(0.0, self._end - time.monotonic())

    def check(self) -> None:
        """Raise PassingError if the time is over."""
        if not self.left:
            raise PassingError(
                f"Decoding the file took longer than {self.seconds:g} seconds and was stopped.",
                "Cut out the part you mean, or convert it to wav, flac, ogg or mp3.",
            )


def check_layout(rate: int, channels: int) -> None:
    """Refuse what no recording has, before memory is set aside for it."""
    if not LOWEST_RATE <= rate <= HIGHEST_RATE or not 1 <= channels <= MOST_CHANNELS:
        raise ClipError(
            f"The file claims {channels} channels at {rate} Hz, which no recording has.",
            "Convert it to an ordinary wav, flac, ogg or mp3.",
        )


def read_over(stream: PcmStream, frames: int) -> int:
    """Decode frames and drop them; return how many there were."""
    passed = 0
    # What is damaged is still so when the next frames are asked for.
    with suppress(BrokenOffError):
        while passed < frames and (got := len(stream.read(min(BLOCK_FRAMES, frames - passed)))):
            passed += got
    return passed
