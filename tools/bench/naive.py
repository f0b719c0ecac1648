"""The straightforward way to do the main job, as a yardstick: no batches, no index."""

from __future__ import annotations

import io

import librosa
import numpy as np
import onnxruntime

from models import frontend
from models.card import check_file
from models.runtime import Runtime
from models.types import FloatArray


class NaivePipeline:
    """Loads with librosa, calls the network once for every patch, compares with every vector."""

    def __init__(self, runtime: Runtime) -> None:
        card = runtime.card
        self._rate = card.sample_rate
        self._mean = np.array(card.mean, np.float32)
        self._session = onnxruntime.InferenceSession(
            check_file(runtime.network), providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name
        self._outputs = [card.output] if card.output else None

    def embed(self, data: bytes) -> FloatArray:
        """Return the embeddings [n, dim] of an encoded clip."""
        samples, _ = librosa.load(io.BytesIO(data), sr=self._rate)
        return self.embed_patches(frontend.patches(frontend.log_mel(samples)))

    def embed_patches(self, patches: FloatArray) -> FloatArray:
        """Return the embeddings [n, dim] of patches [n, 96, 64], one call for each."""
        rows = [
            self._session.run(self._outputs, {self._input: patch[np.newaxis]})[0]
            for patch in patches
        ]
        return np.concatenate(rows)

    def search(self, data: bytes, vectors: FloatArray, count: int = 10) -> FloatArray:
        """Return the similarities of the nearest vectors to a clip's mean."""
        mean = self.embed(data).mean(axis=0) - self._mean
        similarities: FloatArray = vectors @ (mean / np.linalg.norm(mean))
        return np.sort(similarities)[-count:]
