"""The packets of an Ogg file, whatever pages they are cut into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_HEADER = 27
_LACE = 255
_MOST_STREAMS = 16


@dataclass(slots=True)
class _Stream:
    """Where one logical stream stands: its packet's number, and whether that is hashed."""

    flac: bool = False
    number: int = 0
    fresh: bool = True
    wanted: bool = True


def packets(file: BinaryIO, begin: int) -> Iterator[bytes]:
    """Yield the packets of every stream but for those that hold comments.

    The second packet of a stream is its comment header in Vorbis, Opus, Speex and Theora alike.
    FLAC in Ogg keeps more than one packet of metadata, so there only frames are yielded. Packets
    may come in several parts. What follows damage comes as it stands.

    Parameters
    ----------
    file : BinaryIO
    begin : int
        Where the first page lies.
    """
    file.seek(begin)
    streams: dict[bytes, _Stream] = {}
    while len(head := file.read(_HEADER)) == _HEADER and head.startswith(b"OggS"):
        laces = file.read(head[26])
        body = file.read(sum(laces))
        serial = head[14:18]
        if serial not in streams and len(streams) == _MOST_STREAMS:
            break
        yield from _page(streams.setdefault(serial, _Stream()), laces, body)
    else:
        yield head
    while rest := file.read(1 << 20):
        yield rest


def _page(stream: _Stream, laces: bytes, body: bytes) -> Iterator[bytes]:
    begin = end = 0
    for lace in laces:
        if stream.fresh:
            stream.fresh = False
            stream.wanted = _is_wanted(stream, body[end : end + 5])
        end += lace
        if lace < _LACE:
            if stream.wanted:
                yield body[begin:end]
            begin = end
            stream.number += 1
            stream.fresh = True
    if stream.wanted and begin < end:
        yield body[begin:end]


def _is_wanted(stream: _Stream, first: bytes) -> bool:
    if stream.number == 0:
        stream.flac = first == b"\x7fFLAC"
    if stream.flac:
        return first.startswith(b"\xff")
    return stream.number != 1
