"""Recordings as 16 kHz mono samples, all in one mapped file."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.decode import TRACK_LIMITS, decode
from models.frontend import SAMPLE_RATE
from models.types import ClipSource, Span
from tools.files import write_whole
from tools.train.sources import Recording

_FULL_SCALE = np.float32(32_767)


def read_sound(path: Path, sample_rate: int = SAMPLE_RATE) -> NDArray[np.float32]:
    """Decode a file as an index does: mono, float32 [n] in about [-1, 1]; the rate is in Hz."""
    source = ClipSource(path, path.name)
    return decode(source, sample_rate=sample_rate, span=Span(), limits=TRACK_LIMITS).samples


class SoundStore:
    """Decoded recordings in one file of 16-bit samples.

    Parameters
    ----------
    folder : Path
        Where `build` wrote.
    """

    def __init__(self, folder: Path) -> None:
        entries = json.loads((folder / "sounds.json").read_text())
        self.kinds: list[str] = [entry["kind"] for entry in entries]
        self.names: list[str] = [entry["name"] for entry in entries]
        lengths = np.array([entry["samples"] for entry in entries])
        self._ends = np.cumsum(lengths)
        self._starts = self._ends - lengths
        self._samples = np.memmap(folder / "sounds.i16", np.int16, mode="r")

    def __len__(self) -> int:
        return len(self.kinds)

    def length(self, place: int) -> int:
        """Return the number of samples of a recording."""
        return int(self._ends[place] - self._starts[place])

    def read(self, place: int, start: int, count: int) -> NDArray[np.float32]:
        """Return up to `count` samples of a recording from `start` on."""
        first = int(self._starts[place]) + start
        last = min(first + count, int(self._ends[place]))
        return np.asarray(self._samples[first:last], np.float32) / _FULL_SCALE

    def groups(self) -> NDArray[np.int64]:
        """Return a group number [recordings] that the recordings of one instrument share.

        Any other recording is a group of its own.
        """
        keys = [
            name.partition("/")[0] if kind == "philharmonia" else name
            for kind, name in zip(self.kinds, self.names, strict=True)
        ]
        return np.asarray(np.unique(keys, return_inverse=True)[1], np.int64)

    @staticmethod
    def build(folder: Path, recordings: Sequence[Recording], steps: Iterable[int]) -> None:
        """Decode recordings into a folder, unless that has been done.

        Parameters
        ----------
        folder : Path
            One for each choice of recordings.
        recordings : Sequence of Recording
        steps : Iterable of int
            The places to go through, perhaps wrapped in a progress bar.
        """
        listing = folder / "sounds.json"
        if listing.exists():
            return
        folder.mkdir(parents=True, exist_ok=True)
        entries = []
        with (folder / "sounds.i16").open("wb") as out:
            for place in steps:
                recording = recordings[place]
                samples = np.clip(read_sound(recording.path), -1, 1) * _FULL_SCALE
                out.write(samples.round().astype("<i2").tobytes())
                name = f"{recording.label}/{recording.path.name}"
                entries.append({"kind": recording.kind, "name": name, "samples": len(samples)})
        write_whole(listing, json.dumps(entries).encode(), "Make room, or name another --work.")
