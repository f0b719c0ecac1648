"""A network of VGGish's shape with made-up weights: it is as fast and as large as VGGish itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

import numpy as np
import onnx

from models import frontend
from models.card import ModelCard, ModelFile
from models.crew import Crew, as_problem
from models.embedder import FRONT_END
from models.ready import make_ready
from models.runtime import Runtime
from models.types import FloatArray
from tools.bench.weights import he_weights
from tools.cards import card_table, write_card
from tools.convert.graph import PCA, build_vggish
from tools.convert.network import DIM, Topology
from tools.convert.pca import PcaParams
from tools.quantize.quantise import quantise_model

FP32: Final = "fp32"
INT8: Final = "int8"

_CALIBRATED_ON = 32
_TIMEOUT_S = 600.0
_PATCH_SECONDS = frontend.PATCH_FRAMES * frontend.HOP_SAMPLES / frontend.SAMPLE_RATE


def made_up_vggish(home: Path, topology: Topology, patches: FloatArray) -> Mapping[str, Runtime]:
    """Make a network in a data directory and return its runtimes by precision, ready to run.

    The two precisions are models of their own, each with a card that `load_card` finds, so that
    either can be made the one that listens. Both are stored as VGGish is: 16 bits for ``fp32``.

    Parameters
    ----------
    home : Path
        A data directory, that of a host or one for the occasion.
    topology : Topology
    patches : np.ndarray [shape=(n, 96, 64), float32]
        Log-mel patches to calibrate the int8 one on; a few are used.
    """
    # In a process of its own, which takes the memory with it.
    with closing(Crew(1, None)) as crew:
        made = crew.submit(_TIMEOUT_S, _make, home, topology, patches[:_CALIBRATED_ON])
        if error := made.exception():
            raise as_problem(error) from error
    return {
        precision: make_ready(card, home / "cache") for precision, card in made.result().items()
    }


def _make(home: Path, topology: Topology, patches: FloatArray) -> dict[str, ModelCard]:
    folder = home / "models"
    folder.mkdir(parents=True, exist_ok=True)
    paths = {precision: folder / f"made-up-{precision}.onnx" for precision in (FP32, INT8)}
    whitening = PcaParams(np.eye(DIM), np.zeros(DIM))
    onnx.save(build_vggish(he_weights(topology), whitening, metadata={}), paths[FP32])
    quantise_model(paths[FP32], paths[INT8], [patches])
    return {precision: _install(path, precision) for precision, path in paths.items()}


def _install(network: Path, precision: str) -> ModelCard:
    """Write a card for a network beside it."""
    with network.open("rb") as opened:
        sha512 = hashlib.file_digest(opened, "sha512").hexdigest()
    card = ModelCard(
        name=network.stem,
        version="1",
        space="made-up",
        front_end=FRONT_END,
        sample_rate=frontend.SAMPLE_RATE,
        dim=DIM,
        patch_seconds=_PATCH_SECONDS,
        pooling="mean",
        files=(ModelFile(network, network.stat().st_size, sha512, precision),),
        licence="none",
        training_data="none",
        mean=(0.0,) * DIM,
        output=PCA,
        verified=False,
    )
    write_card(network.with_suffix(".toml"), card_table(card))
    return card
