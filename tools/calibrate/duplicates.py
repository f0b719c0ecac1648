"""Whether two files hold the same audio, by their samples: no model has a say in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

import numpy as np
from scipy import fft

from models.decode import CLIP_LIMITS, TRACK_LIMITS, DecodeLimits, decode
from models.types import ClipError, ClipSource, FloatArray, Span
from tools.evaluate.metrics import Floats

ALIKE: Final = 0.5
"""The least normalised cross-correlation of one recording. Of 37 songs and a minute of each through
AAC at 96 and Opus at 32 kbit/s it was .83 to 1, of 111 pairs of different songs .19 at most."""

DIFFERENT_IN_A_ROW: Final = 5
"""So many suspects in a row that turn out to be strangers end the search."""

_RATE = 4_000
_PROBES, _PROBE_SECONDS = 3, 5.0
_LEAST_SECONDS = 2.0
_QUIET = 1e-6
_LIMITS: Final = DecodeLimits(
    max_bytes=TRACK_LIMITS.max_bytes,
    max_seconds=CLIP_LIMITS.max_seconds,
    timeout=TRACK_LIMITS.timeout,
)


@dataclass(frozen=True, slots=True)
class Alike:
    """Two tracks, by number, and how alike a model finds them."""

    one: int
    other: int
    likeness: float

    @property
    def both(self) -> frozenset[int]:
        """The two, whichever comes first."""
        return frozenset((self.one, self.other))


def find_duplicates(
    pairs: Iterable[Alike],
    path_of: Callable[[int], Path],
    progress: Callable[[int], None] = lambda _done: None,
) -> frozenset[frozenset[int]]:
    """Return those pairs of tracks that hold the same audio.

    The most alike are looked at first, until five in a row hold different audio.

    Parameters
    ----------
    pairs : iterable of Alike
    path_of : callable
        Where a track's file is. One that cannot be read is taken for different from all.
    progress : callable
        Told how many pairs have been looked at.
    """
    found: set[frozenset[int]] = set()
    seen: set[frozenset[int]] = set()
    different, looked = 0, count(1)
    for pair in sorted(pairs, key=lambda pair: -pair.likeness):
        if pair.both in seen:
            continue
        seen.add(pair.both)
        if _is_same_file(path_of(pair.one), path_of(pair.other)):
            found.add(pair.both)
            different = 0
        else:
            different += 1
        progress(next(looked))
        if different == DIFFERENT_IN_A_ROW:
            break
    return frozenset(found)


def hold_same_audio(one: FloatArray, other: FloatArray) -> bool:
    """Tell whether two recordings, at 4 kHz, are one, wherever in the files it begins.

    Of three places of the shorter one, two at least have to be found in the other. Less than two
    seconds are found in nothing: they would be by chance.

    Parameters
    ----------
    one, other : np.ndarray [shape=(n,), float32]
    """
    short, long = sorted((one, other), key=len)
    if len(short) < _LEAST_SECONDS * _RATE:
        return False
    length = min(round(_PROBE_SECONDS * _RATE), len(short))
    starts = [int((len(short) - length) * (place + 1) / (_PROBES + 1)) for place in range(_PROBES)]
    agreed = sum(_correlation(short[at : at + length], long) >= ALIKE for at in starts)
    return agreed > _PROBES / 2


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return hold_same_audio(_read(one), _read(other))
    except ClipError:
        return False


def _read(path: Path) -> FloatArray:
    source = ClipSource(path, path.name)
    return decode(source, sample_rate=_RATE, span=Span(), limits=_LIMITS).samples


def _correlation(probe: FloatArray, sound: FloatArray) -> float:
    """Return the largest normalised cross-correlation of a probe and the sound, in [0, 1]."""
    size = fft.next_fast_len(len(sound) + len(probe), real=True)
    spectrum = fft.rfft(sound, size) * np.conj(fft.rfft(probe, size))
    places = len(sound) - len(probe) + 1
    products = np.abs(fft.irfft(spectrum, size)[:places])
    squares: Floats = np.concatenate([[0.0], np.cumsum(sound.astype(np.float64) ** 2)])
    energies = squares[len(probe) :] - squares[:places]
    lengths = np.sqrt(np.maximum(energies, 0) * float((probe.astype(np.float64) ** 2).sum()))
    loud = lengths > _QUIET * len(probe)
    return float((products[loud] / lengths[loud]).max(initial=0.0))
