"""Lists of audio: whatever their columns are called, and what they name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.sources.gather import gather
from tools.sources.known import Known
from tools.sources.lists import AudioList, read_audio_list
from tools.sources.literals import read_list
from tools.sources.table import TableError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.mp3", "b.mp3", "disc 1/c.flac"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def read(folder: Path, text: str, name: str = "list.csv") -> AudioList:
    (folder / name).write_text(text)
    return read_audio_list(folder / name)


def test_every_column_is_read(folder: Path) -> None:
    found = read(
        folder,
        "path,title,artist,album,genre,link\n"
        'a.mp3,One,The Band,First,"Folk; Country",https://example.org/one\n'
        "disc 1/c.flac,,,,,\n",
    )
    assert found.files == {
        folder / "a.mp3": Known(
            "One", "The Band", "First", ("Folk", "Country"), "https://example.org/one", "list"
        ),
        folder / "disc 1" / "c.flac": Known(source="list"),
    }
    assert (found.links, found.left_out) == ({}, [])


@pytest.mark.parametrize(
    "heading",
    [
        "File;Track Name;Artist_Name;TAGS",
        "filename;song;performer;genres",
        "FilePath;Title;artists;category",
    ],
)
def test_columns_have_many_names(folder: Path, heading: str) -> None:
    found = read(folder, f"{heading}\na.mp3;One;The Band;Folk|Country\n")
    assert found.files[folder / "a.mp3"] == Known(
        "One", "The Band", labels=("Folk", "Country"), source="list"
    )


def test_a_column_that_was_guessed_is_named(folder: Path) -> None:
    table = folder / "bad.csv"
    found = read(folder, "File,link\na.mp3,https://example.org/a\n,https://example.org/b.mp3\n")
    told = "In bad.csv, what to hear was read from the column “File” and “link”."
    assert found.note(table) == told
    assert read(folder, "PATH,file\na.mp3,\nb.mp3,a.mp3\n").note(table) == ""
    assert read(folder, "url\nhttps://example.org/a.mp3\n").note(table) == ""
    table.write_text("filename\na.mp3\n")
    assert gather([table]).notes == [
        "In bad.csv, what to hear was read from the column “filename”."
    ]


def test_addresses_are_audio_or_links(folder: Path) -> None:
    found = read(
        folder,
        "path,url,link,title\n"
        ",https://example.org/x.mp3,https://example.org/x,Both\n"
        ",https://example.org/y.mp3,,Audio only\n"
        "https://example.org/z.mp3,,no link,In the wrong column\n"
        "a.mp3,https://example.org/a,,A file with a page\n",
    )
    assert {url: (one.title, one.url) for url, one in found.links.items()} == {
        "https://example.org/x.mp3": ("Both", "https://example.org/x"),
        "https://example.org/y.mp3": ("Audio only", "https://example.org/y.mp3"),
        "https://example.org/z.mp3": ("In the wrong column", "https://example.org/z.mp3"),
    }
    assert found.files[folder / "a.mp3"].url == "https://example.org/a"


def test_paths_are_found_as_they_were_meant(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    (folder / "lists").mkdir()
    rows = ["path", "../a.mp3", str(folder / "b.mp3"), "..\\disc 1\\c.flac", "~/d.mp3"]
    found = read(folder, "\n".join(rows), "lists/list.csv")
    wanted = ("a.mp3", "b.mp3", "disc 1/c.flac", "d.mp3")
    assert list(found.files) == [folder / name for name in wanted]


def test_a_file_that_is_named_twice_has_the_labels_of_both(folder: Path) -> None:
    found = read(folder, "path,title,genre\na.mp3,One,Folk\n./a.mp3,Two,Rock\na.mp3,,Folk\n")
    assert found.files == {folder / "a.mp3": Known("One", labels=("Folk", "Rock"), source="list")}


def test_json_lines_say_the_same(folder: Path) -> None:
    rows = [
        {"path": "a.mp3", "artists": ["One", "Another"], "genres": ["Rhythm, and blues"], "x": {}},
        {"url": "https://example.org/x.mp3", "title": 1999, "genre": "['Folk', 'Rock']"},
        {"path": None, "title": "nothing"},
        {"path": ["a.mp3"]},
    ]
    found = read(folder, "\n".join(map(json.dumps, rows)), "list.jsonl")
    assert found.files == {
        folder / "a.mp3": Known(artist="One, Another", labels=("Rhythm, and blues",), source="list")
    }
    assert found.links["https://example.org/x.mp3"].title == "1999"
    assert found.links["https://example.org/x.mp3"].labels == ("Folk", "Rock")
    assert [one.sentence for one in found.left_out] == [
        "It names neither a file nor an address."
    ] * 2
    assert found.left_out[0].path == f"{folder / 'list.jsonl'}, line 3"


def test_a_list_that_names_nothing_is_refused(folder: Path) -> None:
    for text in ("", "title,artist\nOne,Two\n", "path\n\n", "path,title\n,One\n\0,Two\n"):
        with pytest.raises(TableError, match="names no audio"):
            read(folder, text.replace("\0", "\x00") if "\0" not in text else text[:-7])


@given(st.text(max_size=80) | st.lists(st.text(max_size=5) | st.integers()).map(repr))
def test_lists_in_cells_are_read_and_nothing_is_run(text: str) -> None:
    found = read_list(text)
    assert all(isinstance(one, str) for one in found)


def test_what_stands_in_a_list() -> None:
    assert read_list("[21, 'Folk', None, 1.5]") == ["21", "Folk"]
    assert read_list(' ("a", "b")') == ["a", "b"]
    for text in (
        "",
        "Folk",
        "{1: 2}",
        "[",
        "[" * 9_000,
        "[1" + ", 1" * 9_000,
        "[print('x')]",
        "()",
    ):
        assert read_list(text) == []
