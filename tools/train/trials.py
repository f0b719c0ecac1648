"""The yardstick's three test sets: which pieces of sound they hold, and how a model is scored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.frontend import MIN_SAMPLES, PATCH_SECONDS, SAMPLE_RATE, log_mel, patches
from models.tags import read_tags
from models.windows import WINDOW_PATCHES, sounding
from tools.evaluate.judgements import Judgements, judge
from tools.evaluate.metrics import IntArray
from tools.evaluate.tasks import expect_labels
from tools.train.sound import read_sound
from tools.train.sources import Recording, origin

WINDOW_SECONDS = WINDOW_PATCHES * PATCH_SECONDS
WINDOWS = 6
SHORTEST_TRACK = 69.0
"""Seconds a track needs: in a shorter one, two windows could share sound."""

# The last frame of a window's last patch reaches this far beyond it.
_REACH_SECONDS = MIN_SAMPLES / SAMPLE_RATE - PATCH_SECONDS


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A stretch of a test recording: what asks, and what is found.

    Attributes
    ----------
    samples : NDArray[np.float32]
        Shape (n,), mono.
    label : str
        What it should find: other pieces of the same label.
    """

    samples: NDArray[np.float32]
    label: str


@dataclass(frozen=True, slots=True)
class Trial:
    """A test set.

    Attributes
    ----------
    name : str
    labels, recordings : tuple of str
        For each piece what it should find, and the recording it is from; see `sources.origin`.
    groups : tuple of str or None
        For each piece those it may be easy or hard together with; see `group_of`. None: the
        recording.
    """

    name: str
    labels: tuple[str, ...]
    recordings: tuple[str, ...]
    groups: tuple[str, ...] | None = None

    def judged(self) -> Judgements:
        """Return which pieces belong together.

        Pieces of the asking one's own recording are no answers to it, unless they are what it is to
        find: takes of one recording are alike whatever is heard in them.
        """
        own = self.labels == self.recordings
        return judge([[label] for label in self.labels], None if own else self.recordings)

    def clusters(self) -> IntArray:
        """Return a number for each piece, the same for those that are not independent."""
        groups = self.recordings if self.groups is None else self.groups
        return np.unique(groups, return_inverse=True)[1].astype(np.int64)

    def has_answers(self) -> bool:
        """Whether any piece has anything to find."""
        return bool(self.judged().counts()[0].any())

    def chance(self) -> Mapping[str, float]:
        """Return what a random order scores on average, by measure."""
        return expect_labels(self.judged())


def cut(recording: Recording, samples: NDArray[np.float32], sample_rate: int) -> tuple[Piece, ...]:
    """Cut a test recording in the pieces that take part.

    Parameters
    ----------
    recording : Recording
    samples : NDArray[np.float32]
        All of it, shape (n,).
    sample_rate : int
        In Hz.

    Returns
    -------
    tuple of Piece
        Of music the windows of `spread_windows`, whose label is the track; of anything else all of
        it, with its own label.
    """
    if recording.kind != "music":
        return (Piece(samples, recording.label),)
    windows = spread_windows(samples, sample_rate)
    return tuple(Piece(window, origin(recording)) for window in windows)


def group_of(recording: Recording) -> str:
    """Name what a recording is not independent of: a song, its artist; anything else, itself.

    Songs by one artist share instruments, voices and a studio: where one is easy to find, so are
    the others.
    """
    if recording.kind != "music":
        return origin(recording)
    tags = read_tags(recording.path)
    return f"by {tags.artist.casefold()}" if tags.artist_known else origin(recording)


def spread_windows(
    samples: NDArray[np.float32], sample_rate: int
) -> tuple[NDArray[np.float32], ...]:
    """Cut six windows of 9.6 s out of a track; none where it is shorter than 69 s.

    Window k starts at (k + ½)/6 of all the starts there are: neither a fade-in nor the last chord
    takes part. Each has the few milliseconds more that its last patch reaches beyond it.
    """
    seconds = len(samples) / sample_rate
    if seconds < SHORTEST_TRACK:
        return ()
    starts = (np.arange(WINDOWS) + 0.5) / WINDOWS * (seconds - WINDOW_SECONDS)
    firsts = np.rint(starts * sample_rate).astype(int)
    length = round((WINDOW_SECONDS + _REACH_SECONDS) * sample_rate)
    return tuple(samples[first : first + length] for first in firsts)


def training_patches(recordings: Sequence[Recording]) -> NDArray[np.float32]:
    """Return the patches [n, 96, 64] that can be heard in recordings that are not for testing."""
    return np.concatenate([read_patches(each) for each in recordings if not each.test])


def read_patches(recording: Recording) -> NDArray[np.float32]:
    """Return a recording's patches [n, 96, 64] that can be heard; a short one is padded to one."""
    sound = read_sound(recording.path)
    sound = np.pad(sound, (0, max(MIN_SAMPLES - len(sound), 0)))
    found = patches(log_mel(sound))
    audible = sounding(
        sound, sample_rate=SAMPLE_RATE, patch_seconds=PATCH_SECONDS, count=len(found)
    )
    return found[audible]
