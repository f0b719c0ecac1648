"""What the benchmarks measure with: synthesised clips, and indexes of made-up vectors."""

from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
import soundfile
import soxr

from index.builder import IndexBuilder
from models.types import EmbeddedTrack, FloatArray, ModelStamp, Query, Track, Windows
from tools.synth import RATE, catalogue, synthesise
from tools.synth.sound import Signal

WINDOWS_A_TRACK = 40
HOP_SECONDS = 4.8

_SYLLABLES = [first + second for first in "bdfgklmnprstvz" for second in "aeiou"]

_RECORDED_RATE = 44_100
_APART_SECONDS = 0.01


def music(seconds: float) -> Signal:
    """Return so many seconds of synthesised music, piece after piece."""
    parts: list[Signal] = []
    pieces = iter(catalogue())
    while sum(map(len, parts)) < seconds * RATE:
        parts.append(synthesise(next(pieces)))
    return np.concatenate(parts)[: round(seconds * RATE)]


def encoded(samples: Signal, container: str, subtype: str | None = None) -> bytes:
    """Return samples as the bytes of a file."""
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format=container, subtype=subtype)
    return file.getvalue()


def as_recorded(samples: Signal) -> bytes:
    """Return samples as the bytes of an mp3 as people have them: 44.1 kHz, two channels."""
    one = soxr.resample(samples, RATE, _RECORDED_RATE)
    other = np.roll(one, round(_APART_SECONDS * _RECORDED_RATE))
    file = io.BytesIO()
    soundfile.write(file, np.stack([one, other], axis=1), _RECORDED_RATE, format="MP3")
    return file.getvalue()


def vectors(count: int, dim: int, seed: int) -> FloatArray:
    """Return unit vectors [count, dim] in clusters, as those of real tracks lie."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((max(1, count // WINDOWS_A_TRACK), dim), np.float32)
    owners = np.minimum(np.arange(count) // WINDOWS_A_TRACK, len(centres) - 1)
    rows = centres[owners] + 0.7 * rng.standard_normal((count, dim), np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def build_made_up(directory: Path, windows: int, stamp: ModelStamp) -> FloatArray:
    """Publish an index of made-up tracks and return all of its vectors."""
    rows = vectors(windows, stamp.dim, seed=1)
    build_rows(directory, rows, stamp, WINDOWS_A_TRACK)
    return rows


def build_rows(directory: Path, rows: FloatArray, stamp: ModelStamp, windows_a_track: int) -> None:
    """Publish an index of made-up tracks with these vectors; one in a thousand is labelled rare."""
    starts = range(0, len(rows), windows_a_track)
    with IndexBuilder(directory, stamp) as builder:
        with builder.batch():
            for number, start in enumerate(starts):
                part = rows[start : start + windows_a_track]
                # Lengths differ, as those of real tracks do: only equal ones may be twins.
                track = Track(
                    f"{number:032x}",
                    title_of(number),
                    f"{title_of(number % 997)} Band",
                    seconds=len(part) * HOP_SECONDS + number % 40,
                    labels=("rare",) if number % 1000 == 0 else ("often",),
                )
                builder.add(EmbeddedTrack(track, _windows(part)), f"/made/up/{number}", 1, 1)
        builder.publish()


def title_of(number: int) -> str:
    """Return a made-up title of one to four words, some of them in many titles."""
    rng = random.Random(number)  # noqa: S311  (no secret)
    ranks = [int(rng.paretovariate(0.5)) % 50_000 for _ in range(rng.randint(1, 4))]
    return " ".join(map(_word, ranks)).capitalize()


def _word(rank: int) -> str:
    """Return a word, the shorter the more common."""
    syllables = []
    while True:
        rank, which = divmod(rank, len(_SYLLABLES))
        syllables.append(_SYLLABLES[which])
        if not rank:
            return "".join(syllables)


def query_near(rows: FloatArray, seed: int) -> Query:
    """Return a query of two windows near some rows, as a 15-second clip makes it."""
    rng = np.random.default_rng(seed)
    near = rows[rng.integers(len(rows), size=2)]
    asked = near + 0.5 * rng.standard_normal(near.shape).astype(np.float32) / near.shape[1] ** 0.5
    windows = _windows(np.asarray(asked / np.linalg.norm(asked, axis=1, keepdims=True), np.float32))
    return Query(windows, windows, "made up", 14.4)


def _windows(rows: FloatArray) -> Windows:
    return Windows(rows, np.arange(len(rows), dtype=np.float32) * np.float32(HOP_SECONDS))
