"""The curve never falls, keeps what it was fitted on, and has few knots."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.card import Calibration, ModelCard
from tools.calibrate.isotonic import MOST_KNOTS, fit_knots, matches, pool_adjacent_violators

SEQUENCES = st.lists(
    st.tuples(st.floats(-5, 5, width=32), st.floats(0.125, 10, width=32)), min_size=1, max_size=40
)


def test_it_agrees_with_scikit_learn() -> None:
    values = [-0.2, 0.04, 0.68, 0.47, -0.13, 0.45, 0.36, 0.68, 0.24, 0.89, 0.98, 1.47]
    weights = [2.0, 3.3, 3.9, 1.8, 3.9, 3.8, 1.1, 2.6, 3.0, 3.8, 2.8, 1.0]
    # As IsotonicRegression of scikit-learn 1.9 fits them.
    pooled = [0.3115625] * 3 + [0.4297959183673469] * 2 + [0.4442857142857144] * 2
    np.testing.assert_allclose(
        pool_adjacent_violators(np.array(values), np.array(weights)),
        [-0.2, 0.04, *pooled, 0.89, 0.98, 1.47],
    )


@given(SEQUENCES)
def test_the_sequence_never_falls_and_keeps_its_mean(rows: list[tuple[float, float]]) -> None:
    values, weights = np.array(rows, np.float64).T
    fitted = pool_adjacent_violators(values, weights)
    assert (np.diff(fitted) >= 0).all()
    assert weights @ fitted == pytest.approx(weights @ values, abs=1e-6)
    rising = np.sort(values)
    np.testing.assert_allclose(pool_adjacent_violators(rising, weights), rising)


@given(SEQUENCES, st.integers(0, 39))
def test_no_other_sequence_that_never_falls_is_nearer(
    rows: list[tuple[float, float]], place: int
) -> None:
    values, weights = np.array(rows, np.float64).T
    fitted = pool_adjacent_violators(values, weights)
    best = weights @ (fitted - values) ** 2
    for step in (-0.01, 0.01):
        other = np.maximum.accumulate(fitted + step * (np.arange(len(rows)) >= place % len(rows)))
        assert weights @ (other - values) ** 2 >= best - 1e-9


@given(
    seed=st.integers(0, 2**32 - 1),
    pairs=st.integers(1, 400),
    steps=st.integers(1, 300),
    share=st.floats(0, 1),
)
def test_knots_are_few_rising_and_no_certainties(
    seed: int, pairs: int, steps: int, share: float
) -> None:
    rng = np.random.default_rng(seed)
    # Few different similarities, so that many pairs have the same.
    similarities = rng.integers(-steps, steps + 1, pairs) / steps
    alike = rng.random(pairs) < share
    knots = fit_knots(similarities, alike, np.ones(pairs))
    assert 2 <= len(knots) <= MOST_KNOTS
    places, levels = np.array(knots).T
    assert (np.diff(places) > 0).all()
    assert (np.diff(levels) >= 0).all()
    assert places[0] >= -1
    assert places[-1] <= 1
    if alike.any() and not alike.all():
        assert 0 < levels[0] <= levels[-1] < 1


def test_a_known_curve_is_found_again() -> None:
    rng = np.random.default_rng(2)
    similarities = rng.uniform(-0.2, 1, 40_000)
    truth = 1 / (1 + np.exp(-8 * (similarities - 0.5)))
    knots = fit_knots(similarities, rng.random(40_000) < truth, np.ones(40_000))
    assert np.abs(matches(knots, similarities) - truth).max() < 0.06
    assert np.abs(matches(knots, similarities) - truth).mean() < 0.012


def test_a_pair_counts_by_its_weight() -> None:
    similarities = np.repeat([0.2, 0.8], 200)
    alike = np.tile([True, False], 200)
    weights = np.where((similarities > 0.5) & alike, 3.0, 1.0)
    (_, low), (_, high) = fit_knots(similarities, alike, weights)
    assert low == pytest.approx(0.5, abs=0.01)
    assert high == pytest.approx(0.75, abs=0.01)


def test_what_has_no_relation_is_level() -> None:
    knots = fit_knots(np.linspace(0, 1, 100), np.tile([True, False], 50)[::-1], np.ones(100))
    assert knots[0][1] == pytest.approx(0.5, abs=0.1)
    assert knots[-1][1] == pytest.approx(0.5, abs=0.1)
    few = fit_knots(np.array([0.5]), np.array([True]), np.ones(1))
    assert few == ((-1.0, 1.0), (1.0, 1.0))


def test_a_card_gives_the_same_matches() -> None:
    knots = ((-0.5, 0.1), (0.25, 0.4), (0.9, 0.8))
    card = ModelCard(
        "n", "1", "s", "f", 1, 1, 1.0, "mean", (), "", "", (0.0,), Calibration("", knots)
    )
    asked = np.linspace(-1, 1, 41)
    np.testing.assert_allclose(matches(knots, asked), [card.match(float(s)) for s in asked])
