"""What the tests of quantisation start from: a narrow VGGish in a models folder, and sounds."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import onnx

from models.card import ModelCard, ModelFile
from models.cards import read_card
from tests.models.tiny import card_text
from tests.tools.convert.making import random_variables, write_pca
from tools.convert.graph import build_vggish
from tools.convert.network import Topology, weights_from_tensorflow
from tools.convert.pca import read_pca
from tools.install.cards import describe
from tools.quantize.sounds import Sound

NARROW = Topology.narrow(16)
METADATA = {"name": "narrow", "version": "1", "licence": "MIT", "source": "made up"}
RATE = 16_000


def write_narrow(path: Path, seed: int = 1) -> Path:
    """Write a narrow VGGish with made-up weights, stored as float16."""
    pca = read_pca(write_pca(path.with_suffix(".npz")))
    weights = weights_from_tensorflow(random_variables(NARROW, seed), NARROW)
    onnx.save(build_vggish(weights, pca, metadata=METADATA), path)
    return path


def write_model(folder: Path, name: str = "narrow") -> ModelCard:
    """Write it into a models folder, with a card; its embedding is the one before the whitening."""
    folder.mkdir(parents=True, exist_ok=True)
    network = write_narrow(folder / f"{name}.onnx")
    text = card_text(network, name=f'"{name}"', dim="128", mean=str([0.0] * 128))
    fields, _, file = text.partition("[[files]]")
    text = f'{fields}output = "embedding"\nnote = "kept"\n\n[[files]]{file}'
    card = folder / f"{name}.toml"
    card.write_text(text.replace('"fp32"', '"fp16"'))
    return read_card(card, folder)


def described(path: Path, precision: str = "int8") -> ModelFile:
    return describe(path, precision)


@cache
def pieces(count: int = 24) -> tuple[Sound, ...]:
    """Make pieces of sound, each a chord, a pulse and a noise of its own."""
    return tuple(Sound(f"piece {number}", piece(number)) for number in range(count))


def piece(number: int, seconds: float = 3.0) -> np.ndarray:
    rng = np.random.default_rng(number)
    t = np.arange(round(seconds * RATE)) / RATE
    chord = sum(np.sin(2 * np.pi * 110 * 2 ** (step / 12) * t) for step in rng.integers(0, 40, 3))
    pulse = 0.6 + 0.4 * np.sign(np.sin(2 * np.pi * rng.uniform(1, 8) * t))
    hiss = rng.uniform(0.01, 0.2) * rng.standard_normal(len(t))
    return (0.2 * chord * pulse + hiss).astype(np.float32).clip(-1, 1)
