"""The student: VGGish's front end and topology, narrow, with a 128-d embedding."""

import torch
from torch import nn

from models.frontend import BANDS, PATCH_FRAMES

Widths = tuple[int, int, int, int, int, int]
WIDTHS: Widths = (24, 48, 96, 96, 192, 192)
HALF_WIDTHS: Widths = (12, 24, 48, 48, 96, 96)
POOL_AFTER = (0, 1, 3, 5)
HIDDEN = 256
DIM = 128


def build_student(seed: int, widths: Widths = WIDTHS) -> nn.Sequential:
    """Build the network with random weights.

    3×3 convolutions with zero padding, batch norm and ReLU; VGGish's four 2×2 pools; one hidden
    layer; a linear embedding with no ReLU.

    Parameters
    ----------
    seed : int
        Of the random weights.
    widths : tuple of int
        Channels of the six convolutions.

    Returns
    -------
    nn.Sequential
        From log-mel patches [n, 1, 96, 64] to embeddings [n, 128].
    """
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    channels = 1
    for place, width in enumerate(widths):
        layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)]
        layers += [nn.ReLU()]
        if place in POOL_AFTER:
            layers += [nn.MaxPool2d(2)]
        channels = width
    shrink = 2 ** len(POOL_AFTER)
    flat = (PATCH_FRAMES // shrink) * (BANDS // shrink) * channels
    layers += [nn.Flatten(), nn.Linear(flat, HIDDEN, bias=False), nn.BatchNorm1d(HIDDEN)]
    layers += [nn.ReLU(), nn.Linear(HIDDEN, DIM)]
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)
