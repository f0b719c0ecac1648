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
from models.types import SettingsError
from models.windows import sounding
from tools.train.listeners import Embed, Listener
from tools.train.sound import read_sound
from tools.train.sources import Recording, check_sides, origin
from tools.train.trials import Trial, cut, group_of

_FORMAT = 3
_SOUND, _ALL = "sound", "all"

LEAST_TAUGHT = 16
"""Of fewer training recordings every model hears all, however slow it is."""

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

    Raises
    ------
    SettingsError
        There is nothing on one of the sides, or nothing that a piece could find.
    """
    check_sides(recordings)
    folder = kept / _data_key(recordings)
    paths = {listener.name: folder / f"{listener.key}.npz" for listener in listeners}
    taught = sum(not each.test for each in recordings)
    waiting = [_Ear(each, taught) for each in listeners if not paths[each.name].exists()]
    advance(len(recordings) * (len(listeners) - len(waiting)))
    if waiting:
        _listen(recordings, waiting, advance)
        for ear in waiting:
            ear.save(paths[ear.listener.name])
    trials = _load_trials(next(iter(paths.values())))
    if not trials:
        raise SettingsError(
            "No recording to test with has anything to find.",
            "It takes two recordings of one label, or a song of 69 seconds.",
        )
    return Hearing(
        trials,
        *(
            {each.name: _load(paths[each.name], each, reading) for each in listeners}
            for reading in (_SOUND, _ALL)
        ),
    )


class _Ear:
    """Gathers what one model hears."""

    def __init__(self, listener: Listener, taught: int) -> None:
        self.listener = listener
        self._every = min(listener.every, max(taught // LEAST_TAUGHT, 1))
        self._embed: Embed | None = None
        self._sums: dict[str, NDArray[np.float64]] = {}
        self._counts = {_SOUND: 0, _ALL: 0}
        self._pieces: dict[str, list[tuple[Vector, Vector, str, str, str]]] = {}
        self._taught = 0

    def take(self, recording: Recording, samples: NDArray[np.float32]) -> None:
        """Hear a recording [n], of either side."""
        if recording.test:
            self._ask(recording, samples)
        elif self._every:
            if self._taught % self._every == 0:
                self._learn(samples)
            self._taught += 1

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {}
        for reading in self._sums:
            # What is silent throughout is heard as it is, as a piece is.
            heard = reading if self._counts[reading] else _ALL
            mean = self._sums[heard] / self._counts[heard]
            arrays[f"mean/{reading}"] = mean.astype(np.float32)
        for name, found in self._pieces.items():
            sound, everything, labels, recordings, groups = zip(*found, strict=True)
            arrays[f"{_SOUND}/{name}"] = np.stack(sound)
            arrays[f"{_ALL}/{name}"] = np.stack(everything)
            arrays[f"labels/{name}"] = np.array(labels)
            arrays[f"recordings/{name}"] = np.array(recordings)
            arrays[f"groups/{name}"] = np.array(groups)
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
        group = group_of(recording)
        for piece in cut(recording, samples, self.listener.sample_rate):
            embeddings, audible = self._hear(piece.samples)
            everything = self.listener.pool(embeddings)
            # A piece must be somewhere: one that is silent throughout is heard as it is.
            sound = self.listener.pool(embeddings[audible]) if audible.any() else everything
            found = self._pieces.setdefault(recording.kind, [])
            found.append((sound, everything, piece.label, origin(recording), group))

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
        columns = ("labels", "recordings", "groups")
        trials = [
            Trial(name, *(tuple(stored[f"{column}/{name}"].tolist()) for column in columns))
            for name in names
        ]
    return tuple(trial for trial in trials if trial.has_answers())


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
    """Return 16 hexadecimal digits that name recordings as they are, and how they are heard."""
    files = [(each, each.path.stat()) for each in recordings]
    entries = [
        (each.kind, each.label, each.path.name, stat.st_size, stat.st_mtime_ns)
        for each, stat in files
    ]
    text = json.dumps([_FORMAT, LEAST_TAUGHT, entries])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
