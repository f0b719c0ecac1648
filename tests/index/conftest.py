"""What the tests of the index share."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def rng() -> np.random.Generator:
    """Return the same random numbers for every test."""
    return np.random.default_rng(7)
