"""AudioSet's segments as tracks of an index."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import quote

import numpy as np

from index.origin import Origin
from models.audioset import dequantise
from models.card import ModelCard
from models.cards import load_card
from models.metric import project
from models.types import (
    EmbeddedTrack,
    FloatArray,
    ModelError,
    ModelStamp,
    PatchEmbeddings,
    Track,
    Windows,
)
from models.windows import WINDOW_HOP, WINDOW_PATCHES, pool
from tools.audioset.records import DIM, Segment
from tools.install.cards import published_fields
from tools.install.release import OFFICIAL
from tools.vocabulary import Vocabulary

PATCH_SECONDS: Final = 0.96
SOURCE: Final = "audioset"
YOUTUBE: Final = "https://www.youtube.com/watch?v="

_UNTITLED: Final = "segment without a label"
_SMALLEST: Final = float(np.finfo(np.float32).tiny)


class Pooling(StrEnum):
    """How the embeddings of a segment become one vector.

    `MEAN` averages them, as the windows of all tracks are made: vectors of 128 numbers that lie in
    VGGish's own space. `CONCAT` puts ten of them side by side, 1280 numbers, which tell early from
    late; they can be compared only with each other.
    """

    MEAN = "mean"
    CONCAT = "concat"


class SegmentReader:
    """Makes tracks of segments.

    Parameters
    ----------
    vocabulary : Vocabulary
    pooling : Pooling
    over : ModelCard or None
        The card with a metric that is put over their windows; None for none.

    Attributes
    ----------
    origin : Origin
        What is said to have made the vectors: VGGish as Google published it, in the windows that
        clips have, and the metric.
    mean : tuple of float
        What each embedding is centred on: the mean of VGGish's card, wherever it is installed.
    """

    def __init__(
        self, vocabulary: Vocabulary, pooling: Pooling, over: ModelCard | None = None
    ) -> None:
        card = published_fields()
        self.mean: tuple[float, ...] = tuple(map(float, card["mean"]))
        self._vocabulary = vocabulary
        self._pooling = pooling
        concat = pooling is Pooling.CONCAT
        stamp = ModelStamp(
            model=f"{card['name']}-concat" if concat else card["name"],
            version=card["version"],
            space=f"{card['embedding_space']}-concat" if concat else card["embedding_space"],
            dim=WINDOW_PATCHES * DIM if concat else DIM,
            sha512=OFFICIAL.checkpoint.sha512,
            precision="uint8",
        )
        self._metric = over.metric if over else None
        if over:
            stamp = replace(stamp, model=over.name, version=over.version, space=over.space)
        self.origin = Origin(stamp, WINDOW_PATCHES * PATCH_SECONDS, WINDOW_HOP * PATCH_SECONDS)

    def problem(self, segment: Segment) -> str:
        """Say in a sentence why a segment makes no track; empty where it makes one."""
        if not len(segment.codes):
            return "It has no embeddings."
        if self._pooling is Pooling.CONCAT and len(segment.codes) < WINDOW_PATCHES:
            return f"It is shorter than {WINDOW_PATCHES} embeddings, so they are not put in a row."
        return ""

    def track(self, segment: Segment) -> Track:
        """Return the track of a segment; its times count from where the link begins to play."""
        lasts = segment.end - segment.start
        return Track(
            id=f"{segment.video}@{segment.start:g}",
            title=" · ".join(self._vocabulary.narrowest(segment.labels)) or _UNTITLED,
            seconds=lasts if lasts > 0 else len(segment.codes) * PATCH_SECONDS,
            labels=self._vocabulary.names(segment.labels),
            url=link_to(segment),
            source=SOURCE,
        )

    def embedded(self, segment: Segment) -> EmbeddedTrack:
        """Return the track of a segment that has no `problem`, and its vectors."""
        embeddings = dequantise(segment.codes)
        concat = self._pooling is Pooling.CONCAT
        windows = self._row(embeddings) if concat else self._means(embeddings)
        return EmbeddedTrack(self.track(segment), windows)

    def _means(self, embeddings: FloatArray) -> Windows:
        starts = np.arange(len(embeddings), dtype=np.float32) * np.float32(PATCH_SECONDS)
        audible = np.ones(len(embeddings), bool)
        windows = pool(PatchEmbeddings(embeddings, starts), audible, self.mean)
        return project(windows, self._metric) if self._metric else windows

    def _row(self, embeddings: FloatArray) -> Windows:
        centred = embeddings[:WINDOW_PATCHES].astype(np.float64) - self.mean
        row = centred.reshape(1, -1)
        row /= max(float(np.linalg.norm(row)), _SMALLEST)
        return Windows(row.astype(np.float32), np.zeros(1, np.float32))


def link_to(segment: Segment) -> str:
    """Return where a segment can be seen, from its first second on."""
    return f"{YOUTUBE}{quote(segment.video, safe='')}&t={int(segment.start)}s"


def check_centring(mean: tuple[float, ...], models_dir: Path) -> None:
    """Refuse vectors that an installed VGGish could not be compared with.

    Parameters
    ----------
    mean : tuple of float
        What they are centred on.
    models_dir : Path
        Where its card would lie.

    Raises
    ------
    ModelError
        Its card says that it lives in the same space, and centres on another mean.
    """
    fields = published_fields()
    try:
        card = load_card(str(fields["name"]), models_dir)
    except ModelError:
        return  # there is none, or none that could listen
    if card.space == fields["embedding_space"] and not np.allclose(card.mean, mean, atol=1e-6):
        raise ModelError(
            f"The {card.name} that is installed centres its vectors on another mean than the one "
            "AudioSet's are centred on: they could not be compared.",
            f"Run `soundalike model fetch {card.name} --again`, then this command.",
        )
