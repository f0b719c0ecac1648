"""Writes a trained student as an ONNX file: batch norm folded in, weights stored as float16."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from models.frontend import BANDS, PATCH_FRAMES

OPSET = 17
IR_VERSION = 8
INPUT = "patches"
OUTPUT = "embedding"


def export_onnx(
    network: nn.Sequential, path: Path, *, dim: int, metadata: Mapping[str, str]
) -> None:
    """Write the network as an ONNX file.

    The graph takes ``patches`` float32 [n, 96, 64] and gives ``embedding`` float32 [n, dim]. Each
    weight is a float16 initialiser behind a Cast, so the file is half as large and the arithmetic
    stays float32. PyTorch's flatten order is kept, so no transpose is needed.

    Parameters
    ----------
    network : nn.Sequential
        Convolutions, batch norms, ReLUs, pools, flatten and linear layers.
    path : Path
        Where to write.
    dim : int
        Length of an embedding.
    metadata : Mapping[str, str]
        Kept in the file's ``metadata_props``.
    """
    graph = _Graph()
    graph.add("Reshape", [INPUT, graph.constant("shape", np.array([-1, 1, PATCH_FRAMES, BANDS]))])
    modules = list(network)
    for module, following in zip(modules, [*modules[1:], None], strict=True):
        graph.add_module(module, following)
    graph.nodes[-1].output[0] = OUTPUT
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            metadata.get("name", "student"),
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", PATCH_FRAMES, BANDS])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", dim])],
            graph.initializers,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="soundalike",
    )
    helper.set_model_props(model, dict(metadata))
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())


def fold_batch_norm(
    layer: nn.Module, norm: nn.Module | None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fold a batch norm into the convolution or linear layer before it.

    Parameters
    ----------
    layer : nn.Module
        A convolution or linear layer.
    norm : nn.Module or None
        What follows it; anything but a batch norm leaves the layer as it is.

    Returns
    -------
    tuple of NDArray[np.float32]
        Weight, in the layer's own shape, and bias [outputs].
    """
    weight = _array(layer.weight)
    bias = np.zeros(len(weight), np.float32) if layer.bias is None else _array(layer.bias)
    if not isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d):
        return weight, bias
    scale = _array(norm.weight) / np.sqrt(_array(norm.running_var) + np.float32(norm.eps))
    shape = (-1, *[1] * (weight.ndim - 1))
    folded = (bias - _array(norm.running_mean)) * scale + _array(norm.bias)
    return (weight * scale.reshape(shape)).astype(np.float32), folded.astype(np.float32)


class _Graph:
    """A chain of nodes, each fed by the one before it."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        self.initializers.append(numpy_helper.from_array(values, name))
        return name

    def weight(self, name: str, values: NDArray[np.float32]) -> str:
        stored = self.constant(f"{name}_f16", values.astype(np.float16))
        self.nodes.append(helper.make_node("Cast", [stored], [name], to=TensorProto.FLOAT))
        return name

    def add(self, operator: str, inputs: list[str], **attributes: Any) -> None:
        output = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))

    def add_module(self, module: nn.Module, following: nn.Module | None) -> None:
        source = self.nodes[-1].output[0]
        match module:
            case nn.Conv2d():
                self.add("Conv", [source, *self._folded("conv", module, following)], pads=[1] * 4)
            case nn.Linear():
                self.add("Gemm", [source, *self._folded("fc", module, following)], transB=1)
            case nn.ReLU():
                self.add("Relu", [source])
            case nn.MaxPool2d():
                self.add("MaxPool", [source], kernel_shape=[2, 2], strides=[2, 2])
            case nn.Flatten():
                self.add("Flatten", [source])
            case nn.BatchNorm1d() | nn.BatchNorm2d():
                pass  # folded into the layer before it
            case _:
                raise TypeError(f"There is no ONNX form for {type(module).__name__} here.")

    def _folded(self, kind: str, layer: nn.Module, norm: nn.Module | None) -> list[str]:
        weight, bias = fold_batch_norm(layer, norm)
        name = f"{kind}_{len(self.nodes)}"
        return [self.weight(f"{name}_weight", weight), self.weight(f"{name}_bias", bias)]


def _array(tensor: torch.Tensor) -> NDArray[np.float32]:
    return np.asarray(tensor.detach().numpy(), np.float32)
