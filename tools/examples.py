"""The features of TensorFlow's `Example` and `SequenceExample` messages, by their names.

The numbers of the fields are those of ``example.proto`` and ``feature.proto`` of TensorFlow.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from models.types import FloatArray
from tools.protobuf import MessageError, part, parts, read_fields, read_varint

_FEATURES, _LISTS = 1, 2
_ENTRY, _KEY, _VALUE = 1, 1, 2
_BYTES_LIST, _FLOAT_LIST, _INT_LIST, _ITEMS = 1, 2, 3, 1
_FLOAT_BYTES: Final = 4
_EMPTY: Final = memoryview(b"")


class Features:
    """The features of a record: lists of bytes, of whole numbers or of numbers, each by its name.

    What a record does not have is empty.

    Parameters
    ----------
    record : memoryview
        An `Example`, or a `SequenceExample`, whose context this is.

    Raises
    ------
    MessageError
        It is no such message; so do the methods, of what they read.
    """

    def __init__(self, record: memoryview) -> None:
        self._found = _entries(part(record, _FEATURES))

    def text(self, name: str) -> str:
        """Return a feature that is one string; what is not ASCII in it is replaced."""
        return bytes(part(self._list(name, _BYTES_LIST), _ITEMS)).decode("ascii", "replace")

    def whole_numbers(self, name: str) -> tuple[int, ...]:
        """Return a feature of whole numbers, each in [0, 2⁶⁴)."""
        found: list[int] = []
        for field in read_fields(self._list(name, _INT_LIST)):
            if field.number == _ITEMS:
                found += [field.value] if isinstance(field.value, int) else _packed(field.value)
        return tuple(found)

    def numbers(self, name: str) -> FloatArray:
        """Return a feature of numbers [n]."""
        packed = b"".join(parts(self._list(name, _FLOAT_LIST), _ITEMS))
        if len(packed) % _FLOAT_BYTES:
            raise MessageError("a number in it is cut off")
        return np.frombuffer(packed, "<f4").astype(np.float32)

    def _list(self, name: str, kind: int) -> memoryview:
        return part(self._found.get(name.encode(), _EMPTY), kind)


def rows_of_bytes(record: memoryview, name: str) -> list[memoryview]:
    """Return the list of that name of a `SequenceExample`, each of its features one string.

    Raises
    ------
    MessageError
        It is no such message.
    """
    rows = _entries(part(record, _LISTS)).get(name.encode(), _EMPTY)
    return [part(part(row, _BYTES_LIST), _ITEMS) for row in parts(rows, _ITEMS)]


def _packed(numbers: memoryview) -> list[int]:
    found = []
    at = 0
    while at < len(numbers):
        number, at = read_varint(numbers, at)
        found.append(number)
    return found


def _entries(message: memoryview) -> dict[bytes, memoryview]:
    """Return the entries of a map from texts to messages."""
    return {bytes(part(entry, _KEY)): part(entry, _VALUE) for entry in parts(message, _ENTRY)}
