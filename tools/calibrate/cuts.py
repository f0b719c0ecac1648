"""Cuts of a catalogue's tracks, as they are and through lossy codecs, heard as clips are."""

from __future__ import annotations

import io
import subprocess
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from index.catalogue import Layout
from index.left_out import LeftOut
from index.same import is_long, place_likeness
from index.scoring import score_tracks
from index.search import EXCERPT_SUSPECTS
from models.types import (
    ClipError,
    ClipListener,
    ClipSource,
    FloatArray,
    Query,
    Span,
    Track,
    Windows,
)
from tools.evaluate.bootstrap import SEED
from tools.evaluate.sources import Material
from tools.train.coded import Codec, code

AS_IT_IS: Final = "as they are"
SECONDS: Final = (10.0, 15.0)
"""One window, and enough to reach into the next one of a track."""

MOST_TRACKS: Final = 200

MOST_CUTS: Final = 3
"""Of a length, of each track of a small catalogue."""

_AROUND = 2.0
_WAYS: Final[Mapping[str, tuple[Codec, int] | None]] = {
    AS_IT_IS: None,
    "through AAC at 96 kbit/s": (Codec("aac", "matroska", (96,), 1), 96),
    "through Opus at 32 kbit/s": (Codec("libopus", "ogg", (32,), 1), 32),
}


@dataclass(frozen=True, slots=True)
class Cut:
    """A cut of a track, and how alike it is to tracks; see `index.same.place_likeness`.

    Attributes
    ----------
    track : int
        The number of the track it was cut from.
    way : str
        How it was encoded.
    seconds : float
    is_long : bool
        Which threshold it is held to.
    own : float
        How alike it is to the track it was cut from.
    strangers : tuple of (int, float)
        Numbers of the other tracks that a search would compare it with, and how alike it is to
        each.
    found : bool
        Whether its track comes first in a search.
    twin : float or None
        How alike its windows are to those of the cut as it is; None for that one itself.
    """

    track: int
    way: str
    seconds: float
    is_long: bool
    own: float
    strangers: tuple[tuple[int, float], ...]
    found: bool
    twin: float | None = None


class CodecError(ClipError):
    """There is no ffmpeg with these encoders."""


async def hear_cuts(
    material: Material, listener: ClipListener
) -> AsyncIterator[tuple[Track, list[Cut] | LeftOut]]:
    """Cut 10 and 15 seconds anywhere out of every track, and hear them in three encodings.

    Of a large catalogue 200 tracks are cut once, of a small one every track up to three times.
    Tracks of less than 12 seconds give none.

    Yields
    ------
    Track
    list of Cut or LeftOut
        Its cuts, or why there are none.

    Raises
    ------
    CodecError
        There is no ffmpeg with these encoders.
    """
    catalogue = _Catalogue(material.heard[0].windows)
    numbers = cut_tracks(material)
    turns = max(1, min(MOST_CUTS, MOST_TRACKS // max(len(numbers), 1)))
    for number in numbers:
        track = material.items[number].track
        try:
            cuts = [
                cut
                for seconds in SECONDS
                if track.seconds >= seconds + _AROUND
                for turn in range(turns)
                for cut in await _hear(track, number, seconds, turn, catalogue, listener)
            ]
        except ClipError as error:
            if isinstance(error, CodecError):
                raise
            yield track, LeftOut(track.path or track.title, str(error))
        else:
            yield track, cuts


def cut_tracks(material: Material) -> list[int]:
    """Return the numbers of the tracks that are cut, the same ones every time."""
    long_enough = [
        number
        for number, item in enumerate(material.items)
        if item.track.seconds >= min(SECONDS) + _AROUND
    ]
    if len(long_enough) <= MOST_TRACKS:
        return long_enough
    drawn = np.random.default_rng(SEED).choice(long_enough, MOST_TRACKS, replace=False)
    return sorted(drawn.tolist())


class _Catalogue:
    """The windows of all tracks, to find a clip's own track and the most similar others."""

    def __init__(self, windows: tuple[Windows, ...]) -> None:
        self._windows = windows
        self._matrix = np.concatenate([own.vectors for own in windows])
        counts = np.array([len(own) for own in windows], np.int64)
        self._layout = Layout(np.cumsum(counts) - counts, counts)
        self._everything = np.arange(len(counts))

    def compare(self, query: Query, number: int) -> tuple[float, list[tuple[int, float]], bool]:
        """Return likeness to a clip's own track and to strangers, and whether its own is first."""
        clip, dense = query.windows.vectors, query.dense
        scored = score_tracks(clip, self._matrix, self._layout, self._everything)
        first = scored.numbers[:EXCERPT_SUSPECTS].tolist()
        strangers = [
            (other, place_likeness(dense, self._windows[other]))
            for other in first
            if other != number
        ]
        own = place_likeness(dense, self._windows[number])
        return own, strangers, first[0] == number


async def _hear(
    track: Track,
    number: int,
    seconds: float,
    turn: int,
    catalogue: _Catalogue,
    listener: ClipListener,
) -> list[Cut]:
    wav = _cut(track, seconds, [SEED, number, round(seconds), turn])
    cuts: list[Cut] = []
    plain: FloatArray | None = None
    for way, codec in _WAYS.items():
        data = wav if codec is None else _coded(wav, *codec)
        query = (await listener.hear(ClipSource(data, "cut"), Span())).query
        own, strangers, found = catalogue.compare(query, number)
        vectors = query.windows.vectors
        twin = None
        if plain is None:
            plain = vectors
        else:
            both = min(len(plain), len(vectors))
            twin = float((plain[:both] * vectors[:both]).sum(axis=1).mean())
        long = is_long(query.dense)
        cuts.append(Cut(number, way, seconds, long, own, tuple(strangers), found, twin))
    return cuts


def _cut(track: Track, seconds: float, seed: list[int]) -> bytes:
    """Read a part of a track, anywhere in it, with all its channels; a wav file."""
    start = np.random.default_rng(seed).uniform(0, track.seconds - seconds - _AROUND / 2)
    try:
        with soundfile.SoundFile(Path(track.path)) as file:
            file.seek(round(start * file.samplerate))
            sound = file.read(round(seconds * file.samplerate), always_2d=True)
            rate = file.samplerate
        wav = io.BytesIO()
        soundfile.write(wav, sound, rate, format="WAV")
    except (OSError, RuntimeError, ValueError) as error:
        raise ClipError(
            f"It cannot be cut: {error}", "Use wav, flac, ogg or mp3 files for this."
        ) from None
    return wav.getvalue()


def _coded(wav: bytes, codec: Codec, kilobits: int) -> bytes:
    try:
        return code(wav, codec, kilobits)
    except (OSError, subprocess.CalledProcessError) as error:
        raise CodecError(
            f"The cuts cannot be encoded with {codec.encoder}: {error}.",
            "Install an ffmpeg that has AAC and Opus.",
        ) from None
