"""Zips as strangers hand them in: no size they say is believed, and no path followed."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from bot.words import ENGLISH
from models.endings import AUDIO_ENDINGS
from models.types import ClipError

LARGEST_ARCHIVE = 250_000_000
"""Bytes of a zip, at most."""

MOST_FILES = 1_000
"""Audio files that are taken out of one zip."""

MOST_UNPACKED = 1_000_000_000
"""Bytes that are unpacked of one zip, all files together."""

_LARGEST_DIRECTORY = 2_000_000  # bytes of a zip's table of contents: some ten thousand entries
_BLOCK = 1 << 20
_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst")
# Other ways of packing are unpacked by Python without a bound.
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_LONGEST_NAME = 300

# What a broken zip has been seen to raise out of zipfile, beside its own error.
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError),
    *(RuntimeError, NotImplementedError, ValueError, LookupError, OverflowError),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of an archive that is called as audio is.

    Attributes
    ----------
    name : str
        Without folders; to be shown, never to be opened.
    problem : str
        Why it cannot be taken out, as an English sentence; empty where it may be.
    """

    name: str
    problem: str
    info: zipfile.ZipInfo


class Archive:
    """A zip that is open for reading; what is read of it in all is bounded. Blocking.

    Parameters
    ----------
    file : BinaryIO
        Stays open; to be read by nobody else.
    most_unpacked : int

    Attributes
    ----------
    entries : tuple of Entry
        Its audio, as it is ordered there.
    others : int
        Other files that are no audio.

    Raises
    ------
    ClipError
        It is no zip, or one that makes no sense.
    """

    def __init__(self, file: BinaryIO, most_unpacked: int = MOST_UNPACKED) -> None:
        bounded = _Bounded(file, _LARGEST_DIRECTORY)
        try:
            self._zip = zipfile.ZipFile(bounded)
        except _BROKEN:
            raise ClipError(*ENGLISH.say("library.no_zip")) from None
        bounded.left = None
        self._left = most_unpacked
        self.others = 0
        self.entries = tuple(self._sorted_out())

    def read(self, entry: Entry, most: int) -> bytes:
        """Unpack one file.

        Raises
        ------
        ClipError
            It is larger than `most` bytes, damaged, or the archive has unpacked more than it may.
        """
        data = bytearray()
        try:
            with self._zip.open(entry.info) as packed:
                while block := packed.read(_BLOCK):
                    data += block
                    self._left -= len(block)
                    if self._left < 0:
                        raise ClipError(*ENGLISH.say("library.too_much_inside"))
                    if len(data) > most:
                        raise ClipError(*ENGLISH.say("library.large_inside", limit=most / 1e6))
        except _BROKEN:
            raise ClipError(*ENGLISH.say("library.damaged_inside")) from None
        return bytes(data)

    def _sorted_out(self) -> Iterator[Entry]:
        found = 0
        for info in self._zip.infolist():
            path = PurePosixPath(info.filename.replace("\\", "/"))
            name = path.name[:_LONGEST_NAME]
            if info.is_dir() or _is_link(info) or name.startswith(".") or "__MACOSX" in path.parts:
                continue
            ending = PurePosixPath(name).suffix.lower()
            if ending in _ARCHIVES:
                yield Entry(name, ENGLISH.say("library.archive_inside").sentence, info)
            elif ending not in AUDIO_ENDINGS:
                self.others += 1
            else:
                found += 1
                yield Entry(name, _problem(info, found), info)


def _problem(info: zipfile.ZipInfo, number: int) -> str:
    if number > MOST_FILES:
        return ENGLISH.say("library.too_many_inside", most=MOST_FILES).sentence
    if info.flag_bits & _ENCRYPTED:
        return ENGLISH.say("library.locked_inside").sentence
    if info.compress_type not in _PACKINGS:
        return ENGLISH.say("library.packed_inside").sentence
    return ""


def _is_link(info: zipfile.ZipInfo) -> bool:
    # Links, and pipes and devices with them; what was packed elsewhere has no kind.
    return stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG)


class _Bounded(io.RawIOBase):
    """A file of which only so many bytes are read; `left` is None once that does not matter."""

    def __init__(self, file: BinaryIO, left: int) -> None:
        super().__init__()
        self._file = file
        self.left: int | None = left

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        if self.left is None:
            return self._file.read(size)
        data = self._file.read(min(size, self.left + 1) if size >= 0 else self.left + 1)
        self.left -= len(data)
        if self.left < 0:
            raise zipfile.BadZipFile("its table of contents is too long")
        return data
