"""The identity of a recording: a hash of its encoded audio, tags aside, without decoding it."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from typing import BinaryIO

from models.ogg import packets
from models.types import ClipSource

ID_LENGTH = 20
"""Hexadecimal characters of a track id: 80 bits."""

_BLOCK = 1 << 20
_FLAC_LAST_BLOCK = 0x80
_APE_FOOTER = 32
_APE_HAS_HEADER = 1 << 31
_ID3V1 = 128
_LYRICS_END = 15  # six digits of size, then LYRICS200


def track_id(source: ClipSource) -> str:
    """Hash the audio payload of an encoded file.

    What is hashed: MP3 between its tags; FLAC frames; Ogg packets other than comments; the `mdat`
    of MP4; format and sample chunks of WAV and AIFF; of anything else the whole file but for tags
    at its edges. So a renamed or retagged file keeps its id, and a re-encoded one does not.

    Parameters
    ----------
    source : ClipSource
        Any bytes at all: what cannot be parsed is hashed whole.

    Returns
    -------
    str
        20 hexadecimal characters (BLAKE2b).

    Raises
    ------
    OSError
        The file cannot be read.
    """
    if isinstance(source.data, bytes):
        return _hash(io.BytesIO(source.data))
    with source.data.open("rb") as file:
        return _hash(file)


def _hash(file: BinaryIO) -> str:
    for parts in (_payload(file), _read(file, 0, _size(file))):
        digest = hashlib.blake2b(digest_size=ID_LENGTH // 2)
        empty = True
        for part in parts:
            digest.update(part)
            empty = empty and not part
        if not empty:
            break
    return digest.hexdigest()


def _payload(file: BinaryIO) -> Iterator[bytes]:
    begin = _after_id3v2(file)
    end = _before_tail_tags(file, begin)
    file.seek(begin)
    head = file.read(12)
    if head.startswith(b"fLaC"):
        return _read(file, _after_flac_metadata(file, begin + 4), end)
    if head.startswith(b"OggS"):
        return packets(file, begin)
    if head.startswith((b"RIFF", b"RF64")) and head[8:] == b"WAVE":
        return _chunks(file, begin + 12, (b"fmt ", b"data"), "little")
    if head.startswith(b"FORM") and head[8:] in {b"AIFF", b"AIFC"}:
        return _chunks(file, begin + 12, (b"COMM", b"SSND"), "big")
    if head[4:8] == b"ftyp":
        return _mdat(file, begin)
    return _read(file, begin, end)


def _size(file: BinaryIO) -> int:
    return file.seek(0, os.SEEK_END)


def _read(file: BinaryIO, begin: int, end: int) -> Iterator[bytes]:
    file.seek(begin)
    left = end - begin
    while left > 0 and (block := file.read(min(left, _BLOCK))):
        left -= len(block)
        yield block


def _after_id3v2(file: BinaryIO) -> int:
    """Return where the last of any ID3v2 tags at the head ends."""
    begin = 0
    while True:
        file.seek(begin)
        head = file.read(10)
        if len(head) < 10 or head[:3] != b"ID3" or max(head[6:10]) > 0x7F:
            return begin
        size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
        footer = 10 if head[5] & 0x10 else 0
        begin += 10 + size + footer


def _before_tail_tags(file: BinaryIO, begin: int) -> int:
    """Return where the audio ends: before any ID3v1, APEv2 and Lyrics3 tags."""
    end = _size(file)
    while (shorter := _without_one_tag(file, begin, end)) < end:
        end = shorter
    return end


def _without_one_tag(file: BinaryIO, begin: int, end: int) -> int:
    def tail(length: int) -> bytes:
        file.seek(max(begin, end - length))
        return file.read(min(length, end - begin)) if end > begin else b""

    size = 0
    if tail(_ID3V1).startswith(b"TAG"):
        size = _ID3V1
    elif (footer := tail(_APE_FOOTER)).startswith(b"APETAGEX"):
        has_header = int.from_bytes(footer[20:24], "little") & _APE_HAS_HEADER
        size = int.from_bytes(footer[12:16], "little") + (_APE_FOOTER if has_header else 0)
    elif (lyrics := tail(_LYRICS_END)).endswith(b"LYRICS200") and lyrics[:6].isdigit():
        size = int(lyrics[:6]) + _LYRICS_END
    return end - size if begin <= end - size else end


def _after_flac_metadata(file: BinaryIO, begin: int) -> int:
    while True:
        file.seek(begin)
        head = file.read(4)
        if len(head) < 4:
            return begin
        begin += 4 + int.from_bytes(head[1:], "big")
        if head[0] & _FLAC_LAST_BLOCK:
            return begin


def _chunks(file: BinaryIO, begin: int, names: tuple[bytes, ...], order: str) -> Iterator[bytes]:
    """Yield the bodies of the named chunks of a RIFF (little) or IFF (big endian) file."""
    while True:
        file.seek(begin)
        head = file.read(8)
        if len(head) < 8:
            return
        size = int.from_bytes(head[4:], "little" if order == "little" else "big")
        if head[:4] in names:
            yield from _read(file, begin + 8, begin + 8 + size)
        begin += 8 + size + size % 2


def _mdat(file: BinaryIO, begin: int) -> Iterator[bytes]:
    """Yield the media data of an MP4; its tags are in other boxes."""
    end = _size(file)
    while begin + 8 <= end:
        file.seek(begin)
        head = file.read(16)
        size, header = int.from_bytes(head[:4], "big"), 8
        if size == 1:
            size, header = int.from_bytes(head[8:], "big"), 16
        elif size == 0:
            size = end - begin
        if size < header:
            return
        if head[4:8] == b"mdat":
            yield from _read(file, begin + header, begin + size)
        begin += size
