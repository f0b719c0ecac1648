"""A recording keeps its id through renaming and retagging, and no other recording has it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import mutagen
import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from mutagen.apev2 import APEv2
from mutagen.id3 import APIC, ID3

from models.payload import ID_LENGTH, track_id
from models.types import ClipSource

RATE = 16_000


def sound(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.3, 0.3, RATE).astype(np.float32)


def id_of(path: Path) -> str:
    return track_id(ClipSource(path, path.name))


def write(path: Path, seed: int) -> Path:
    if path.suffix == ".m4a":
        wav = write(path.with_suffix(".source.wav"), seed)
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(wav), str(path)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    elif path.suffix == ".opus":
        soundfile.write(path, sound(seed), RATE, format="OGG", subtype="OPUS")
    else:
        soundfile.write(path, sound(seed), RATE)
    return path


@pytest.mark.parametrize("ending", ["mp3", "flac", "ogg", "opus", "m4a", "wav", "aiff"])
def test_an_id_survives_retagging_and_tells_recordings_apart(ending: str, tmp_path: Path) -> None:
    path = write(tmp_path / f"one.{ending}", seed=1)
    before = id_of(path)
    assert len(before) == ID_LENGTH

    file = mutagen.File(path, easy=ending in {"mp3", "m4a"})
    if file.tags is None:
        file.add_tags()
    if ending in {"wav", "aiff"}:
        file.tags.add(APIC(mime="image/png", data=bytes(5_000)))
    else:
        # Long enough to push a comment header over more than one Ogg page.
        file.tags["title"] = "A long title " * 9_000
    size = path.stat().st_size
    file.save()

    assert path.stat().st_size > size
    assert id_of(path) == before
    assert id_of(write(tmp_path / f"two.{ending}", seed=2)) != before


def test_bytes_and_path_agree(tmp_path: Path) -> None:
    path = write(tmp_path / "one.mp3", seed=1)
    assert track_id(ClipSource(path.read_bytes(), "renamed.bin")) == id_of(path)


def test_tags_at_both_ends_of_an_mp3_do_not_count(tmp_path: Path) -> None:
    path = write(tmp_path / "one.mp3", seed=1)
    before = id_of(path)
    tags = ID3()
    tags.add(APIC(mime="image/png", data=bytes(3_000)))
    tags.save(path, v1=2)
    assert id_of(path) == before
    tail = APEv2()
    tail["Title"] = "one"
    tail.save(path)
    assert id_of(path) == before
    lyrics = b"LYRICSBEGIN" + b"la" * 20
    path.write_bytes(path.read_bytes() + lyrics + b"%06dLYRICS200" % len(lyrics))
    assert id_of(path) == before


def test_pictures_in_a_flac_do_not_count(tmp_path: Path) -> None:
    path = write(tmp_path / "one.flac", seed=1)
    before = id_of(path)
    file = mutagen.File(path)
    picture = mutagen.flac.Picture()
    picture.data = bytes(20_000)
    file.add_picture(picture)
    file.save()
    assert id_of(path) == before


def cut_into_small_pages(ogg: bytes) -> bytes:
    """Rewrite the first stream of an Ogg file with one segment a page."""
    out, at, number = bytearray(), 0, 0
    while at < len(ogg):
        laces = ogg[at + 27 : at + 27 + ogg[at + 26]]
        body = at + 27 + len(laces)
        for lace in laces:
            header = bytearray(ogg[at : at + 27])
            header[18:22] = number.to_bytes(4, "little")
            header[26] = 1
            out += header + bytes([lace]) + ogg[body : body + lace]
            body += lace
            number += 1
        at = body
    return bytes(out)


def test_the_pages_of_an_ogg_do_not_count(tmp_path: Path) -> None:
    path = write(tmp_path / "one.ogg", seed=1)
    paged = cut_into_small_pages(path.read_bytes())
    assert len(paged) > path.stat().st_size
    assert track_id(ClipSource(paged, "paged.ogg")) == id_of(path)


def test_what_cannot_be_parsed_is_hashed_whole() -> None:
    ids = {track_id(ClipSource(data, "x")) for data in (b"", b"RIFF\0\0\0\0WAVE", b"fLaC", b"abc")}
    assert len(ids) == 4


STARTS: list[Callable[[bytes], bytes]] = [
    lambda b: b,
    lambda b: b"ID3\x04\x00\x10" + b,
    lambda b: b"fLaC" + b,
    lambda b: b"OggS" + bytes(22) + b,
    lambda b: b"RIFF\xff\xff\xff\xffWAVEdata" + b,
    lambda b: b"FORM\0\0\0\0AIFFSSND" + b,
    lambda b: b"\0\0\0\x08ftyp\0\0\0\x01mdat" + b,
    lambda b: b + b"LYRICS200",
    lambda b: b + b"APETAGEX" + bytes(24),
]


@given(st.sampled_from(STARTS), st.binary(max_size=400))
def test_any_bytes_have_an_id(start: Callable[[bytes], bytes], body: bytes) -> None:
    data = start(body)
    first = track_id(ClipSource(data, "hostile"))
    assert len(first) == ID_LENGTH
    assert track_id(ClipSource(data, "again")) == first


def test_many_streams_in_one_ogg_do_not_cost_memory_or_time() -> None:
    page = b"OggS" + bytes(10) + b"%04d" + bytes(8) + b"\x01\x01x"
    data = b"".join(page % number for number in range(3_000))
    assert track_id(ClipSource(data, "x")) != track_id(ClipSource(data[:-1] + b"y", "x"))
