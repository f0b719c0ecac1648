"""Which class of embedder a model wants: the one place where front ends are told apart."""

from __future__ import annotations

from models.card import LIBROSA_FEATURES
from models.embedder import OnnxEmbedder
from models.librosa_stats import LibrosaStats
from models.runtime import Runtime
from models.types import Embedder


def open_embedder(runtime: Runtime, threads: int) -> Embedder:
    """Open the embedder of a model, as the front end on its card calls for.

    Parameters
    ----------
    runtime : Runtime
    threads : int
        Processor threads it may use, at least 1.

    Raises
    ------
    ModelError
        The front end is not known, or the model's file cannot be used.
    """
    if runtime.card.front_end == LIBROSA_FEATURES:
        return LibrosaStats(runtime)
    return OnnxEmbedder(runtime, threads)
