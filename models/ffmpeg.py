"""Decoding with ffmpeg what libsndfile does not know: m4a, webm, wma and the like.

ffmpeg follows playlists to other files and to the network, so it is let near a stranger's file
only with the formats and codecs named that hold sound themselves, and with its resources limited.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import imageio_ffmpeg
import numpy as np

from models.pcm import BrokenOffError, Deadline, UnreadableError, check_layout, read_over
from models.types import FloatArray, PassingError

_FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,caf,dsf,eac3,flac,matroska,mov,mp3,mpc,mpc8,ogg,tta,w64,wav,wv"
)
# So that no film in a container reaches a video decoder.
_CODECS = (
    "aac,aac_fixed,aac_latm,ac3,ac3_fixed,alac,als,amrnb,amrwb,ape,dca,dsd_lsbf,dsd_lsbf_planar,"
    "dsd_msbf,dsd_msbf_planar,eac3,flac,gsm,gsm_ms,ilbc,libfdk_aac,libopencore_amrnb,"
    "libopencore_amrwb,libopus,libspeex,libvorbis,mace3,mace6,mlp,mp1,mp1float,mp2,mp2float,mp3,"
    "mp3float,mpc7,mpc8,opus,qcelp,qdm2,qdmc,speex,truehd,tta,vorbis,wavpack,wmalossless,wmapro,"
    "wmav1,wmav2,wmavoice,adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,adpcm_yamaha,g722,g726,g726le,"
    "pcm_alaw,pcm_bluray,pcm_dvd,pcm_f16le,pcm_f24le,pcm_f32be,pcm_f32le,pcm_f64be,pcm_f64le,"
    "pcm_mulaw,pcm_s16be,pcm_s16be_planar,pcm_s16le,pcm_s16le_planar,pcm_s24be,pcm_s24le,"
    "pcm_s24le_planar,pcm_s32be,pcm_s32le,pcm_s32le_planar,pcm_s64be,pcm_s64le,pcm_s8,"
    "pcm_s8_planar,pcm_u16be,pcm_u16le,pcm_u24be,pcm_u24le,pcm_u32be,pcm_u32le,pcm_u8"
)
_OF_NO_CONCERN = b"not on whitelist"
# Address space in KiB, files open, bytes written to any file, core dumps. A system that knows no
# such limit says so, and that is all right. The limits outlive the shell, which becomes ffmpeg.
_LIMITS = 'ulimit -v 1048576; ulimit -n 64; ulimit -f 0; ulimit -c 0; ulimit -t {cpu}; exec "$@"'
_AU_HEADER = struct.Struct(">4s5I")
_AU_FLOAT32 = 6
_LONGEST_HEADER = 1 << 16
_MOST_COMPLAINTS = 1 << 20


def find_ffmpeg() -> Path | None:
    """Return the system's ffmpeg, else the one that imageio-ffmpeg carries, else None."""
    if found := shutil.which("ffmpeg"):
        return Path(found)
    try:
        return Path(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        return None


@contextmanager
def open_ffmpeg(file: BinaryIO, *, seconds: float, deadline: Deadline) -> Iterator[FfmpegStream]:
    """Decode a file in a process of its own, at its own rate and channel layout.

    Parameters
    ----------
    file : BinaryIO
        A real file, unbuffered. ffmpeg gets it as its input and never learns its name.
    seconds : float
        Decode no more than this from the beginning.
    deadline : Deadline
        When ffmpeg is killed; it may take as many seconds of processor time too.

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
    limits = _LIMITS.format(cpu=max(1, round(deadline.seconds)))
    command = ["/bin/sh", "-c", limits, "sh", str(program), *_arguments(seconds)]
    child = _Child(command, file, deadline)
    try:
        yield FfmpegStream(child)
    finally:
        child.stop()


class _Child:
    """A process whose output is read, and which is killed when the time is over."""

    def __init__(self, command: list[str], file: BinaryIO, deadline: Deadline) -> None:
        self._deadline = deadline
        self._complaints, said = os.pipe()
        # Nobody reads along: what no longer fits is dropped instead of halting the process.
        os.set_blocking(said, False)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - no part comes from the file
                command, stdin=file, stdout=subprocess.PIPE, stderr=said, env={}
            )
        except OSError:
            os.close(self._complaints)
            raise
        finally:
            os.close(said)
        self._timer = threading.Timer(deadline.left, self._process.kill)
        self._timer.daemon = True
        self._timer.start()

    def read(self, size: int) -> bytes:
        """Return so many bytes of its output, fewer at the end."""
        assert self._process.stdout is not None
        data = self._process.stdout.read(size)
        self._deadline.check()
        return data

    def has_failed(self) -> bool:
        """Tell, when its output has ended, whether it complained or failed."""
        status = self._process.wait()
        self._deadline.check()
        complaints = os.read(self._complaints, _MOST_COMPLAINTS).splitlines()
        return status != 0 or any(_OF_NO_CONCERN not in line for line in complaints)

    def stop(self) -> None:
        """End it, whether or not it is done."""
        self._timer.cancel()
        self._process.kill()
        self._process.communicate()
        os.close(self._complaints)


class FfmpegStream:
    """A file being decoded by ffmpeg; see `PcmStream`."""

    def __init__(self, child: _Child) -> None:
        self._child = child
        self.rate, self.channels = self._read_header()
        check_layout(self.rate, self.channels)

    def skip(self, frames: int) -> int:
        """Pass over frames by decoding them: not every container can be sought exactly."""
        return read_over(self, frames)

    def read(self, frames: int) -> FloatArray:
        """Return the next frames [n, channels]."""
        data = self._child.read(frames * self.channels * 4)
        whole = len(data) // (self.channels * 4)
        if not whole and self._child.has_failed():
            raise BrokenOffError
        samples = np.frombuffer(data, ">f4", whole * self.channels)
        return samples.astype(np.float32).reshape(whole, self.channels)

    def _read_header(self) -> tuple[int, int]:
        header = self._child.read(_AU_HEADER.size)
        if len(header) < _AU_HEADER.size:
            raise UnreadableError
        magic, offset, _, encoding, rate, channels = _AU_HEADER.unpack(header)
        if (magic, encoding) != (b".snd", _AU_FLOAT32) or offset > _LONGEST_HEADER:
            raise UnreadableError
        self._child.read(offset - _AU_HEADER.size)
        return rate, channels


def _arguments(seconds: float) -> list[str]:
    # One option and its value to a line.
    words = f"""
        -nostdin -v repeat+error -threads 1 -filter_threads 1
        -protocol_whitelist file,pipe
        -format_whitelist {_FORMATS}
        -codec_whitelist {_CODECS}
        -t {seconds:.6f}
        -i file:/dev/stdin
        -vn -sn -dn
        -map_metadata -1
        -c:a pcm_f32be
        -f au
        pipe:1
    """
    return words.split()
