"""The polish: directions that codecs push in count less, and a layer takes the map in."""

import numpy as np
import pytest

from tools.train.polish import find_polish

DIM = 6
WIDTHS = np.array([4.0, 2.0, 1.0, 1.0, 1.0, 1.0])


def some_pairs(noise: np.ndarray, count: int = 4000) -> np.ndarray:
    """Draw clean vectors of known widths, and the same moved by noise of known widths."""
    rng = np.random.default_rng(8)
    clean = 3 + rng.standard_normal((count, DIM)) * WIDTHS
    return np.stack([clean, clean + rng.standard_normal((count, DIM)) * noise], axis=1)


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def test_nothing_asked_is_nothing_done() -> None:
    polish = find_polish(some_pairs(np.ones(DIM)), np.zeros(DIM), flattening=0.0, damping=0.0)
    np.testing.assert_allclose(polish.matrix, np.eye(DIM), atol=1e-6)


def test_a_direction_is_damped_by_its_noise() -> None:
    noise = np.array([0, 0, 1.0, 0.5, 0, 0])
    polish = find_polish(some_pairs(noise), np.zeros(DIM), flattening=0.0, damping=3.0)
    wanted = np.diag(1 / (1 + 3 * (noise / WIDTHS) ** 2))
    np.testing.assert_allclose(polish.matrix, wanted, atol=0.06)


@pytest.mark.parametrize(("flattening", "widths"), [(1.0, np.ones(DIM)), (0.5, np.sqrt(WIDTHS))])
def test_flattening_evens_the_widths_out(flattening: float, widths: np.ndarray) -> None:
    pairs = some_pairs(np.zeros(DIM))
    polish = find_polish(pairs, np.zeros(DIM), flattening=flattening, damping=5.0)
    flat = pairs[:, 0] @ polish.matrix.T
    np.testing.assert_allclose(flat.std(axis=0), widths, atol=0.1)


def test_coded_sounds_lie_nearer_to_the_clean_ones() -> None:
    pairs = some_pairs(np.array([0, 0, 0.8, 0.8, 0, 0])) - 3
    polish = find_polish(pairs, np.zeros(DIM), flattening=0.0, damping=45.0)
    before = (unit(pairs[:, 0]) * unit(pairs[:, 1])).sum(axis=1).mean()
    polished = unit(pairs @ polish.matrix.T)
    assert (polished[:, 0] * polished[:, 1]).sum(axis=1).mean() > before + 0.04


def test_a_layer_takes_the_map_in_and_the_centre_stays() -> None:
    rng = np.random.default_rng(2)
    centre = rng.standard_normal(DIM)
    polish = find_polish(some_pairs(np.full(DIM, 0.3)), centre)
    weight, bias, heard = rng.random((DIM, 9)), rng.random(DIM), rng.random((5, 9))
    folded_weight, folded_bias = polish.fold(weight, bias)
    wanted = (heard @ weight.T + bias - centre) @ polish.matrix.T + centre
    np.testing.assert_allclose(heard @ folded_weight.T + folded_bias, wanted, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(polish.fold(weight, centre)[1], centre, rtol=1e-6)
