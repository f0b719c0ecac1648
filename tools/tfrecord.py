"""Reads TFRecord files: records in a row, each between two checksums."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

import numpy as np

from tools.crc32c import crc32c_of_runs, masked, masked_crc32c
from tools.protobuf import MessageError

Damaged = Callable[[int, str], None]
"""Told where in a file a damaged record begins, and what is wrong with it."""

T = TypeVar("T")

_HEADER: Final = struct.Struct("<QI")  # the length, and the sum of its own eight bytes
_LENGTH_BYTES: Final = 8
_SUM: Final = struct.Struct("<I")
_STRIDE: Final = 1 << 16


def read_records(
    data: memoryview, read: Callable[[memoryview], T], damaged: Damaged | None = None
) -> Iterator[T]:
    """Read the records of a TFRecord file one after another, checking both sums of each.

    Parameters
    ----------
    data : memoryview
        The whole file.
    read : callable
        Makes of a record what is yielded; a MessageError says that it is damaged.
    damaged : callable or None
        Told of every damaged record, which is then passed over; None takes none of them. Where a
        length cannot be trusted, the next record is looked for byte by byte.

    Raises
    ------
    MessageError
        A record is damaged, and nobody wants to be told.
    """
    at = 0
    while at < len(data):
        begin = at
        record, at, problem = _record(data, at)
        if record is not None:
            try:
                found = read(record)
            except MessageError as error:
                problem = str(error)
            else:
                yield found
                continue
        if damaged is None:
            raise MessageError(problem)
        damaged(begin, problem)


def _record(data: memoryview, at: int) -> tuple[memoryview | None, int, str]:
    """Return a record, or None and what is wrong with it; between them, where the next begins."""
    if len(data) - at < _HEADER.size:
        return None, len(data), "a record in it is cut off"
    length, its_sum = _HEADER.unpack_from(data, at)
    begin = at + _HEADER.size
    end = begin + length
    wrong = "the checksum of a record in it is wrong"
    if masked_crc32c(data[at : at + _LENGTH_BYTES]) != its_sum:
        return None, _next_header(data, at + 1), wrong
    if end + _SUM.size > len(data):
        return None, _next_header(data, at + 1), "a record in it is cut off"
    if masked_crc32c(data[begin:end]) != _SUM.unpack_from(data, end)[0]:
        return None, end + _SUM.size, wrong
    return data[begin:end], end + _SUM.size, ""


def _next_header(data: memoryview, at: int) -> int:
    """Return where the next length stands that its sum confirms and the file has room for."""
    last = len(data) - _HEADER.size
    for first in range(at, last + 1, _STRIDE):
        part = data[first : min(first + _STRIDE, last + 1) + _HEADER.size - 1]
        sums = masked(crc32c_of_runs(part[: -_SUM.size], _LENGTH_BYTES))
        stored = np.lib.stride_tricks.sliding_window_view(
            np.frombuffer(part, np.uint8)[_LENGTH_BYTES:], _SUM.size
        )
        alike = np.flatnonzero(sums == np.ascontiguousarray(stored).view("<u4")[:, 0])
        for place in (first + alike).tolist():
            (length, _) = _HEADER.unpack_from(data, place)
            if place + _HEADER.size + length + _SUM.size <= len(data):
                return int(place)
    return len(data)
