"""Writes the messages and files of TensorFlow that are read here, field by field."""

from __future__ import annotations

import struct

from tools.crc32c import masked_crc32c


def varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def field(number: int, value: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(value)) + value


def entry(key: str, value: bytes) -> bytes:
    return field(1, field(1, key.encode()) + field(2, value))


def strings(*values: bytes) -> bytes:
    return field(1, b"".join(field(1, value) for value in values))


def floats(*values: float, packed: bool = True) -> bytes:
    each = [struct.pack("<f", value) for value in values]
    if packed:
        return field(2, field(1, b"".join(each)))
    return field(2, b"".join(varint(1 << 3 | 5) + one for one in each))


def integers(*values: int, packed: bool = True) -> bytes:
    each = [varint(value) for value in values]
    if packed:
        return field(3, field(1, b"".join(each)))
    return field(3, b"".join(varint(1 << 3) + one for one in each))


def framed(data: bytes) -> bytes:
    """Return a record as a TFRecord file holds it."""
    length = struct.pack("<Q", len(data))
    return length + summed(length) + data + summed(data)


def summed(data: bytes) -> bytes:
    return struct.pack("<I", masked_crc32c(data))
