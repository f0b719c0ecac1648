"""What models make of the recordings: a vector for each test piece, and the mean they centre on.

Silent patches, those below `SILENCE_DBFS`, take no part for any model, as none is indexed. With
`silence` they do, which is how the yardstick was read before.
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

_FORMAT = 1


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


def hear(
    recordings: Sequence[Recording],
    listeners: Sequence[Listener],
    *,
    kept: Path,
    silence: bool = False,
    advance: Callable[[int], None] = lambda _count: None,
) -> tuple[tuple[Trial, ...], dict[str, Heard]]:
    """Let models listen to the recordings of both sides.

    Parameters
    ----------
    recordings : Sequence of Recording
        At least one to train on and one to test with.
    listeners : Sequence of Listener
    kept : Path
        A folder where what a model hears is kept: it listens once.
    silence : bool
        Whether silent patches take part.
    advance : callable
        Told how many recordings a model is done with.

    Returns
    -------
    tuple of (tuple of Trial, dict of str to Heard)
        The test sets, and what each model made of them by its name.
    """
    folder = kept / _data_key(recordings, silence=silence)
    ears = {listener.name: _Ear(listener, silence=silence) for listener in listeners}
    paths = {listener.name: folder / f"{listener.key}.npz" for listener in listeners}
    waiting = {name: ear for name, ear in ears.items() if not ear.knows(paths[name])}
    advance(len(recordings) * (len(ears) - len(waiting)))
    if waiting:
        _listen(recordings, list(waiting.values()), advance)
        for name, ear in waiting.items():
            ear.save(paths[name])
    loaded = {name: _load(paths[name], ear.listener) for name, ear in ears.items()}
    return next(iter(loaded.values()))[0], {name: heard for name, (_, heard) in loaded.items()}


class _Ear:
    """Gathers what one model hears."""

    def __init__(self, listener: Listener, *, silence: bool) -> None:
        self.listener = listener
        self._embed: Embed | None = None
        self._silence = silence
        self._pieces: dict[str, list[tuple[NDArray[np.float32], str, str]]] = {}
        self._total: NDArray[np.float64] = np.zeros(())
        self._count = 0
        self._taught = 0

    def knows(self, path: Path) -> bool:
        """Whether all that is wanted of the model is kept there."""
        if not path.exists():
            return False
        with np.load(path, allow_pickle=False) as stored:
            return self.listener.mean is not None or "mean" in stored

    def take(self, recording: Recording, samples: NDArray[np.float32]) -> None:
        """Hear a recording [n], of either side."""
        if not recording.test:
            self._taught += 1
            if self.listener.mean is not None or self._taught % self.listener.every:
                return
            embeddings = self._hear(samples)
            self._total = self._total + embeddings.sum(axis=0, dtype=np.float64)
            self._count += len(embeddings)
            return
        for piece in cut(recording, samples, self.listener.sample_rate):
            # A piece must be somewhere: one that is silent throughout is heard as it is.
            vector = self.listener.pool(self._hear(piece.samples, at_least=1))
            found = self._pieces.setdefault(recording.kind, [])
            found.append((vector, piece.label, recording.path.name))

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {}
        if self._count:
            arrays["mean"] = (self._total / self._count).astype(np.float32)
        for name, found in self._pieces.items():
            vectors, labels, recordings = zip(*found, strict=True)
            arrays[f"{name}/vectors"] = np.stack(vectors)
            arrays[f"{name}/labels"] = np.array(labels)
            arrays[f"{name}/recordings"] = np.array(recordings)
        unfinished = path.with_suffix(".part.npz")
        np.savez(unfinished, **arrays)
        unfinished.replace(path)

    def _hear(self, samples: NDArray[np.float32], at_least: int = 0) -> NDArray[np.float32]:
        """Return the embeddings [n, d] of the patches that take part."""
        if self._embed is None:
            self._embed = self.listener.load()
        rate = self.listener.sample_rate
        least = math.ceil(MIN_SAMPLES * rate / SAMPLE_RATE)
        padded = np.pad(samples, (0, max(least - len(samples), 0)))
        embeddings = self._embed(padded)
        if self._silence:
            return embeddings
        audible = sounding(
            padded,
            sample_rate=rate,
            patch_seconds=self.listener.patch_seconds,
            count=len(embeddings),
        )
        return embeddings[audible] if audible.sum() >= at_least else embeddings


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


def _load(path: Path, listener: Listener) -> tuple[tuple[Trial, ...], Heard]:
    with np.load(path, allow_pickle=False) as stored:
        names = [name.removesuffix("/vectors") for name in stored if name.endswith("/vectors")]
        trials = tuple(
            Trial(
                name,
                labels=tuple(stored[f"{name}/labels"].tolist()),
                recordings=tuple(stored[f"{name}/recordings"].tolist()),
            )
            for name in names
        )
        vectors = {name: stored[f"{name}/vectors"] for name in names}
        mean = stored["mean"] if listener.mean is None else listener.mean
    return trials, Heard(mean, vectors, listener.scale)


def _data_key(recordings: Sequence[Recording], *, silence: bool) -> str:
    """Return 16 hexadecimal digits that name recordings and how they are heard."""
    entries = [
        (each.kind, each.label, each.path.name, each.path.stat().st_size) for each in recordings
    ]
    text = json.dumps([_FORMAT, silence, entries])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
