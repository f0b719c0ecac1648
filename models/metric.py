"""Metrics: small networks over windows, which draw together what they were taught is alike."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import onnxruntime

from models.card import Metric, ModelFile
from models.session import UNUSABLE, open_session
from models.types import FloatArray, ModelError, Windows


def project(windows: Windows, metric: Metric) -> Windows:
    """Put a metric over windows.

    Parameters
    ----------
    windows : Windows
        In the metric's own space, of unit length.
    metric : Metric

    Returns
    -------
    Windows
        As many, with the same starts, of unit length, in the space of the card that has the metric.

    Raises
    ------
    ModelError
        The metric's file is missing, another, or does not give a vector for each window.
    """
    if not len(windows):
        return windows
    vectors = _answer(metric.file, np.ascontiguousarray(windows.vectors)).astype(np.float64)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.maximum(lengths, np.finfo(np.float32).tiny)
    return Windows(vectors.astype(np.float32), windows.starts)


def _answer(file: ModelFile, vectors: FloatArray) -> FloatArray:
    session = _session(file)
    try:
        (found,) = session.run(None, {session.get_inputs()[0].name: vectors})
    except (*UNUSABLE, ValueError):
        found = np.empty(0)
    if found.shape != vectors.shape or not np.isfinite(found).all():
        raise ModelError(
            f"The metric {file.path} does not turn windows of {vectors.shape[1]} numbers into as "
            "many.",
            "Install the model again.",
        )
    return np.asarray(found, np.float32)


@lru_cache(maxsize=2)
def _session(file: ModelFile) -> onnxruntime.InferenceSession:
    """Open a metric once in a process's life; its matrices are too small for a second thread."""
    return open_session(file, 1)
