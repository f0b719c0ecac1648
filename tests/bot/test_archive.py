"""Zips of strangers: what is audio comes out, and nothing costs more than it may."""

from __future__ import annotations

import io
import os
import struct
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.library import archive
from bot.library.archive import Archive
from models.types import ClipError

SMALL = 1_000_000


def packed(files: dict[str, bytes], way: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", way) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return file.getvalue()


def opened(data: bytes, most: int = archive.MOST_UNPACKED) -> Archive:
    return Archive(io.BytesIO(data), most)


def test_audio_comes_out_under_its_name_alone() -> None:
    made = packed(
        {
            "Album/01 Song.mp3": b"one",
            "../../etc/passwd.ogg": b"two",
            "C:\\Windows\\three.WAV": b"three",
            "/absolute.flac": b"four",
            "cover.jpg": b"-",
            "notes.txt": b"-",
            "Album/": b"",
            "__MACOSX/Album/._01 Song.mp3": b"-",
            "Album/.hidden.mp3": b"-",
        }
    )
    found = opened(made)
    assert [each.name for each in found.entries] == [
        *("01 Song.mp3", "passwd.ogg", "three.WAV", "absolute.flac")
    ]
    assert found.others == 2
    assert [found.read(each, SMALL) for each in found.entries] == [
        b"one",
        b"two",
        b"three",
        b"four",
    ]


def test_archives_within_stay_closed_and_links_lead_nowhere() -> None:
    inner = packed({"song.mp3": b"x"})
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("more.zip", inner)
        for name, mode in (("link.mp3", 0o120777), ("pipe.mp3", 0o010644), ("fine.mp3", 0o100644)):
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            made.writestr(info, b"/etc/passwd")
    found = opened(file.getvalue())
    assert [(each.name, bool(each.problem)) for each in found.entries] == [
        ("more.zip", True),
        ("fine.mp3", False),
    ]
    assert "archive in the archive" in found.entries[0].problem


def test_a_bomb_is_stopped_while_it_is_unpacked() -> None:
    found = opened(packed({"bomb.mp3": bytes(60_000_000)}))
    tracemalloc.start()
    with pytest.raises(ClipError, match="more than 1 MB"):
        found.read(found.entries[0], SMALL)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 20_000_000


def test_many_small_bombs_are_stopped_together() -> None:
    found = opened(packed({f"{n}.mp3": bytes(SMALL) for n in range(5)}), 3 * SMALL)
    assert [len(found.read(each, SMALL)) for each in found.entries[:3]] == [SMALL] * 3
    for each in found.entries[3:]:
        with pytest.raises(ClipError, match="more in the zip than I unpack"):
            found.read(each, SMALL)


def told_smaller(data: bytes) -> bytes:
    """Let both headers of a zip of one file say that it holds ten bytes."""
    local, central = data.index(b"PK\3\4"), data.index(b"PK\1\2")
    told = bytearray(data)
    told[local + 22 : local + 26] = told[central + 24 : central + 28] = struct.pack("<I", 10)
    return bytes(told)


def told_larger(data: bytes) -> bytes:
    central = data.index(b"PK\1\2")
    told = bytearray(data)
    told[central + 24 : central + 28] = struct.pack("<I", 3_000_000_000)
    return bytes(told)


def without_its_end(data: bytes) -> bytes:
    """Let the headers say that more bytes are packed than there are."""
    central = data.index(b"PK\1\2")
    told = bytearray(data)
    told[central + 20 : central + 24] = struct.pack("<I", 2_000_000_000)
    return bytes(told)


def outcome(found: Archive) -> bytes | str:
    try:
        return found.read(found.entries[0], SMALL)
    except ClipError as error:
        return error.sentence


@pytest.mark.parametrize("lie", [told_smaller, told_larger, without_its_end])
def test_what_headers_say_is_not_believed(lie: Callable[[bytes], bytes]) -> None:
    sound = os.urandom(100_000)
    found = opened(lie(packed({"song.mp3": sound})))
    # Either all of it comes out, or a sentence; which, is Python's to say.
    assert outcome(found) in (sound, "It is damaged in the zip.")


@pytest.mark.parametrize("way", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_ways_of_packing_that_python_does_not_bound_are_left_out(way: int) -> None:
    (entry,) = opened(packed({"song.mp3": bytes(SMALL)}, way)).entries
    assert "packed in a way" in entry.problem


def test_locked_files_are_left_out() -> None:
    data = bytearray(packed({"song.mp3": b"x" * 100}))
    for head, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(head) + place] |= 1
    (entry,) = opened(bytes(data)).entries
    assert "password" in entry.problem


def test_so_many_files_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_FILES", 3)
    found = opened(packed({f"{n}.mp3": b"x" for n in range(5)}))
    assert [bool(each.problem) for each in found.entries] == [False, False, False, True, True]


def test_a_table_of_contents_without_end_is_not_read() -> None:
    data = packed({f"{n:0200}.mp3": b"" for n in range(9_000)}, zipfile.ZIP_STORED)
    with pytest.raises(ClipError, match="not a zip"):
        opened(data)


@pytest.mark.parametrize(
    "data",
    [b"", b"PK", b"PK\5\6" + b"\xff" * 18, b"PK\3\4" + bytes(5_000), b"\x89PNG" * 100, bytes(100)],
)
def test_what_is_no_zip_is_refused(data: bytes) -> None:
    with pytest.raises(ClipError, match="not a zip"):
        opened(data)


def test_an_empty_zip_is_empty() -> None:
    found = opened(packed({}))
    assert (found.entries, found.others) == ((), 0)


WHOLE = packed({"a.mp3": os.urandom(300), "b.wav": bytes(3_000), "c.txt": b"-", "d.zip": b"PK"})


@given(st.data())
def test_a_damaged_zip_is_a_sentence_or_less_of_it(data: st.DataObject) -> None:
    broken = bytearray(WHOLE)
    places = st.integers(0, len(WHOLE) - 1)
    for place in data.draw(st.lists(places, min_size=1, max_size=8)):
        broken[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(WHOLE)))
    for each in (bytes(broken), WHOLE[:cut], WHOLE[cut:]):
        try:
            found = opened(each, 10_000)
        except ClipError:
            continue
        for entry in found.entries:
            try:
                assert len(found.read(entry, 5_000)) <= 5_000
            except ClipError:
                continue
