"""Checks that a model listens: the product's own embedder, on sound."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from models.card import ModelCard, ModelFile
from models.embedders import open_embedder
from models.frontend import HOP_SAMPLES, MIN_SAMPLES, PATCH_FRAMES, SAMPLE_RATE
from models.runtime import Runtime
from models.session import BATCH
from models.types import FloatArray, ModelError
from tools.install.findings import Finding, finding

_PATCH_SAMPLES: Final = PATCH_FRAMES * HOP_SAMPLES
# A batch and a piece of one, so that the last one is padded.
_PATCHES: Final = BATCH + 2
# What is less, relative to the largest number, may be rounding.
_LEAST_DIFFERENCE: Final = 1e-3


def check_listening(card: ModelCard, file: ModelFile | None) -> Finding:
    """Check that a model embeds sound as it does in the product, and hears what it is.

    Parameters
    ----------
    card : ModelCard
    file : ModelFile or None
        One of the card's; None where it has none.
    """
    expected = f"another embedding for each of {_PATCHES} patches"
    found = _listen(card, file)
    return finding("listening", expected, found or expected)


def _listen(card: ModelCard, file: ModelFile | None) -> str:
    """Return why a model cannot listen; empty where it can."""
    step = _PATCH_SAMPLES / SAMPLE_RATE
    if not math.isclose(card.patch_seconds, step):
        return f"patch_seconds is {card.patch_seconds:g}, the front end's patches take {step:g}"
    try:
        made = open_embedder(Runtime(card, file, None), 1).embed(_sound())
    except ModelError as error:
        return error.sentence
    rows = made.embeddings
    if len(rows) != _PATCHES:
        return f"{len(rows)} embeddings of {_PATCHES} patches"
    apart = np.abs(rows[:, None] - rows[None]).max(axis=2)[np.triu_indices(_PATCHES, 1)]
    if apart.min() <= _LEAST_DIFFERENCE * np.abs(rows).max():
        return "the same embedding for different sounds"
    return ""


def _sound() -> FloatArray:
    """Return sound for the patches: a tone in noise, both of which rise from patch to patch."""
    count = _PATCHES * _PATCH_SAMPLES + MIN_SAMPLES - _PATCH_SAMPLES
    t = np.arange(count) / SAMPLE_RATE
    part = np.minimum(np.arange(count) // _PATCH_SAMPLES, _PATCHES - 1) / _PATCHES
    noise = np.random.default_rng(15_600).standard_normal(count)
    sound = (0.01 + 0.05 * part) * noise + 0.5 * np.sin(2 * np.pi * 150 * 40**part * t)
    return sound.astype(np.float32)
