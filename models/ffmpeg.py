"""Decoding with ffmpeg what libsndfile does not know: m4a, webm, wma and the like.

ffmpeg follows playlists to other files and to the network, so it is let near a stranger's file
only with the formats named that hold sound themselves, and with its resources limited.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

import imageio_ffmpeg
import numpy as np

from models.pcm import UnreadableError, check_layout, read_over
from models.types import FloatArray, PassingError

_FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,caf,dsf,eac3,flac,matroska,mov,mp3,mpc,mpc8,ogg,tta,w64,wav,wv"
)
# Address space in KiB, files open, bytes written to any file, core dumps. A system that knows no
# such limit says so, and that is all right. The limits outlive the shell, which becomes ffmpeg.
_LIMITS = 'ulimit -v 1048576; ulimit -n 64; ulimit -f 0; ulimit -c 0; ulimit -t {cpu}; exec "$@"'
_AU_HEADER = struct.Struct(">4s5I")
_AU_FLOAT32 = 6
_LONGEST_HEADER = 1 << 16


def find_ffmpeg() -> Path | None:
    """Return the system's ffmpeg, else the one that imageio-ffmpeg carries, else None."""
    if found := shutil.which("ffmpeg"):
        return Path(found)
    try:
        return Path(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        return None


@contextmanager
def open_ffmpeg(file: BinaryIO, *, seconds: float, timeout: float) -> Iterator[FfmpegStream]:
    """Decode a file in a process of its own, at its own rate and channel layout.

    Parameters
    ----------
    file : BinaryIO
        A real file, unbuffered. ffmpeg gets it as its input and never learns its name.
    seconds : float
        Decode no more than this from the beginning.
    timeout : float
        Seconds of wall clock and of processor time it may take.

    Raises
    ------
    UnreadableError
        ffmpeg does not know the format, or finds no sound in it.
    ClipError
        There is no ffmpeg, it took too long, or the file claims a layout that no recording has.
    """
    program = find_ffmpeg()
    if program is None:
        raise PassingError(
            "This kind of file needs ffmpeg to be read, and there is none on this machine.",
            "Install ffmpeg, or convert the file to wav, flac, ogg or mp3.",
        )
    file.seek(0)
    limits = _LIMITS.format(cpu=max(1, round(timeout)))
    process = subprocess.Popen(  # noqa: S603 - no part of the command comes from the file
        ["/bin/sh", "-c", limits, "sh", str(program), *_arguments(seconds)],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
    )
    watch = _Watch(process, timeout)
    try:
        assert process.stdout is not None
        yield FfmpegStream(process.stdout, watch)
    finally:
        watch.stop()


class _Watch:
    """Kills a process that takes too long."""

    def __init__(self, process: subprocess.Popen[bytes], timeout: float) -> None:
        self._process = process
        self._seconds = timeout
        self._expired = False
        self._timer = threading.Timer(timeout, self._expire)
        self._timer.daemon = True
        self._timer.start()

    def _expire(self) -> None:
        self._expired = True
        self._process.kill()

    def check(self) -> None:
        """Raise ClipError if the time is over."""
        if self._expired:
            raise PassingError(
                f"Decoding the file took longer than {self._seconds:g} seconds and was stopped.",
                "Cut out the part you mean, or convert it to wav, flac, ogg or mp3.",
            )

    def stop(self) -> None:
        """End the process, whether or not it is done."""
        self._timer.cancel()
        self._process.kill()
        self._process.communicate()


class FfmpegStream:
    """A file being decoded by ffmpeg; see `PcmStream`."""

    def __init__(self, pipe: IO[bytes], watch: _Watch) -> None:
        self._pipe = pipe
        self._watch = watch
        self.rate, self.channels = self._read_header()
        check_layout(self.rate, self.channels)

    def skip(self, frames: int) -> int:
        """Pass over frames by decoding them: not every container can be sought exactly."""
        return read_over(self, frames)

    def read(self, frames: int) -> FloatArray:
        """Return the next frames [n, channels]."""
        data = self._pipe.read(frames * self.channels * 4)
        self._watch.check()
        whole = len(data) // (self.channels * 4)
        samples = np.frombuffer(data, ">f4", whole * self.channels)
        return samples.astype(np.float32).reshape(whole, self.channels)

    def _read_header(self) -> tuple[int, int]:
        header = self._pipe.read(_AU_HEADER.size)
        self._watch.check()
        if len(header) < _AU_HEADER.size:
            raise UnreadableError
        magic, offset, _, encoding, rate, channels = _AU_HEADER.unpack(header)
        if (magic, encoding) != (b".snd", _AU_FLOAT32) or offset > _LONGEST_HEADER:
            raise UnreadableError
        self._pipe.read(offset - _AU_HEADER.size)
        return rate, channels


def _arguments(seconds: float) -> list[str]:
    # One option and its value to a line.
    words = f"""
        -nostdin -v quiet -threads 1 -filter_threads 1
        -protocol_whitelist file,pipe
        -format_whitelist {_FORMATS}
        -t {seconds:.6f}
        -i file:/dev/stdin
        -vn -sn -dn
        -map_metadata -1
        -c:a pcm_f32be
        -f au
        pipe:1
    """
    return words.split()
