"""Cover art of a track: the picture in its tags, else the one beside its file, as a thumbnail."""

from __future__ import annotations

import base64
import binascii
import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import mutagen
from mutagen.flac import FLAC, Picture
from mutagen.id3 import ID3
from mutagen.mp4 import MP4
from PIL import Image, UnidentifiedImageError

SIDE = 160
"""Pixels of a thumbnail's side."""

_BESIDE = ("cover", "folder", "front")
_ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
_FORMATS = ("JPEG", "PNG", "WEBP")
_MOST_BYTES = 20_000_000
_MOST_PIXELS = 40_000_000
_FRONT = 3  # ID3v2 and FLAC number the kinds of pictures alike
_QUALITY = 85
_OPENING = threading.Lock()


def read_cover(path: Path) -> bytes:
    """Return the cover of an audio file as a JPEG of `SIDE` pixels; empty where it has none.

    Whatever is wrong with a picture, it is as if there were none.
    """
    for data in _pictures(path):
        thumbnail = make_thumbnail(data)
        if thumbnail:
            return thumbnail
    return b""


def make_thumbnail(data: bytes, side: int = SIDE) -> bytes:
    """Cut a picture to a square JPEG; empty if it is none, or too large to be looked at."""
    if len(data) > _MOST_BYTES:
        return b""
    try:
        with _open(data) as image:
            if not 0 < image.width * image.height <= _MOST_PIXELS:
                return b""
            image.draft("RGB", (2 * side, 2 * side))  # a JPEG is read at about the size it needs
            square = _square(image, side)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return b""
    file = io.BytesIO()
    square.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()


def _open(data: bytes) -> Image.Image:
    # Pillow warns of a picture that the caller refuses anyway. What is warned of is the business of
    # the whole process, so that threads have to take turns.
    with _OPENING, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(io.BytesIO(data), formats=_FORMATS)


def _square(image: Image.Image, side: int) -> Image.Image:
    least = min(image.size)
    left, top = (image.width - least) // 2, (image.height - least) // 2
    box = (left, top, left + least, top + least)
    small = image.convert("RGBA").resize((side, side), Image.Resampling.LANCZOS, box)
    ground = Image.new("RGB", small.size, (24, 24, 28))
    ground.paste(small, mask=small.getchannel("A"))
    return ground


def _pictures(path: Path) -> Iterator[bytes]:
    # mutagen raises whatever a broken file makes it stumble over.
    with suppress(Exception):
        yield from _embedded(mutagen.File(path))
    for name in _BESIDE:
        for ending in _ENDINGS:
            beside = path.with_name(name + ending)
            with suppress(OSError):
                if beside.is_file() and beside.stat().st_size <= _MOST_BYTES:
                    yield beside.read_bytes()


def _embedded(file: Any) -> Iterator[bytes]:
    """Yield the pictures in a file's tags, front covers first."""
    found: list[tuple[int, bytes]] = []
    tags = getattr(file, "tags", None)
    if isinstance(file, FLAC):
        found += [(picture.type, picture.data) for picture in file.pictures]
    if isinstance(tags, ID3):
        found += [(frame.type, frame.data) for frame in tags.getall("APIC")]
    elif isinstance(file, MP4) and tags:
        found += [(_FRONT, bytes(cover)) for cover in tags.get("covr", [])]
    elif tags and not isinstance(file, FLAC):
        for text in tags.get("metadata_block_picture", []):
            with suppress(binascii.Error, mutagen.MutagenError):
                picture = Picture(base64.b64decode(text))
                found.append((picture.type, picture.data))
    found.sort(key=lambda kind_and_data: kind_and_data[0] != _FRONT)
    yield from (data for _, data in found)
