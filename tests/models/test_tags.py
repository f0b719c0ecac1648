"""Titles and artists come from tags, else from the path, and a guess is marked as one."""

from __future__ import annotations

from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from mutagen.id3 import TCON, TIT2, TPE1, WOAF

from models.tags import Tags, read_tags, read_tags_of


def silent_file(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(1_600, np.float32), 16_000)
    return path


@pytest.mark.parametrize(
    ("name", "title", "artist"),
    [
        ("caves_boss.ogg", "caves boss", ""),
        ("07 - Some Artist - Some Title.ogg", "Some Title", "Some Artist"),
        ("Some Artist - A Title - Live.ogg", "A Title - Live", "Some Artist"),
        ("03_Robert-van-Herk_City-Blues.ogg", "City Blues", "Robert van Herk"),
        ("147793__setuniman__sweet-waltz.ogg", "sweet waltz", "setuniman"),
        ("12. Morning.ogg", "Morning", ""),
        ("026887.ogg", "026887", ""),
        ("1999.ogg", "1999", ""),
        ("99.ogg", "99", ""),
        (" - .ogg", "-", ""),
    ],
)
def test_names_are_read_from_the_path(name: str, title: str, artist: str, tmp_path: Path) -> None:
    path = silent_file(tmp_path / "Some Collection" / name)
    assert read_tags(path) == Tags(title, artist, "Some Collection", artist_known=False)


@pytest.mark.parametrize("ending", ["flac", "ogg", "mp3"])
def test_tags_win_over_the_path(ending: str, tmp_path: Path) -> None:
    path = silent_file(tmp_path / f"Wrong - Name.{ending}")
    file = mutagen.File(path, easy=True)
    if file.tags is None:
        file.add_tags()
    file.tags.update({"title": "Right", "artist": "Someone", "album": "An Album"})
    file.tags["genre"] = ["Reggaeton, Latin", "latin"]
    file.save()
    tags = read_tags(path)
    assert (tags.title, tags.artist, tags.album) == ("Right", "Someone", "An Album")
    assert tags.artist_known
    assert [label.casefold() for label in tags.labels] == ["reggaeton", "latin"]


def test_id3_genre_numbers_and_links_are_spelt_out(tmp_path: Path) -> None:
    path = silent_file(tmp_path / "x.wav")
    file = mutagen.File(path)
    file.add_tags()
    for frame in (TIT2(text="T"), TPE1(text="A"), TCON(text="(8)"), WOAF(url="https://a.org/1")):
        file.tags.add(frame)
    file.save()
    tags = read_tags(path)
    assert tags == Tags("T", "A", "", True, ("Jazz",), "https://a.org/1")


def test_empty_and_hostile_tags_are_cleaned(tmp_path: Path) -> None:
    path = silent_file(tmp_path / "Fallback.flac")
    file = mutagen.File(path)
    file.tags["title"] = ["", "  "]
    file.tags["artist"] = ["a\u202egnp\n.b" + "x" * 1_000]
    file.tags["website"] = ["javascript:alert(1)", "file:///etc/passwd"]
    file.save()
    tags = read_tags(path)
    assert tags.title == "Fallback"
    assert tags.artist.startswith("a gnp .bxx")
    assert len(tags.artist) == 300
    assert tags.url == ""


@pytest.mark.parametrize("ending", ["mp3", "flac", "ogg", "m4a", "wav", "wma", "ape", "txt"])
def test_a_file_of_garbage_counts_as_untagged(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"Some One - Broken.{ending}"
    path.write_bytes(b"ID3\x04\x00\x00\x00\x00\x10\x00" + bytes(range(256)) * 4)
    assert read_tags(path).title == "Broken"


@given(st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=60))
def test_any_name_gives_a_title(stem: str) -> None:
    tags = read_tags(Path("/nowhere") / (stem + ".ogg"))
    assert tags.title
    assert tags.title.isprintable()
    assert not tags.artist_known


def test_real_files_are_read(test_data: Path) -> None:
    assert read_tags(test_data / "music/FMA/026887.mp3") == Tags(
        "Leather Bat", "The Sea Haggs", "3", True, ("Other",)
    )
    for path in sorted((test_data / "formats/mediafile").glob("full.*")):
        if path.suffix not in {".m4a", ".dsf"} or path.name == "full.m4a":
            tags = read_tags(path)
            assert (tags.title, tags.artist, tags.album) == ("full", "the artist", "the album")


def test_tags_of_bytes_are_those_of_the_file(tmp_path: Path) -> None:
    path = silent_file(tmp_path / "x.wav")
    file = mutagen.File(path)
    file.add_tags()
    file.tags.add(TPE1(encoding=3, text=["Someone"]))
    file.save()
    assert read_tags_of(path.read_bytes(), "x.wav") == read_tags(path)
    assert read_tags_of(b"nothing", "C:\\Music\\07 - Ann - Bells.mp3") == Tags("Bells", "Ann")
    assert read_tags_of(b"", "").title == "untitled"


def test_an_album_is_guessed_only_where_nothing_is_tagged(tmp_path: Path) -> None:
    path = silent_file(tmp_path / "Downloads" / "x.wav")
    assert read_tags(path).album == "Downloads"
    file = mutagen.File(path)
    file.add_tags()
    file.tags.add(TPE1(encoding=3, text=["Someone"]))
    file.save()
    tags = read_tags(path)
    assert (tags.artist, tags.artist_known, tags.album) == ("Someone", True, "")
