"""All that is kept of a person, in as many files as it takes."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.trust.export import export_files
from models.types import ClipError

ROWS = st.lists(st.fixed_dictionaries({"text": st.text(max_size=300)}), max_size=30)


def read(name: str, data: bytes) -> dict[str, list[dict[str, Any]]]:
    if name.endswith(".json"):
        return json.loads(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return json.loads(archive.read("x.json"))


@settings(deadline=None)
@given(st.fixed_dictionaries({"likes": ROWS, "answers": ROWS}), st.integers(1500, 6000))
def test_the_files_hold_every_row_once_and_in_order(
    mine: dict[str, list[dict[str, str]]], limit: int
) -> None:
    files = list(export_files(mine, "x", limit))
    assert all(len(data) <= limit for _, data in files)
    assert len({name for name, _ in files}) == len(files)
    found: dict[str, list[dict[str, str]]] = {"likes": [], "answers": []}
    for name, data in files:
        for table, rows in read(name, data).items():
            found[table] += rows
    assert found == mine


def test_a_little_is_one_file_of_json_with_every_table() -> None:
    ((name, data),) = export_files({"likes": [], "answers": []}, "x", 1000)
    assert (name, json.loads(data)) == ("x.json", {"likes": [], "answers": []})


def test_a_row_that_fits_no_file_is_a_sentence() -> None:
    with pytest.raises(ClipError, match="more than Discord lets me send"):
        list(export_files({"likes": [{"text": "".join(map(chr, range(5000)))}]}, "x", 500))
