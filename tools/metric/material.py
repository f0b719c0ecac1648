"""The segments of AudioSet that have a genre: what a metric learns from and is judged on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from models.types import FloatArray, SoundalikeError
from tools.audioset.labels import GENRE, labels_below, read_vocabulary
from tools.audioset.records import Segment, read_segments
from tools.audioset.tracks import Pooling, SegmentReader
from tools.evaluate.metrics import BoolArray, IntArray

LEARN_FROM: Final = "bal_train"
"""The part of the release that a metric is fitted on, and that answers when it is judged."""

HELD_OUT: Final = "eval"
"""The part that asks when a metric is judged, and is looked at for nothing else."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Segments with a genre.

    Attributes
    ----------
    vectors : np.ndarray [shape=(n, 128), float32]
        The window of each as an index of VGGish holds it: pooled, centred, of unit length.
    labels : np.ndarray [shape=(n, g), bool]
        Which genres each has, one at least.
    names : tuple of str
        The genres.
    videos : tuple of str
        Which video each was cut from.
    """

    vectors: FloatArray
    labels: BoolArray
    names: tuple[str, ...]
    videos: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.vectors)

    def only(self, places: IntArray) -> Material:
        """Return some of the segments."""
        videos = tuple(self.videos[place] for place in places)
        return Material(self.vectors[places], self.labels[places], self.names, videos)


def read_material(archive: Path, labels: Path, ontology: Path) -> tuple[Material, Material]:
    """Read the segments that have a genre, those to learn from and those that are held out.

    Parameters
    ----------
    archive, labels, ontology : Path
        ``features.tar.gz``, ``class_labels_indices.csv`` and ``ontology.json`` of the release.

    Returns
    -------
    (Material, Material)
        Of `LEARN_FROM` and of `HELD_OUT`, with the same genres.

    Raises
    ------
    SoundalikeError
        A file cannot be read, is damaged or another, or one of the parts has no genres.
    """
    genres = sorted(labels_below(GENRE, labels, ontology))
    vocabulary = read_vocabulary(labels, ontology)
    reader = SegmentReader(vocabulary, Pooling.MEAN)
    parts: dict[str, list[Segment]] = {LEARN_FROM: [], HELD_OUT: []}
    for segment in read_segments(archive, {*genres}):
        if segment.part in parts and not reader.problem(segment):
            parts[segment.part].append(segment)
    if not all(parts.values()):
        raise SoundalikeError(
            f"{archive} has no genres in its part {LEARN_FROM}, or none in {HELD_OUT}.",
            "Take the release with both.",
        )
    names = vocabulary.names(genres)
    learnt, held_out = (_material(segments, genres, names, reader) for segments in parts.values())
    return learnt, held_out


def joined(one: Material, other: Material) -> Material:
    """Return the segments of both, which have the same genres."""
    return Material(
        np.concatenate([one.vectors, other.vectors]),
        np.concatenate([one.labels, other.labels]),
        one.names,
        one.videos + other.videos,
    )


def deal(material: Material, folds: int) -> IntArray:
    """Deal segments out to folds [n] by their videos' names, so that no video is in two of them."""
    digests = (hashlib.blake2b(video.encode(), digest_size=8) for video in material.videos)
    return np.array([int.from_bytes(digest.digest(), "big") % folds for digest in digests])


def _material(
    segments: list[Segment], genres: list[int], names: tuple[str, ...], reader: SegmentReader
) -> Material:
    labels = np.zeros((len(segments), len(genres)), bool)
    places = {genre: place for place, genre in enumerate(genres)}
    for row, segment in enumerate(segments):
        labels[row, [places[label] for label in segment.labels if label in places]] = True
    vectors = np.concatenate([reader.embedded(segment).windows.vectors for segment in segments])
    return Material(vectors, labels, names, tuple(segment.video for segment in segments))
