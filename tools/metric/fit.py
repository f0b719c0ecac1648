"""Fits a metric: a network that draws together what shares a genre and spreads the rest apart.

The loss is supervised contrastive learning (Khosla et al., NeurIPS 2020) for sounds with several
labels: how much a pair attracts is the share of their genres that both have (Jaccard's index), a
rare genre counting more than a common one. Telling the genres apart is asked beside it, which makes
little difference.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from models.types import FloatArray
from tools.metric.material import Material

Progress = Callable[[int, int], None]
"""Told how many batches are done, and of how many."""

_SHARPNESS = 8.0  # of the genres' scores, which are products of unit vectors else
_NEVER = -1e9


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a metric is, and how it is fitted.

    Attributes
    ----------
    hidden : int
        Width of the layer between; 0 makes the whole of it linear.
    dim : int
        Length of the vectors it gives.
    dropout : float
        Share of the layer between that is left out of each step, in [0, 1).
    noise : float
        Standard deviation of what is added to each number of a vector, against that number's own.
    temperature : float
        Of the contrast: the smaller, the more the nearest neighbours count.
    naming : float
        Weight of telling the genres apart, beside the contrast.
    epochs, batch : int
    rate, decay : float
        The highest learning rate, and AdamW's weight decay.
    seed : int
        Of the weights, the noise and the order of the batches.
    """

    hidden: int = 512
    dim: int = 128
    dropout: float = 0.4
    noise: float = 0.15
    temperature: float = 0.1
    naming: float = 2.0
    epochs: int = 600
    batch: int = 512
    rate: float = 2e-3
    decay: float = 1e-2
    seed: int = 1


def fit(
    material: Material, recipe: Recipe, *, progress: Progress = lambda _done, _of: None
) -> nn.Sequential:
    """Fit a metric; the same material and recipe make the same one on the same machine.

    Parameters
    ----------
    material : Material
        What to learn from; a batch is all of it where there is less.
    recipe : Recipe
    progress : callable

    Returns
    -------
    nn.Sequential
        In evaluation mode: from unit vectors [n, 128] to vectors [n, dim] of any length.
    """
    with _one_thread():
        return _fit(material, recipe, progress)


def apply(network: nn.Sequential, vectors: FloatArray) -> FloatArray:
    """Return what a metric makes of vectors [n, 128]: others [n, dim], of unit length."""
    with torch.no_grad():
        return np.asarray(functional.normalize(network(torch.from_numpy(vectors))), np.float32)


def attraction(labels: torch.Tensor) -> torch.Tensor:
    """Return how much each two items attract each other.

    Parameters
    ----------
    labels : torch.Tensor [shape=(n, g), float32]
        What each label of an item weighs; 0 for those it has not.

    Returns
    -------
    torch.Tensor [shape=(n, n), float32]
        Weight of the labels that both have over that of those that either has, in [0, 1]; 0 on the
        diagonal.
    """
    both = labels.sqrt() @ labels.sqrt().T
    sums = labels.sum(1)
    shares = both / (sums[:, None] + sums - both).clamp(min=1e-6)
    return shares.fill_diagonal_(0)


def contrast(vectors: torch.Tensor, pulls: torch.Tensor, temperature: float) -> torch.Tensor:
    """Return the loss of a batch: how far from its likes each item points, on average.

    Parameters
    ----------
    vectors : torch.Tensor [shape=(n, dim)]
        Of unit length.
    pulls : torch.Tensor [shape=(n, n)]
        As `attraction` makes them; items that nothing attracts do not count.
    temperature : float
    """
    itself = torch.eye(len(vectors), dtype=torch.bool)
    likely = functional.log_softmax(
        (vectors @ vectors.T / temperature).masked_fill(itself, _NEVER), 1
    )
    sums = pulls.sum(1)
    losses = -(pulls * likely).sum(1) / sums.clamp(min=1e-6)
    return losses[sums > 0].mean()


def _fit(material: Material, recipe: Recipe, progress: Progress) -> nn.Sequential:
    torch.manual_seed(recipe.seed)
    vectors = torch.from_numpy(material.vectors)
    labels = torch.from_numpy(material.labels.astype(np.float32))
    rarity = torch.log(len(labels) / (labels.sum(0) + 1))
    weighed = labels * rarity / rarity.max()
    network = _network(vectors.shape[1], recipe)
    naming = nn.Linear(recipe.dim, labels.shape[1])
    learning = nn.ModuleList([network, naming])
    optimiser = torch.optim.AdamW(learning.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    batch = min(recipe.batch, len(vectors))
    steps = recipe.epochs * (len(vectors) // batch)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=steps)
    spread = recipe.noise * vectors.std()
    for step, rows in enumerate(_batches(len(vectors), batch, recipe.epochs)):
        given = vectors[rows] + spread * torch.randn(len(rows), vectors.shape[1])
        found = functional.normalize(network(given))
        loss = contrast(found, attraction(weighed[rows]), recipe.temperature)
        named = functional.binary_cross_entropy_with_logits(
            naming(_SHARPNESS * found), labels[rows]
        )
        optimiser.zero_grad()
        (loss + recipe.naming * named).backward()
        optimiser.step()
        rates.step()
        progress(step + 1, steps)
    return network.eval()


def _network(dim: int, recipe: Recipe) -> nn.Sequential:
    """Return a network with random weights, which takes unit vectors as if each number were ±1."""
    sizes = [dim, *([recipe.hidden] if recipe.hidden else []), recipe.dim]
    layers = [nn.Linear(given, wanted) for given, wanted in pairwise(sizes)]
    with torch.no_grad():
        layers[0].weight *= math.sqrt(dim)
    if not recipe.hidden:
        return nn.Sequential(*layers)
    return nn.Sequential(layers[0], nn.GELU(), nn.Dropout(recipe.dropout), layers[1])


def _batches(items: int, batch: int, epochs: int) -> Iterator[torch.Tensor]:
    """Yield the items of each batch: whole ones, each item once in a pass at most."""
    for _ in range(epochs):
        order = torch.randperm(items)
        yield from order[: items - items % batch].split(batch)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep PyTorch to one thread: sums come out the same however many cores there are."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
