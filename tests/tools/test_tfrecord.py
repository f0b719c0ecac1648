"""TFRecord files: every record is checked, and damage costs no more than what it hit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.tensorflow_files import framed
from tools.protobuf import MessageError
from tools.tfrecord import read_records

RECORDS = [b"first", b"", b"x" * 700, b"last one"]
FILE = b"".join(map(framed, RECORDS))


def read(data: bytes) -> tuple[list[bytes], list[tuple[int, str]]]:
    damage: list[tuple[int, str]] = []
    found = read_records(memoryview(data), bytes, lambda *what: damage.append(what))
    return list(found), damage


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_records_are_read_as_they_were_written(records: list[bytes]) -> None:
    data = b"".join(map(framed, records))
    assert read(data) == (records, [])
    assert list(read_records(memoryview(data), bytes)) == records


@given(at=st.integers(0, len(FILE) - 1), flip=st.integers(1, 255))
def test_a_damaged_byte_costs_the_record_it_lies_in(at: int, flip: int) -> None:
    data = bytearray(FILE)
    data[at] ^= flip
    begins = np.cumsum([0, *(len(framed(record)) for record in RECORDS)])
    hit = int(np.searchsorted(begins, at, side="right")) - 1
    found, damage = read(bytes(data))
    assert found == RECORDS[:hit] + RECORDS[hit + 1 :]
    assert damage == [(begins[hit], "the checksum of a record in it is wrong")]
    with pytest.raises(MessageError, match="checksum of a record"):
        list(read_records(memoryview(data), bytes))


@given(st.integers(1, len(FILE) - 1))
def test_a_cut_costs_what_is_cut_off(end: int) -> None:
    found, damage = read(FILE[:end])
    assert found == RECORDS[: len(found)]
    whole = sum(len(framed(record)) for record in found)
    assert damage == ([] if whole == end else [(whole, "a record in it is cut off")])


def test_what_the_reader_cannot_use_is_damage_too() -> None:
    def picky(record: memoryview) -> bytes:
        if not len(record):
            raise MessageError("it is empty")
        return bytes(record)

    damage: list[tuple[int, str]] = []
    found = read_records(memoryview(FILE), picky, lambda *what: damage.append(what))
    assert list(found) == [RECORDS[0], *RECORDS[2:]]
    assert damage == [(len(framed(RECORDS[0])), "it is empty")]
    with pytest.raises(MessageError, match="it is empty"):
        list(read_records(memoryview(FILE), picky))


@given(st.binary(max_size=400))
def test_anything_at_all_is_read_or_told_of(junk: bytes) -> None:
    found, damage = read(junk)
    assert bool(found or damage) == bool(junk)


def test_the_next_record_is_found_far_behind_a_damaged_length() -> None:
    # Further than is looked through at once, and across the seam.
    for size in (65_530, 65_536, 200_000):
        noise = np.random.default_rng(size).bytes(size)
        data = bytearray(framed(noise) + FILE)
        data[0] ^= 1
        found, damage = read(bytes(data))
        assert found == RECORDS
        assert len(damage) == 1
