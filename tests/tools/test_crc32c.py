"""CRC-32C: published values, and lanes that agree with one byte after another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.crc32c import crc32c, crc32c_of_runs, masked_crc32c


@pytest.mark.parametrize(
    ("data", "crc"),
    [
        (b"", 0x00000000),
        (b"123456789", 0xE3069283),
        # RFC 3720, appendix B.4.
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
)
def test_published_values(data: bytes, crc: int) -> None:
    assert crc32c(data) == crc
    assert crc32c(memoryview(bytearray(data))) == crc


def test_a_mask_is_that_of_leveldb() -> None:
    # The trailer of an empty block, as every table of TensorFlow's ends its data with it.
    assert masked_crc32c(bytes.fromhex("000000000100000000")) == 0xB0A1F2C0


@given(st.binary(max_size=2000))
def test_lanes_agree_with_bytes_in_turn(data: bytes) -> None:
    assert crc32c(data) == _slowly(data)


@pytest.mark.parametrize("size", [255, 256, 257, 65_535, 65_536, 65_537, 131_072, 200_001])
def test_lanes_agree_at_their_edges(size: int) -> None:
    data = np.random.default_rng(size).bytes(size)
    assert crc32c(data) == _slowly(data)
    assert crc32c(memoryview(data)[1:]) == _slowly(data[1:])


@given(st.binary(max_size=40), st.integers(1, 12))
def test_every_run_has_its_sum(data: bytes, length: int) -> None:
    wanted = [crc32c(data[at : at + length]) for at in range(len(data) - length + 1)]
    assert crc32c_of_runs(data, length).tolist() == wanted


def _slowly(data: bytes) -> int:
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ 0x82F63B78 * (state & 1)
    return state ^ 0xFFFFFFFF
