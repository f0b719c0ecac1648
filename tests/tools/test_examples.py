"""Examples of TensorFlow: whatever way their lists are written, and nothing else."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.tensorflow_files import entry, field, floats, integers, strings
from tools.examples import Features, rows_of_bytes
from tools.protobuf import MessageError

EXAMPLE = field(
    1,
    entry("id", strings(b"abcd"))
    + entry("labels", integers(3, 0, 1 << 40))
    + entry("mean_audio", floats(0.5, -1.25)),
)


@given(
    st.lists(st.integers(0, (1 << 64) - 1), max_size=20),
    st.lists(st.floats(width=32, allow_nan=False), max_size=20),
    st.booleans(),
)
def test_lists_are_read_packed_or_not(whole: list[int], broken: list[float], packed: bool) -> None:
    record = field(
        1,
        entry("whole", integers(*whole, packed=packed))
        + entry("broken", floats(*broken, packed=packed)),
    )
    features = Features(memoryview(record))
    assert features.whole_numbers("whole") == tuple(whole)
    np.testing.assert_array_equal(features.numbers("broken"), np.array(broken, np.float32))


def test_what_is_not_there_is_empty() -> None:
    features = Features(memoryview(EXAMPLE))
    assert features.text("id") == "abcd"
    assert features.text("labels") == features.text("absent") == ""
    assert features.whole_numbers("mean_audio") == features.whole_numbers("absent") == ()
    assert len(features.numbers("labels")) == len(features.numbers("absent")) == 0
    assert rows_of_bytes(memoryview(EXAMPLE), "audio_embedding") == []


def test_rows_are_read_in_turn() -> None:
    rows = b"".join(field(1, strings(row)) for row in (b"one", b"", b"three"))
    record = memoryview(EXAMPLE + field(2, entry("audio", rows)))
    assert [bytes(row) for row in rows_of_bytes(record, "audio")] == [b"one", b"", b"three"]
    assert Features(record).text("id") == "abcd"


def test_a_number_that_is_cut_off_is_refused() -> None:
    record = field(
        1,
        entry("x", field(2, field(1, b"\0\0\0"))) + entry("y", field(3, field(1, b"\xff"))),
    )
    features = Features(memoryview(record))
    with pytest.raises(MessageError, match="a number in it is cut off"):
        features.numbers("x")
    with pytest.raises(MessageError, match="does not end"):
        features.whole_numbers("y")


@given(junk=st.binary(max_size=60), at=st.integers(0, len(EXAMPLE)))
def test_a_damaged_example_is_read_or_refused(junk: bytes, at: int) -> None:
    data = memoryview(EXAMPLE[:at] + junk + EXAMPLE[at:])
    with suppress(MessageError):
        features = Features(data)
        features.text("id")
        features.whole_numbers("labels")
        features.numbers("mean_audio")
        rows_of_bytes(data, "audio")
