"""Covers come out of every kind of tag, and nothing that is wrong with one is a problem."""

from __future__ import annotations

import base64
import io
import itertools
import struct
import threading
import time
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3
from mutagen.mp3 import MP3
from mutagen.oggvorbis import OggVorbis
from PIL import Image

from models.covers import SIDE, make_thumbnail, read_cover

ROSE, BLUE = (200, 40, 120), (30, 60, 200)


def picture(
    colour: tuple[int, int, int], form: str = "PNG", size: tuple[int, int] = (300, 200)
) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, form)
    return file.getvalue()


def colour_of(jpeg: bytes) -> tuple[int, ...]:
    with Image.open(io.BytesIO(jpeg)) as image:
        assert image.format == "JPEG"
        assert image.size == (SIDE, SIDE)
        return image.getpixel((SIDE // 2, SIDE // 2))


def tone(path: Path, form: str) -> Path:
    soundfile.write(path, np.sin(np.arange(22_050) / 20).astype(np.float32), 22_050, format=form)
    return path


def flac_picture(colour: tuple[int, int, int], kind: int) -> Picture:
    made = Picture()
    made.type, made.mime, made.data = kind, "image/png", picture(colour)
    return made


def in_mp3(path: Path) -> Path:
    file = MP3(tone(path / "a.mp3", "MP3"))
    file.tags = ID3()
    file.tags.add(APIC(3, "image/jpeg", 4, "back", picture(BLUE, "JPEG")))
    file.tags.add(APIC(3, "image/jpeg", 3, "front", picture(ROSE, "JPEG")))
    file.save()
    return path / "a.mp3"


def in_flac(path: Path) -> Path:
    file = FLAC(tone(path / "a.flac", "FLAC"))
    file.add_picture(flac_picture(BLUE, 4))
    file.add_picture(flac_picture(ROSE, 3))
    file.save()
    return path / "a.flac"


def in_ogg(path: Path) -> Path:
    file = OggVorbis(tone(path / "a.ogg", "OGG"))
    blocks = [flac_picture(ROSE, 3).write(), b"nonsense"]
    file["metadata_block_picture"] = [base64.b64encode(block).decode() for block in blocks]
    file.save()
    return path / "a.ogg"


def beside(path: Path) -> Path:
    (path / "folder.jpg").write_bytes(picture(ROSE, "JPEG"))
    return tone(path / "a.wav", "WAV")


@pytest.mark.parametrize("make", [in_mp3, in_flac, in_ogg, beside])
def test_a_cover_is_found(make: object, tmp_path: Path) -> None:
    found = colour_of(read_cover(make(tmp_path)))
    assert found == pytest.approx(ROSE, abs=12)


def test_what_is_in_the_tags_comes_before_what_lies_beside(tmp_path: Path) -> None:
    (tmp_path / "cover.png").write_bytes(picture(BLUE))
    assert colour_of(read_cover(in_flac(tmp_path))) == pytest.approx(ROSE, abs=12)


def test_a_broken_picture_in_the_tags_leaves_the_one_beside(tmp_path: Path) -> None:
    file = FLAC(tone(tmp_path / "a.flac", "FLAC"))
    broken = flac_picture(BLUE, 3)
    broken.data = b"no picture"
    file.add_picture(broken)
    file.save()
    (tmp_path / "cover.png").write_bytes(picture(ROSE))
    assert colour_of(read_cover(tmp_path / "a.flac")) == pytest.approx(ROSE, abs=12)


def test_without_any_there_is_none(tmp_path: Path) -> None:
    assert read_cover(tone(tmp_path / "a.wav", "WAV")) == b""
    assert read_cover(tmp_path / "missing.mp3") == b""
    (tmp_path / "odd.mp3").write_bytes(b"ID3" + bytes(100))
    assert read_cover(tmp_path / "odd.mp3") == b""


def bomb() -> bytes:
    """Return a PNG of a few hundred bytes that claims 60,000 × 60,000 pixels."""
    return png(60_000, 60_000, 2, bytes(1_000))


def png(width: int, height: int, kind: int, data: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 1 if kind == 0 else 8, kind, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def test_a_picture_that_would_fill_the_memory_is_none() -> None:
    assert make_thumbnail(bomb()) == b""
    assert make_thumbnail(picture(ROSE, "GIF")) == b""  # not a kind that is read


def test_a_picture_that_pillow_would_only_warn_of_is_none() -> None:
    assert make_thumbnail(png(10_000, 9_000, 2, bytes(1_000))) == b""


def test_threads_that_look_at_covers_leave_the_warnings_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, opened = list(warnings.filters), Image.open
    first_left, turns = threading.Event(), itertools.count()

    def slowly(*args: Any, **kwargs: Any) -> Image.Image:
        """Let the second be in there until the first has left, if both can be in there."""
        if next(turns):
            first_left.wait(0.5)
        else:
            time.sleep(0.2)
        return opened(*args, **kwargs)

    def look() -> None:
        make_thumbnail(picture(ROSE, "PNG"))
        first_left.set()

    monkeypatch.setattr(Image, "open", slowly)
    with ThreadPoolExecutor(2) as threads:
        for looked in [threads.submit(look), threads.submit(look)]:
            looked.result()
    assert list(warnings.filters) == before


def test_a_picture_of_fifty_megapixels_is_none() -> None:
    # Whole, in black and white, and no bomb yet to Pillow.
    assert make_thumbnail(png(10_000, 5_000, 0, bytes(5_000 * (1 + 10_000 // 8)))) == b""
    assert make_thumbnail(png(1_000, 500, 0, bytes(500 * (1 + 1_000 // 8))))


@given(st.binary(max_size=200), st.integers(0, 400))
def test_no_picture_however_broken_is_a_problem(noise: bytes, at: int) -> None:
    for form in ("PNG", "JPEG", "WEBP"):
        whole = picture(ROSE, form, (20, 20))
        broken = whole[:at] + noise + whole[at + len(noise) :]
        assert isinstance(make_thumbnail(broken), bytes)


def test_what_can_be_seen_through_is_put_on_a_dark_ground() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (50, 50), (255, 255, 255, 0)).save(file, "PNG")
    assert max(colour_of(make_thumbnail(file.getvalue()))) < 60
