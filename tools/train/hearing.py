"""What models make of the recordings: a vector for each test piece, and the mean they centre on.

There are two readings. In the first, silent patches, those below `SILENCE_DBFS`, take no part for
any model, as none is indexed. In the second they do, as when the yardstick was first drawn.
"""

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.frontend import MIN_SAMPLES, SAMPLE_RATE
from models.windows import sounding
from tools.train.listeners import Embed, Listener
from tools.train.sound import read_sound
from tools.train.sources import Recording
from tools.train.trials import Trial, cut

_FORMAT = 2
_SOUND, _ALL = "sound", "all"

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What a model made of the recordings.

    Attributes
    ----------
    mean : NDArray[np.float32]
        Shape (d,): the mean embedding of the training side's patches, or the model's own.
    vectors : Mapping of str to NDArray[np.float32]
        For each test set a vector for each piece, [pieces, d], not centred.
    scale : NDArray[np.float32] or None
        Shape (d,): what centred vectors are divided by.
    """

    mean: NDArray[np.float32]
    vectors: Mapping[str, NDArray[np.float32]]
    scale: NDArray[np.float32] | None = None

    def unit_vectors(self, trial: Trial) -> NDArray[np.float32]:
        """Return the vectors of a test set [pieces, d], centred and scaled to unit length."""
        apart = self.vectors[trial.name] - self.mean
        if self.scale is not None:
            apart /= self.scale
        lengths = np.linalg.norm(apart, axis=1, keepdims=True)
        return np.asarray(apart / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Hearing:
    """What models made of the recordings.

    Attributes
    ----------
    trials : tuple of Trial
        The test sets.
    heard, with_silence : dict of str to Heard
        By the models' names, in either reading.
    """

    trials: tuple[Trial, ...]
    heard: dict[str, Heard]
    with_silence: dict[str, Heard]


def hear(
    recordings: Sequence[Recording],
    listeners: Sequence[Listener],
    *,
    kept: Path,
    advance: Callable[[int], None] = lambda _count: None,
) -> Hearing:
    """Let models listen to the recordings of both sides.

    Parameters
    ----------
    recordings : Sequence of Recording
        At least one to train on and one to test with.
    listeners : Sequence of Listener
        One at least.
    kept : Path
        A folder where what a model hears is kept: it listens once.
    advance : callable
        Told how many recordings a model is done with.
    """
    folder = kept / _data_key(recordings)
    paths = {listener.name: folder / f"{listener.key}.npz" for listener in listeners}
    waiting = [_Ear(listener) for listener in listeners if not paths[listener.name].exists()]
    advance(len(recordings) * (len(listeners) - len(waiting)))
    if waiting:
        _listen(recordings, waiting, advance)
        for ear in waiting:
            ear.save(paths[ear.listener.name])
    return Hearing(
        _load_trials(next(iter(paths.values()))),
        *(
            {each.name: _load(paths[each.name], each, reading) for each in listeners}
            for reading in (_SOUND, _ALL)
        ),
    )


class _Ear:
    """Gathers what one model hears."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self._embed: Embed | None = None
        self._sums: dict[str, NDArray[np.float64]] = {}
        self._counts = {_SOUND: 0, _ALL: 0}
        self._pieces: dict[str, list[tuple[Vector, Vector, str, str]]] = {}
        self._taught = 0

    def take(self, recording: Recording, samples: NDArray[np.float32]) -> None:
        """Hear a recording [n], of either side."""
        if recording.test:
            self._ask(recording, samples)
        elif self.listener.every:
            self._taught += 1
            if self._taught % self.listener.every == 0:
                self._learn(samples)

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {
            f"mean/{reading}": (total / max(self._counts[reading], 1)).astype(np.float32)
            for reading, total in self._sums.items()
        }
        for name, found in self._pieces.items():
            sound, everything, labels, recordings = zip(*found, strict=True)
            arrays[f"{_SOUND}/{name}"] = np.stack(sound)
            arrays[f"{_ALL}/{name}"] = np.stack(everything)
            arrays[f"labels/{name}"] = np.array(labels)
            arrays[f"recordings/{name}"] = np.array(recordings)
        unfinished = path.with_suffix(".part.npz")
        np.savez(unfinished, **arrays)
        unfinished.replace(path)

    def _learn(self, samples: NDArray[np.float32]) -> None:
        embeddings, audible = self._hear(samples)
        for reading, rows in ((_SOUND, embeddings[audible]), (_ALL, embeddings)):
            total = rows.sum(axis=0, dtype=np.float64)
            self._sums[reading] = self._sums.get(reading, np.zeros_like(total)) + total
            self._counts[reading] += len(rows)

    def _ask(self, recording: Recording, samples: NDArray[np.float32]) -> None:
        for piece in cut(recording, samples, self.listener.sample_rate):
            embeddings, audible = self._hear(piece.samples)
            everything = self.listener.pool(embeddings)
            # A piece must be somewhere: one that is silent throughout is heard as it is.
            sound = self.listener.pool(embeddings[audible]) if audible.any() else everything
            found = self._pieces.setdefault(recording.kind, [])
            found.append((sound, everything, piece.label, recording.path.name))

    def _hear(self, samples: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return the embeddings [n, d] of the patches, and which of them can be heard."""
        if self._embed is None:
            self._embed = self.listener.load()
        rate = self.listener.sample_rate
        least = math.ceil(MIN_SAMPLES * rate / SAMPLE_RATE)
        padded = np.pad(samples, (0, max(least - len(samples), 0)))
        embeddings = self._embed(padded)
        seconds, count = self.listener.patch_seconds, len(embeddings)
        return embeddings, sounding(padded, sample_rate=rate, patch_seconds=seconds, count=count)


def _listen(
    recordings: Sequence[Recording], ears: Sequence[_Ear], advance: Callable[[int], None]
) -> None:
    rates = {ear.listener.sample_rate for ear in ears}
    for recording in recordings:
        for rate in rates:
            samples = read_sound(recording.path, rate)
            for ear in ears:
                if ear.listener.sample_rate == rate:
                    ear.take(recording, samples)
                    advance(1)


def _load_trials(path: Path) -> tuple[Trial, ...]:
    with np.load(path, allow_pickle=False) as stored:
        names = [name.removeprefix("labels/") for name in stored if name.startswith("labels/")]
        return tuple(
            Trial(
                name,
                labels=tuple(stored[f"labels/{name}"].tolist()),
                recordings=tuple(stored[f"recordings/{name}"].tolist()),
            )
            for name in names
        )


def _load(path: Path, listener: Listener, reading: str) -> Heard:
    with np.load(path, allow_pickle=False) as stored:
        own = listener.mean if reading == _SOUND or not listener.every else None
        mean = stored[f"mean/{reading}"] if own is None else own
        vectors = {
            name.removeprefix(f"{reading}/"): stored[name]
            for name in stored
            if name.startswith(f"{reading}/")
        }
    return Heard(mean, vectors, listener.scale)


def _data_key(recordings: Sequence[Recording]) -> str:
    """Return 16 hexadecimal digits that name recordings and how they are heard."""
    entries = [
        (each.kind, each.label, each.path.name, each.path.stat().st_size) for each in recordings
    ]
    text = json.dumps([_FORMAT, entries])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
