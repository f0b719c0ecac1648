"""A model small enough to make in a test: real ONNX, real card, no training."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

DIM = 8


def write_network(
    path: Path, *, dim: int = DIM, bands: int = 64, mix: np.ndarray | None = None
) -> None:
    """Write a network that averages a patch over time and mixes its bands [bands, dim]."""
    if mix is None:
        mix = np.random.default_rng(7).standard_normal((bands, dim)).astype(np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["patches"], ["bands"], axes=[1], keepdims=0),
        helper.make_node("MatMul", ["bands", "mix"], ["embedding"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("patches", TensorProto.FLOAT, ["n", 96, bands])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", dim])],
        [numpy_helper.from_array(mix, "mix")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def card_text(network: Path, *, more: str = "", **changes: str) -> str:
    """Write out a card for a network, with some fields in other words."""
    data = network.read_bytes()
    fields = {
        "name": '"tiny"',
        "version": '"1"',
        "embedding_space": '"tiny-1"',
        "front_end": '"vggish-log-mel"',
        "sample_rate": "16000",
        "dim": str(DIM),
        "patch_seconds": "0.96",
        "pooling": '"mean"',
        "licence": '"MIT"',
        "training_data": '"none"',
        "mean": str([0.5] * DIM),
    } | {name: value for name, value in changes.items() if name not in {"path", "sha512", "url"}}
    file = {
        "path": changes.get("path", f'"{network.name}"'),
        "size": str(len(data)),
        "sha512": changes.get("sha512", f'"{hashlib.sha512(data).hexdigest()}"'),
        "precision": '"fp32"',
    } | ({"url": changes["url"]} if "url" in changes else {})
    lines = [f"{key} = {value}" for key, value in fields.items() if value]
    lines += ["[[files]]"] + [f"{key} = {value}" for key, value in file.items()]
    return "\n".join([*lines, more])
