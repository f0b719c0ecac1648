"""The embedder without a network: statistics of classical features, the floor for every model."""

from __future__ import annotations

import numpy as np

from models.card import LIBROSA_FEATURES
from models.compiled import keep_compiled
from models.runtime import Runtime
from models.types import FloatArray, ModelError, ModelStamp, PatchEmbeddings

# Patches whose spectra are in memory at once.
_BATCH = 32


class LibrosaStats:
    """Embeds 16 kHz sound as mean, maximum and minimum of librosa's features of each patch.

    Once it is open, all that librosa compiles is compiled: the first clip is as quick as the next.

    Parameters
    ----------
    runtime : Runtime

    Raises
    ------
    ModelError
        The card asks for something else, or librosa cannot be loaded.
    """

    def __init__(self, runtime: Runtime) -> None:
        keep_compiled(runtime.cache)
        # Seconds and a quarter of a gigabyte, for those alone who run this model.
        from models import librosa_features  # noqa: PLC0415

        card, known = runtime.card, librosa_features
        asked = (card.front_end, card.sample_rate, card.dim, card.patch_seconds)
        seconds = known.PATCH_SAMPLES / known.SAMPLE_RATE
        if asked != (LIBROSA_FEATURES, known.SAMPLE_RATE, known.DIM, seconds):
            raise ModelError(
                f"The model {card.name} wants {card.dim} numbers from the front end "
                f"{card.front_end!r} at {card.sample_rate} Hz every {card.patch_seconds:g} s, "
                "which is not known here.",
                "Use a newer Soundalike, or another model.",
            )
        known.warm_up()
        self._runtime = runtime
        self._features = librosa_features

    @property
    def stamp(self) -> ModelStamp:
        """Which model this is, and in which embedding space its vectors live."""
        return self._runtime.stamp

    @property
    def sample_rate(self) -> int:
        """The rate `embed` wants its samples in: 16,000 Hz."""
        return self._runtime.card.sample_rate

    def embed(self, samples: FloatArray) -> PatchEmbeddings:
        """Embed every whole patch of mono sound.

        Parameters
        ----------
        samples : np.ndarray [shape=(n,), float32]
            At 16 kHz, in [-1, 1].

        Returns
        -------
        PatchEmbeddings
            One row every 0.96 s: 166 means, as many maxima, and as many minima.
        """
        known, card = self._features, self._runtime.card
        length = known.PATCH_SAMPLES
        count = len(samples) // length
        patches = samples[: count * length].reshape(count, length)
        embeddings = np.empty((count, card.dim), np.float32)
        for first in range(0, count, _BATCH):
            part = slice(first, first + _BATCH)
            embeddings[part] = known.statistics(known.features(patches[part]))
        timestamps = np.arange(count, dtype=np.float32) * np.float32(card.patch_seconds)
        return PatchEmbeddings(embeddings, timestamps)
