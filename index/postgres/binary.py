"""Rows as PostgreSQL's binary COPY takes them.

The layout is that of the manual's chapter on COPY, "Binary Format", and of the types' receive
functions: https://www.postgresql.org/docs/current/sql-copy.html.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from index.storable import clean
from models.types import FloatArray

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"

# Of a tsvector: https://www.postgresql.org/docs/current/textsearch-limitations.html
MOST_PLACES = 255
LAST_PLACE = 16_383
_LONGEST_LEXEME = 2046

_INT4, _TEXT = 23, 25  # the types of what is in arrays, by their numbers in pg_type


def plain(text: str) -> str:
    """Return a text as PostgreSQL can hold it: Unicode, and without zeros."""
    return clean(text).replace("\0", "�")


def row(*fields: bytes) -> bytes:
    """Return one row of fields."""
    return struct.pack(">h", len(fields)) + b"".join(map(_sized, fields))


def text(value: str) -> bytes:
    """Return a text."""
    return plain(value).encode()


def int4(value: int) -> bytes:
    """Return an integer of four bytes."""
    return struct.pack(">i", value)


def float8(value: float) -> bytes:
    """Return a number of double precision."""
    return struct.pack(">d", value)


def boolean(value: bool) -> bytes:
    """Return a truth value."""
    return b"\1" if value else b"\0"


def texts(values: Sequence[str]) -> bytes:
    """Return an array of texts."""
    return _array(_TEXT, [text(value) for value in values])


def int4s(values: Iterable[int]) -> bytes:
    """Return an array of integers of four bytes."""
    return _array(_INT4, [int4(value) for value in values])


def lexeme(word: str) -> str:
    """Return as much of a word as a tsvector can hold."""
    return plain(word).encode()[:_LONGEST_LEXEME].decode(errors="ignore")


def tsvector(words: dict[str, list[tuple[int, int]]]) -> bytes:
    """Return words with their places.

    Parameters
    ----------
    words : dict
        Each lexeme's places, ascending from 1 to `LAST_PLACE` and at most `MOST_PLACES`, with
        their weights, 3 (A) to 0 (D).
    """
    packed = [struct.pack(">i", len(words))]
    for word, places in words.items():
        marks = [weight << 14 | place for place, weight in places]
        packed.append(word.encode() + b"\0" + struct.pack(f">H{len(marks)}H", len(marks), *marks))
    return b"".join(packed)


def window_rows(first: int, track: int, facets: bytes, vectors: FloatArray) -> bytes:
    """Return the rows of one track's windows: place, track, facets, vector.

    Parameters
    ----------
    first : int
        The place of the first one.
    track : int
    facets : bytes
        As `int4s` makes them.
    vectors : np.ndarray [shape=(w, dim), float32]
    """
    count, dim = vectors.shape
    layout = np.dtype(
        [
            ("fields", ">i2"),
            ("place_size", ">i4"),
            ("place", ">i4"),
            ("rest", "V", 8 + 4 + len(facets)),
            ("vector_size", ">i4"),
            ("dim", ">i2"),
            ("unused", ">i2"),
            ("vector", ">f2", (dim,)),
        ]
    )
    rows: NDArray[np.void] = np.zeros(count, layout)
    rows["fields"], rows["place_size"], rows["vector_size"] = 4, 4, 4 + 2 * dim
    rows["place"] = np.arange(first, first + count)
    rows["rest"] = np.void(_sized(int4(track)) + _sized(facets))
    rows["dim"], rows["vector"] = dim, vectors
    return rows.tobytes()


def _sized(field: bytes) -> bytes:
    return struct.pack(">i", len(field)) + field


def _array(kind: int, fields: Sequence[bytes]) -> bytes:
    if not fields:
        return struct.pack(">iii", 0, 0, kind)
    return struct.pack(">iiiii", 1, 0, kind, len(fields), 1) + b"".join(map(_sized, fields))
