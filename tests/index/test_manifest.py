"""The manifest is believed only if it is whole."""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.manifest import FILES, FORMAT, VECTORS, FileSum, Manifest, Segment, segment_files
from models.types import CatalogueError
from tests.index.making import STAMP

MANIFEST = Manifest(
    created="2026-01-02T03:04:05+00:00",
    stamp=STAMP,
    window_seconds=9.6,
    hop_seconds=4.8,
    tracks=2,
    windows=5,
    segments=(Segment(5, 5),),
    files={
        name: FileSum(5 * STAMP.dim * 4 if name == VECTORS else 77, "cd" * 32) for name in FILES
    },
)


def test_it_survives_the_way_through_json() -> None:
    assert Manifest.from_json(MANIFEST.to_json()) == MANIFEST
    pieces = replace(
        MANIFEST,
        segments=(Segment(4, 3), Segment(2, 2)),
        files={
            FILES[0]: FileSum(77, "cd" * 32),
            **{name: FileSum(4 * STAMP.dim * 4, "cd" * 32) for name in segment_files(0)},
            **{name: FileSum(2 * STAMP.dim * 4, "ef" * 32) for name in segment_files(1)},
        },
    )
    assert Manifest.from_json(pieces.to_json()) == pieces
    mixed = replace(MANIFEST, others=(replace(STAMP, precision="int8"),))
    assert Manifest.from_json(mixed.to_json()) == mixed


def test_one_from_before_other_files_were_noted_is_read() -> None:
    fields = json.loads(MANIFEST.to_json())
    del fields["others"], fields["stamp"]["precision"]
    assert Manifest.from_json(signed(fields)) == MANIFEST


def test_one_of_the_first_format_is_of_one_piece() -> None:
    fields = json.loads(MANIFEST.to_json())
    del fields["segments"]
    fields["format"] = 1
    assert Manifest.from_json(signed(fields)) == MANIFEST


def signed(fields: dict[str, object]) -> str:
    """Spell a manifest with the checksum that belongs to it."""
    fields.pop("checksum")
    spelled = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    checksum = hashlib.blake2b(spelled, digest_size=32).hexdigest()
    return json.dumps({**fields, "checksum": checksum})


@given(st.integers(0, len(MANIFEST.to_json()) - 1), st.integers(0, 7))
def test_no_flipped_bit_goes_unnoticed(position: int, bit: int) -> None:
    data = bytearray(MANIFEST.to_json().encode())
    data[position] ^= 1 << bit
    read = None
    with contextlib.suppress(CatalogueError):
        read = Manifest.from_json(data.decode(errors="replace"))
    assert read in (None, MANIFEST)  # refused, or it hit white space


@given(st.text(max_size=200) | st.recursive(st.integers() | st.text(), st.lists).map(json.dumps))
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(CatalogueError, match="manifest"):
        Manifest.from_json(text)


@pytest.mark.parametrize("depth", [100_000])
def test_deeply_nested_json_is_refused(depth: int) -> None:
    with pytest.raises(CatalogueError, match="manifest"):
        Manifest.from_json("[" * depth)


@pytest.mark.parametrize(
    "changes",
    [
        {"tracks": 0},
        {"tracks": 6},
        {"windows": 6},
        {"hop_seconds": 0.0},
        {"hop_seconds": 10.0},
        {"window_seconds": float("nan")},
        {"dtype": "float16"},
        {"files": {}},
        {"segments": ()},
        {"segments": (Segment(5, 4),)},
        {"segments": (Segment(5, 5), Segment(0, 0))},
        {"segments": (Segment(4, 5),)},
        {"segments": (Segment(5, 6), Segment(1, -1))},
        {"segments": (Segment(3, 3), Segment(2, 2))},
        {"stamp": replace(STAMP, dim=0)},
    ],
)
def test_numbers_that_contradict_each_other_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(CatalogueError, match="contradicts itself"):
        Manifest.from_json(replace(MANIFEST, **changes).to_json())


def test_a_field_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(CatalogueError, match="incomplete"):
        Manifest.from_json(replace(MANIFEST, tracks="two").to_json())


def test_a_newer_format_asks_for_an_update() -> None:
    with pytest.raises(CatalogueError, match="newer Soundalike") as caught:
        Manifest.from_json(replace(MANIFEST, format=FORMAT + 1).to_json())
    assert caught.value.fix.startswith("Update")
