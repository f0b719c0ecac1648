"""Writes a trained student as an ONNX file: batch norm folded in, weights stored as float16."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.frontend import BANDS, PATCH_FRAMES
from tools.files import write_whole
from tools.onnx_chain import Chain

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
    chain = Chain()
    chain.add("Reshape", chain.constant("shape", np.array([-1, 1, PATCH_FRAMES, BANDS])))
    modules = list(network)
    for module, following in zip(modules, [*modules[1:], None], strict=True):
        _add_module(chain, module, following)
    chain.name_last(OUTPUT)
    model = chain.finish(metadata.get("name", "student"), {OUTPUT: dim}, metadata)
    write_whole(path, model.SerializeToString(), "Name another file with --out.")


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


def _add_module(chain: Chain, module: nn.Module, following: nn.Module | None) -> None:
    match module:
        case nn.Conv2d():
            chain.add("Conv", *_folded(chain, "conv", module, following), pads=[1] * 4)
        case nn.Linear():
            chain.add("Gemm", *_folded(chain, "fc", module, following), transB=1)
        case nn.ReLU():
            chain.add("Relu")
        case nn.MaxPool2d():
            chain.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
        case nn.Flatten():
            chain.add("Flatten")
        case nn.BatchNorm1d() | nn.BatchNorm2d():
            pass  # folded into the layer before it
        case _:
            raise TypeError(f"There is no ONNX form for {type(module).__name__} here.")


def _folded(
    chain: Chain, kind: str, layer: nn.Module, following: nn.Module | None
) -> tuple[str, str]:
    weight, bias = fold_batch_norm(layer, following)
    name = f"{kind}_{chain.length}"
    return (
        chain.weight(f"{name}_weight", weight.astype(np.float16)),
        chain.weight(f"{name}_bias", bias.astype(np.float16)),
    )


def _array(tensor: torch.Tensor) -> NDArray[np.float32]:
    return np.asarray(tensor.detach().numpy(), np.float32)
