"""Writes a metric as an ONNX file, weights stored as float16."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import onnx
import torch
from torch import nn

from tools.onnx_chain import Chain

INPUT = "windows"
OUTPUT = "vectors"


def as_onnx(network: nn.Sequential, metadata: Mapping[str, str]) -> onnx.ModelProto:
    """Return a metric as a graph from ``windows`` float32 [n, 128] to ``vectors`` [n, dim].

    Parameters
    ----------
    network : nn.Sequential
        Linear layers, GELU and dropout.
    metadata : mapping of str to str
        Kept in the file's ``metadata_props``.

    Raises
    ------
    TypeError
        There is another layer in it.
    """
    layers = [layer for layer in network if isinstance(layer, nn.Linear)]
    chain = Chain(INPUT, (layers[0].in_features,))
    for layer in network:
        match layer:
            case nn.Linear():
                chain.add("Gemm", *_weights(chain, layer), transB=1)
            case nn.GELU():
                _add_gelu(chain)
            case nn.Dropout():
                pass  # only while it learns
            case _:
                raise TypeError(f"There is no ONNX form for {type(layer).__name__} here.")
    chain.name_last(OUTPUT)
    return chain.finish(metadata.get("name", "metric"), {OUTPUT: layers[-1].out_features}, metadata)


def _weights(chain: Chain, layer: nn.Linear) -> tuple[str, str]:
    name = f"fc_{chain.length}"
    return (
        chain.weight(f"{name}_weight", _half(layer.weight)),
        chain.weight(f"{name}_bias", _half(layer.bias)),
    )


def _add_gelu(chain: Chain) -> None:
    """Append ``x · (1 + erf(x / √2)) / 2``: this opset has no operator for it."""
    given = chain.last
    name = f"gelu_{chain.length}"
    constants = {"root": 1 / math.sqrt(2), "one": 1.0, "half": 0.5}
    root, one, half = (
        chain.constant(f"{name}_{key}", np.array(value, np.float32))
        for key, value in constants.items()
    )
    chain.add("Mul", root)
    chain.add("Erf")
    chain.add("Add", one)
    chain.add("Mul", given)
    chain.add("Mul", half)


def _half(tensor: torch.Tensor) -> np.ndarray:
    return np.asarray(tensor.detach().numpy(), np.float16)
