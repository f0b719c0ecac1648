"""Sounds to calibrate on and to ask with: synthesised music, or excerpts of audio files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import soxr

from models.crew import Crew, as_problem
from models.decode import TRACK_LIMITS, decode
from models.frontend import MIN_SAMPLES, PATCH_SECONDS, SAMPLE_RATE, log_mel, patches
from models.pool import cores
from models.tracks import TRACK_TIMEOUT_S
from models.types import ClipSource, FloatArray, SoundalikeError, Span
from models.windows import sounding
from tools.quantize.telling import Tell, silently
from tools.synth import RATE, catalogue, strangers, synthesise

EXCERPT_SECONDS: Final = 30.0
"""What is heard of a file: the middle, which is its music more often than the beginning is."""

MOST_FILES: Final = 100
"""Files that are heard of many: evenly spread ones."""

_DECODING_MEMORY = 2 << 30
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A piece of sound.

    Attributes
    ----------
    name : str
        A path, a title, or the id of a track of an index.
    samples : np.ndarray [shape=(n,), float32]
        Mono, at 16 kHz, one patch at least.
    """

    name: str
    samples: FloatArray

    def patches(self) -> FloatArray:
        """Return the log-mel patches [n, 96, 64] that can be heard."""
        found = patches(log_mel(self.samples))
        audible = sounding(
            self.samples, sample_rate=SAMPLE_RATE, patch_seconds=PATCH_SECONDS, count=len(found)
        )
        return found[audible]


def synthesised(tell: Tell = silently) -> list[Sound]:
    """Synthesise seven pieces of each kind of music, 19 seconds each."""
    pieces = [*catalogue(), *strangers()]
    sounds = []
    for done, piece in enumerate(pieces):
        tell("synthesising music", done, len(pieces))
        samples = np.asarray(soxr.resample(synthesise(piece), RATE, SAMPLE_RATE), np.float32)
        sounds.append(Sound(f"{piece.title} by {piece.by}", samples))
    tell("synthesising music", len(pieces), len(pieces))
    return sounds


def spread(items: Sequence[_T], most: int) -> list[_T]:
    """Return at most so many of some things, evenly spread over all of them."""
    places = np.linspace(0, len(items) - 1, min(len(items), most)).round().astype(int)
    return [items[place] for place in places]


def excerpts(paths: Sequence[Path]) -> Iterator[tuple[Path, FloatArray | SoundalikeError]]:
    """Decode the middle of audio files in worker processes, and yield each when it is there.

    Yields
    ------
    (Path, np.ndarray or SoundalikeError)
        Mono samples at 16 kHz, one patch at least; or why there are none.
    """
    with closing(Crew(min(cores(), max(1, len(paths))), _DECODING_MEMORY)) as crew:
        futures = {crew.submit(TRACK_TIMEOUT_S, _middle, path): path for path in paths}
        for future in as_completed(futures):
            error = future.exception()
            yield futures[future], as_problem(error) if error else future.result()


def _middle(path: Path) -> FloatArray:
    source = ClipSource(path, path.name)
    audio = decode(source, sample_rate=SAMPLE_RATE, span=Span(), limits=TRACK_LIMITS)
    length = round(EXCERPT_SECONDS * SAMPLE_RATE)
    begin = max(0, (len(audio.samples) - length) // 2)
    middle = audio.samples[begin : begin + length]
    return np.pad(middle, (0, max(0, MIN_SAMPLES - len(middle))))
