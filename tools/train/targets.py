"""Draws augmented patches and keeps what the teacher says of them, in mapped files."""

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from models.frontend import BANDS, PATCH_FRAMES, log_mel
from tools.files import write_whole
from tools.train import teacher as yamnet
from tools.train.augment import draw_sound
from tools.train.sound import SoundStore

SHARD = 2_000
SHARES = {"music": 0.42, "esc10": 0.17, "philharmonia": 0.12, "synthetic": 0.19, "speech": 0.1}
"""How often each kind of sound is drawn; what is absent leaves its share to the others."""

_BATCH = 40
_QUIETEST = 1e-3
_TRIES = 8


class Targets:
    """Drawn patches and their targets, in mapped files.

    Parameters
    ----------
    folder : Path
        Where `make_targets` writes.
    count : int
        How many patches.
    mode : str
        How to map: ``r`` to read, ``r+`` to write, ``w+`` to begin afresh.
    """

    def __init__(self, folder: Path, count: int, mode: Literal["r", "r+", "w+"] = "r") -> None:
        shape = (count, PATCH_FRAMES, BANDS)
        self.patches: NDArray[np.float16] = np.memmap(
            folder / "patches.f16", np.float16, mode, shape=shape
        )
        self.teacher: NDArray[np.float16] = np.memmap(
            folder / "teacher.f16", np.float16, mode, shape=(count, yamnet.DIM)
        )
        self.recordings: NDArray[np.int32] = np.memmap(
            folder / "recordings.i32", np.int32, mode, shape=(count,)
        )


def make_targets(
    sounds: Path,
    folder: Path,
    teacher: Path,
    *,
    count: int,
    seed: int,
    jobs: int,
    advance: Callable[[int], None],
) -> Targets:
    """Draw patches in shards, leaving out the shards that an earlier run has finished.

    Parameters
    ----------
    sounds : Path
        Folder of a `SoundStore`.
    folder : Path
        Takes the targets; one for each choice of sounds, count, seed and teacher.
    teacher : Path
        YAMNet's TensorFlow Lite file.
    count : int
        How many patches; rounded down to whole shards of 2,000.
    seed : int
        Each shard draws from its own stream of it.
    jobs : int
        Worker processes.
    advance : Callable
        Told the number of patches that each finished shard holds.

    Returns
    -------
    Targets
    """
    shards = count // SHARD
    folder.mkdir(parents=True, exist_ok=True)
    ledger = folder / "done.json"
    done: list[int] = json.loads(ledger.read_text()) if ledger.exists() else []
    if not done:
        Targets(folder, shards * SHARD, "w+")
    waiting = sorted(set(range(shards)) - set(done))
    advance(SHARD * len(done))
    work = partial(_make_shard, sounds, folder, teacher, shards * SHARD, seed)
    for shard in _in_parallel(work, waiting, jobs):
        done.append(shard)
        write_whole(ledger, json.dumps(done).encode(), "Make room, or name another --work.")
        advance(SHARD)
    return Targets(folder, shards * SHARD)


def _in_parallel(work: Callable[[int], int], items: list[int], jobs: int) -> Iterator[int]:
    # The workers' own parallelism is enough: BLAS threads of one would get in the others' way.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, items)


def _make_shard(
    sounds: Path, folder: Path, teacher: Path, count: int, seed: int, shard: int
) -> int:
    torch.set_num_threads(1)
    network = yamnet.load_teacher(teacher)
    targets = Targets(folder, count, "r+")
    draw = _Draw(SoundStore(sounds), np.random.default_rng([seed, shard]))
    for start in range(shard * SHARD, (shard + 1) * SHARD, _BATCH):
        drawn = [draw.patch() for _ in range(_BATCH)]
        patches = np.stack([patch for _, patch in drawn])
        rows = slice(start, start + _BATCH)
        targets.patches[rows] = patches
        targets.teacher[rows] = yamnet.teach(network, patches)
        targets.recordings[rows] = [place for place, _ in drawn]
    return shard


class _Draw:
    """Draws recordings by the shares of their kinds, and by the root of their length within one."""

    def __init__(self, sounds: SoundStore, rng: np.random.Generator) -> None:
        self._sounds = sounds
        self._rng = rng
        kinds = np.array(sounds.kinds)
        weights = np.sqrt([sounds.length(place) for place in range(len(sounds))])
        for kind in set(sounds.kinds):
            weights[kinds == kind] *= SHARES[kind] / weights[kinds == kind].sum()
        self._chances = np.cumsum(weights / weights.sum())

    def patch(self) -> tuple[int, NDArray[np.float32]]:
        """Draw a recording and one log-mel patch [96, 64] of it."""
        place = self._recording()
        read = partial(self._stretch, place)
        sound = draw_sound(self._rng, read, lambda count: self._stretch(self._recording(), count))
        return place, log_mel(sound)

    def _recording(self) -> int:
        place = int(np.searchsorted(self._chances, self._rng.random()))
        return min(place, len(self._sounds) - 1)

    def _stretch(self, place: int, count: int) -> NDArray[np.float32]:
        """Read anywhere in a recording, trying again where it is almost silent."""
        room = max(self._sounds.length(place) - count, 0)
        for _ in range(_TRIES):
            sound = self._sounds.read(place, int(self._rng.integers(room + 1)), count)
            if float(np.sqrt(np.mean(sound**2))) > _QUIETEST:
                break
        return sound
