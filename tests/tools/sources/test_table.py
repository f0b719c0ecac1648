"""Tables are read however they were saved; what is none is a sentence."""

from __future__ import annotations

import codecs
import csv
import io
import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.sources.table import TableError, column_names, read_csv, read_table

# No marks that csv itself cannot write back unchanged, and no lone surrogates.
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).map(str.strip)


def read(path: Path) -> tuple[list[dict], list[tuple[int, str]]]:
    passed: list[tuple[int, str]] = []
    rows = read_table(path, lambda *what: passed.append(what))
    return [dict(row.cells) for row in rows], passed


@given(
    st.lists(st.lists(TEXT, min_size=3, max_size=3).filter(any), max_size=6),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_a_spreadsheet_writes_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[list[str]],
    separator: str,
    encoding: str,
    end: str,
) -> None:
    path = tmp_path_factory.mktemp("table") / "list.csv"
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, lineterminator=end)
    writer.writerows([["path", "title", "The genre"], *rows])
    path.write_bytes(text.getvalue().encode(encoding))
    names = ["path", "title", "The genre"]
    assert column_names(path) == names
    assert read(path) == ([dict(zip(names, row, strict=True)) for row in rows], [])


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=9) | st.lists(st.integers())))
def test_json_lines_are_read(tmp_path_factory: pytest.TempPathFactory, row: dict) -> None:
    path = tmp_path_factory.mktemp("table") / "list.jsonl"
    path.write_text(f"{json.dumps(row)}\n\n[1]\nnot json\n" + "[" * 100_000, encoding="utf-8-sig")
    why = "It is no JSON object."
    assert read(path) == ([row], [(3, why), (4, why), (5, why)])
    assert column_names(path) == []


@given(st.binary(max_size=300), st.sampled_from(["list.csv", "list.tsv", "list.ndjson"]))
def test_anything_at_all_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, name: str
) -> None:
    path = tmp_path_factory.mktemp("table") / name
    path.write_bytes(junk)
    with suppress(TableError):
        rows, passed = read(path)
        assert len(rows) + len(passed) <= len(junk)
    assert csv.field_size_limit() == 131_072


def test_older_encodings_are_read(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("path,title\na.mp3,Für Elise – “Größe”\n".encode("cp1252"))
    assert read(path)[0] == [{"path": "a.mp3", "title": "Für Elise – “Größe”"}]
    # It becomes clear only far behind the beginning.
    filling = "b.mp3,plain\n" * 200_000
    path.write_bytes(f"path,title\n{filling}c.mp3,Café\n".encode("cp1252"))
    assert read(path)[0][-1] == {"path": "c.mp3", "title": "Café"}


def test_rows_that_do_not_fit_are_told_of(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text('path,title,path\n\na.mp3\nb.mp3,"two\nlines",x\nc.mp3,one,two,three\n ,,\n')
    rows, passed = read(path)
    assert rows == [{"path": "a.mp3"}, {"path": "b.mp3", "title": "two\nlines"}]
    assert passed == [(6, "It has more cells than the table has columns.")]


def test_what_is_no_table_is_a_sentence(tmp_path: Path) -> None:
    contents = {
        "wide.csv": b"path\n" + b"x" * 2_000_000,
        "open.csv": b'path\n"' + b"x\n" * 1_000_000,
        "binary.csv": b"RIFF\0\0\0\0WAVE",
        "wide.jsonl": b'{"path": "' + b"x" * 2_000_000,
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder.csv").mkdir()
    for name in (*contents, "folder.csv", "absent.csv"):
        with pytest.raises(TableError) as caught:
            read(tmp_path / name)
        assert name in caught.value.sentence
        assert caught.value.fix


def test_marks_of_byte_order_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(codecs.BOM_UTF8 + b"path\na.mp3\n")
    assert list(read_csv(path)) == [["path"], ["a.mp3"]]
