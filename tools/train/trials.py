"""The three test sets, as log-mel patches with labels, and the patches that fix the mean."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.frontend import MIN_SAMPLES, log_mel, patches
from tools.train.sound import read_sound
from tools.train.sources import Recording

Embed = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Patches [n, 96, 64] to embeddings [n, d]."""

WINDOW = 10
WINDOWS = 6
SHORTEST_TRACK = 72
"""Patches a track needs to give six windows that lie apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A test set: pieces of sound, each the patches of a clip or window, with labels."""

    name: str
    pieces: tuple[NDArray[np.float32], ...]
    labels: tuple[str, ...]

    def vectors(self, embed: Embed) -> NDArray[np.float32]:
        """Embed every piece: the mean of its patches' embeddings, [pieces, d]."""
        counts = [len(piece) for piece in self.pieces]
        embeddings = embed(np.concatenate(self.pieces))
        parts = np.split(embeddings, np.cumsum(counts)[:-1])
        return np.stack([part.mean(axis=0) for part in parts])


def read_trials(recordings: Iterable[Recording]) -> tuple[Trial, ...]:
    """Read the test recordings.

    Parameters
    ----------
    recordings : Iterable of Recording
        The training side among them is left out.

    Returns
    -------
    tuple of Trial
        ``esc10`` and ``philharmonia`` by label, and ``music``: windows spread over each track,
        whose label is the track.
    """
    found: dict[str, list[tuple[NDArray[np.float32], str]]] = {}
    for recording in recordings:
        if not recording.test:
            continue
        heard = read_patches(recording)
        pieces = found.setdefault(recording.kind, [])
        if recording.kind == "music":
            pieces += [(window, recording.path.name) for window in spread_windows(heard)]
        else:
            pieces.append((heard, recording.label))
    return tuple(
        Trial(kind, tuple(piece for piece, _ in pieces), tuple(label for _, label in pieces))
        for kind, pieces in found.items()
    )


def training_patches(recordings: Sequence[Recording]) -> NDArray[np.float32]:
    """Return every patch [n, 96, 64] of the recordings that are not for testing."""
    return np.concatenate([read_patches(each) for each in recordings if not each.test])


def read_patches(recording: Recording) -> NDArray[np.float32]:
    """Return a recording's patches [n, 96, 64]; a short one is padded to a single patch."""
    sound = read_sound(recording.path)
    return patches(log_mel(np.pad(sound, (0, max(MIN_SAMPLES - len(sound), 0)))))


def spread_windows(heard: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    """Cut six windows of ten patches spread over a track; none where it is too short."""
    if len(heard) < SHORTEST_TRACK:
        return ()
    starts = np.linspace(0, len(heard) - WINDOW, WINDOWS).round().astype(int)
    return tuple(heard[start : start + WINDOW] for start in starts)
