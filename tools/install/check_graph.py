"""Checks of how a network is built: what goes in, what comes out, and what must not be there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import onnx
from onnx import TensorProto

from models.card import ModelCard
from models.frontend import BANDS, PATCH_FRAMES
from tools.install.findings import Finding, finding, not_applicable

CONVERTED: Final = ("embedding", "pca")
"""The outputs of a network that was converted: its own, and the same whitened."""

# As `tools.onnx_chain` writes them, and all that it writes.
_OPSET, _IR_VERSION = 17, 8
_PRODUCER = "soundalike"
_METADATA = ("name", "version", "licence", "source")
_PASS_THROUGH = ("Identity", "Cast", "Clip")


def is_ours(model: onnx.ModelProto) -> bool:
    """Whether a network was built by this project, which promises more than a card asks."""
    return model.producer_name == _PRODUCER


def check_graph(model: onnx.ModelProto, card: ModelCard) -> Iterator[Finding]:
    """Check a network's input, outputs, operators and metadata.

    Parameters
    ----------
    model : onnx.ModelProto
    card : ModelCard
        What the network is to be.
    """
    graph = model.graph
    constants = {one.name for one in graph.initializer}
    inputs = [one for one in graph.input if one.name not in constants]
    yield finding("input", f"[n, {PATCH_FRAMES}, {BANDS}] float32", ", ".join(map(_shape, inputs)))
    if card.output in CONVERTED and is_ours(model):
        wanted = ", ".join(f"{name} [n, {card.dim}] float32" for name in CONVERTED)
        yield finding("outputs", wanted, ", ".join(map(_output, graph.output)))
    else:
        used = [one for one in graph.output if card.output in ("", one.name)]
        yield finding("output", f"[n, {card.dim}] float32", ", ".join(map(_shape, used)))
    yield from _check_ours(model, card)


def _check_ours(model: onnx.ModelProto, card: ModelCard) -> Iterator[Finding]:
    operators = [node.op_type for node in model.graph.node]
    opset = ", ".join(f"{one.version}" for one in model.opset_import if not one.domain)
    last = _maker(model.graph, CONVERTED[0] if card.output in CONVERTED else card.output)
    metadata = {prop.key: prop.value for prop in model.metadata_props}
    missing = [key for key in _METADATA if not metadata.get(key)]
    for what, expected, found, passed in (
        (
            "format",
            f"opset {_OPSET}, IR {_IR_VERSION}",
            f"opset {opset}, IR {model.ir_version}",
            None,
        ),
        ("transposes", "0", str(operators.count("Transpose")), None),
        ("after the last layer", "no ReLU", f"{last} is last", last != "Relu"),
        (
            "metadata",
            ", ".join(_METADATA),
            f"without {', '.join(missing)}" if missing else ", ".join(_METADATA),
            not missing,
        ),
    ):
        if is_ours(model):
            yield finding(what, expected, found, passed=passed)
        else:
            yield not_applicable(what, expected, "not built by this project")


def _maker(graph: onnx.GraphProto, output: str) -> str:
    """Return the operator that makes an output, past those that only hand numbers on."""
    makers = {name: node for node in graph.node for name in node.output}
    name = output or (graph.output[0].name if graph.output else "")
    node = makers.get(name)
    while node is not None and node.op_type in _PASS_THROUGH and node.input[0] in makers:
        node = makers[node.input[0]]
    return node.op_type if node is not None else "nothing"


def _output(value: onnx.ValueInfoProto) -> str:
    return f"{value.name} {_shape(value)}"


def _shape(value: onnx.ValueInfoProto) -> str:
    tensor = value.type.tensor_type
    # The first axis is a name where any number of patches will do.
    sizes = [
        str(axis.dim_value) if axis.HasField("dim_value") else "n" for axis in tensor.shape.dim
    ]
    kind = "float32" if tensor.elem_type == TensorProto.FLOAT else "another type"
    return f"[{', '.join(sizes)}] {kind}"
