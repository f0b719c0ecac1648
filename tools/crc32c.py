"""CRC-32C, the checksum of TensorFlow's files, at NumPy's speed.

A checksum is linear: it may be worked out for many interleaved parts of the data at once, each a
lane of an array, and the lanes be drawn together at the end. That takes a third of a second for
the 288 MB of VGGish, where a loop over its bytes would take half a minute.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

_POLYNOMIAL: Final = 0x82F63B78  # Castagnoli's, its lowest bit standing for the highest power
_WORD: Final = 4
_MANY_LANES: Final = 1 << 14
_FEW_LANES: Final = 1 << 6

_Words = NDArray[np.uint32]


def crc32c(data: bytes | bytearray | memoryview) -> int:
    """Return the CRC-32C of some bytes (RFC 3720, appendix B.4), in [0, 2³²)."""
    view = memoryview(data).cast("B")
    state, done = 0xFFFFFFFF, 0
    for lanes in (_MANY_LANES, _FEW_LANES):
        rows = (len(view) - done) // (lanes * _WORD)
        if rows:
            words = np.frombuffer(view, "<u4", rows * lanes, done)
            state = _fold(words.reshape(rows, lanes), state)
            done += rows * lanes * _WORD
    return _in_turn(view[done:], state) ^ 0xFFFFFFFF


def masked_crc32c(data: bytes | bytearray | memoryview) -> int:
    """Return the CRC-32C of some bytes as LevelDB tables and TFRecords store it."""
    return int(masked(np.array([crc32c(data)], np.uint32))[0])


def masked(sums: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return checksums as LevelDB tables and TFRecords store them."""
    return (sums >> np.uint32(15) | sums << np.uint32(17)) + np.uint32(0xA282EAD8)


def crc32c_of_runs(data: bytes | memoryview, length: int) -> NDArray[np.uint32]:
    """Return the CRC-32C of every `length` bytes in a row, [n - length + 1] of n bytes."""
    table = np.array(_bytes_table(), np.uint32)
    octets = np.frombuffer(data, np.uint8)
    sums = np.full(max(0, len(octets) - length + 1), 0xFFFFFFFF, np.uint32)
    for first in range(length):
        sums = table[(sums ^ octets[first : first + len(sums)]) & 0xFF] ^ sums >> np.uint32(8)
    return sums ^ np.uint32(0xFFFFFFFF)


def _in_turn(data: memoryview, state: int) -> int:
    """Take up bytes one by one."""
    table = _bytes_table()
    for byte in data:
        state = table[(state ^ byte) & 0xFF] ^ state >> 8
    return state


def _fold(rows: _Words, state: int) -> int:
    """Take up words [rows, lanes], a whole row at a time.

    The words of one lane lie a row apart, so a lane moves on by a row's length for each of them.
    """
    lanes = rows.shape[1]
    low, high = _advance_tables(lanes)
    sums = rows[0].astype(np.uint32)
    sums[0] ^= np.uint32(state)
    for row in rows[1:]:
        halves = sums.view(np.uint16).reshape(-1, 2)
        sums = low[halves[:, _LOW]] ^ high[halves[:, 1 - _LOW]]
        sums ^= row
    # What is left is itself a message of one row, and is taken up as one that begins with 0.
    if lanes > _FEW_LANES:
        return _fold(sums.reshape(-1, _FEW_LANES), 0)
    return _in_turn(memoryview(sums.astype("<u4").tobytes()), 0)


_LOW: Final = 0 if np.little_endian else 1
"""Which half of a word comes first in memory."""


@cache
def _bytes_table() -> list[int]:
    """Return what each byte turns into by the time eight more bits have passed."""
    table = []
    for state in range(256):
        for _ in range(8):
            state = state >> 1 ^ (_POLYNOMIAL if state & 1 else 0)  # noqa: PLW2901
        table.append(state)
    return table


@cache
def _advance_tables(words: int) -> tuple[_Words, _Words]:
    """Return what a state turns into while `words` words of zeros pass, for each of its halves.

    `words` is a power of two: what one bit turns into is found by doubling the way it goes.
    """
    images = [_in_turn(memoryview(bytes(_WORD)), 1 << bit) for bit in range(32)]
    for _ in range(words.bit_length() - 1):
        images = [_combine(images, image) for image in images]
    return _half_table(images[:16]), _half_table(images[16:])


def _combine(images: list[int], state: int) -> int:
    """Add up what the bits of a state turn into."""
    total = 0
    for bit, image in enumerate(images):
        if state >> bit & 1:
            total ^= image
    return total


def _half_table(images: list[int]) -> _Words:
    table = np.zeros(1 << len(images), np.uint32)
    for bit, image in enumerate(images):
        table[1 << bit : 2 << bit] = table[: 1 << bit] ^ np.uint32(image)
    return table
