"""Values the tests of the conversation share."""

from __future__ import annotations

import pytest

from models.types import Recommendation, Track


@pytest.fixture
def results() -> tuple[Recommendation, ...]:
    bells = Track(
        "a1b2c3", "Bells", "Ann", "Towers", True, 61.234, ("bells",), "https://example.org/bells"
    )
    return (
        Recommendation(1, bells, 0.91234567, 12.3456),
        Recommendation(2, Track("d4e5f6", "Untitled"), 0.5, 0.0),
    )
