"""Checks of librosa's features: another version of it must make the same vectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from models.card import ModelCard
from models.embedders import open_embedder
from models.runtime import Runtime
from models.types import ModelError
from tools.install.findings import Finding, finding
from tools.install.tone import tone

# Worked out in float64 from the definitions of `models/librosa_features.py`, for the tone's first
# patch: where in the embedding they stand, and the means that are there.
_MEANS: Final[Mapping[str, tuple[slice, tuple[float, ...]]]] = {
    "MFCC": (slice(0, 3), (-654.007976, 17.7007623, -17.2165375)),
    "mel bands": (slice(61, 64), (65.3339931, 109.266223, 15.2614144)),
    "chroma": (slice(157, 160), (7.54619585e-05, 0.0611795919, 1.0)),
    "tonal centroids": (slice(160, 163), (0.320181474, -0.364560852, 0.716272910)),
}
_ERROR = 1e-4


def check_features(card: ModelCard) -> Iterator[Finding]:
    """Check the features of the tone of the smoke test, some of each kind.

    Parameters
    ----------
    card : ModelCard
        Of a model without a network.
    """
    try:
        first = open_embedder(Runtime(card, None), 1).embed(tone()).embeddings[0]
    except ModelError as error:
        yield finding("features", "some", error.sentence)
        return
    for what, (places, wanted) in _MEANS.items():
        found = first[places].tolist()
        same = bool(np.allclose(found, wanted, rtol=_ERROR, atol=_ERROR))
        yield finding(f"{what} of a tone", _numbers(wanted), _numbers(found), passed=same)


def _numbers(numbers: Sequence[float]) -> str:
    return ", ".join(f"{number:.4f}" for number in numbers)
