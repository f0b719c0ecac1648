"""The teacher: YAMNet's 1024-d embedding, its published weights run in float32.

The published file computes its spectra and its convolutions from int8 values, which blurs quiet
sound. Here only its weights are taken: the spectra come from the project's own front end (the two
models share everything but the logarithm's offset), and the network runs in float32, in batches.
"""

from pathlib import Path

import numpy as np
import torch
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray
from torch import nn

from models.frontend import LOG_OFFSET

DIM = 1024
YAMNET_LOG_OFFSET = 0.001
HALVING_LAYERS = (1, 3, 5, 7, 13)
LAYERS = 14


def load_teacher(path: Path) -> nn.Sequential:
    """Read YAMNet's weights out of its TensorFlow Lite file.

    Parameters
    ----------
    path : Path
        ``yamnet_waveform.tflite``.

    Returns
    -------
    nn.Sequential
        From YAMNet's log-mel patches [n, 1, 96, 64] to embeddings [n, 1024], both float32.
    """
    constants = _constants(path)
    layers: list[nn.Module] = [
        *_convolution(constants, "layer1/conv", halve=True, depthwise=False),
    ]
    for number in range(2, LAYERS + 1):
        for kind in ("depthwise_conv", "pointwise_conv"):
            depthwise = kind == "depthwise_conv"
            halve = depthwise and number in HALVING_LAYERS
            layers += _convolution(
                constants, f"layer{number}/{kind}", halve=halve, depthwise=depthwise
            )
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers).to(memory_format=torch.channels_last).eval()


def teach(teacher: nn.Sequential, patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """Embed the project's log-mel patches with the teacher.

    Parameters
    ----------
    teacher : nn.Sequential
        From `load_teacher`.
    patches : NDArray[np.float32]
        Shape (n, 96, 64), as `models.frontend` makes them.

    Returns
    -------
    NDArray[np.float32]
        Shape (n, 1024), all values ≥ 0.
    """
    heard = torch.from_numpy(yamnet_log_mel(patches)).unsqueeze(1)
    with torch.inference_mode():
        return np.asarray(teacher(heard.contiguous(memory_format=torch.channels_last)).numpy())


def yamnet_log_mel(patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn ``ln(mel + 0.01)`` into YAMNet's ``ln(mel + 0.001)``."""
    mel = np.maximum(np.exp(patches.astype(np.float64)) - LOG_OFFSET, 0.0)
    return np.log(mel + YAMNET_LOG_OFFSET).astype(np.float32)


def _constants(path: Path) -> dict[str, NDArray[np.float32]]:
    interpreter = Interpreter(
        str(path), experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    interpreter.allocate_tensors()
    found: dict[str, NDArray[np.float32]] = {}
    for detail in interpreter.get_tensor_details():
        stem, _, name = detail["name"].split(";")[0].partition("/")
        if stem != "yamnet_frames" or not name.startswith("layer"):
            continue
        layer, kind, *_ = name.split("/")
        rank = len(detail["shape"])
        if rank not in (1, 4) or (
            rank == 4 and detail["shape"][0] == 1 and kind != "depthwise_conv"
        ):
            continue
        key = f"{layer}/{kind}/{'bias' if rank == 1 else 'weight'}"
        if key in found:
            continue
        values = np.asarray(interpreter.get_tensor(detail["index"]), np.float32)
        scales = detail["quantization_parameters"]["scales"]
        found[key] = values * scales if len(scales) else values
    return found


def _convolution(
    constants: dict[str, NDArray[np.float32]], name: str, *, halve: bool, depthwise: bool
) -> list[nn.Module]:
    weight = torch.from_numpy(constants[f"{name}/weight"])
    # Lite files keep (outputs, height, width, inputs), and (1, height, width, channels) depthwise.
    weight = weight.permute(3, 0, 1, 2) if depthwise else weight.permute(0, 3, 1, 2)
    outputs, inputs, height, _ = weight.shape
    layer = nn.Conv2d(
        inputs * outputs if depthwise else inputs,
        outputs,
        height,
        stride=2 if halve else 1,
        groups=outputs if depthwise else 1,
    )
    layer.weight.data = weight.contiguous(memory_format=torch.channels_last)
    layer.bias.data = torch.from_numpy(constants[f"{name}/bias"])
    if height == 1:
        return [layer, nn.ReLU()]
    # TensorFlow's SAME: with stride 2 on an even side the one row of padding goes to the far end.
    padding = nn.ZeroPad2d((0, 1, 0, 1) if halve else 1)
    return [padding, layer, nn.ReLU()]
