"""What every test shares: where the test data lies, and a home of its own."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["tests.discord_server.fixtures"]

PROJECT = Path(__file__).resolve().parent.parent

# How long an example takes is the machine's business: timings are never asserted. The same examples
# each time, so that a change is judged by what it changes; `explore` looks for new ones.
settings.register_profile("soundalike", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=500, print_blob=True)
settings.load_profile("soundalike")


def pytest_configure() -> None:
    """Hear interrupts, which whoever runs the tests in the background has shells ignore.

    Ignoring them is inherited, so that nothing could be interrupted in a test.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Return the folder of real recordings; skip the test where it is absent."""
    named = os.environ.get("SOUNDALIKE_TEST_DATA")
    places = [Path(named)] if named else [up / "shared" / "data" for up in PROJECT.parents]
    for place in places:
        if place.is_dir():
            return place
    pytest.skip("no test data here: set SOUNDALIKE_TEST_DATA to its folder")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a data directory of its own, and no token or setting of the machine's."""
    for name in list(os.environ):
        if name == "DISCORD_TOKEN" or (
            name.startswith("SOUNDALIKE_") and name != "SOUNDALIKE_TEST_DATA"
        ):
            monkeypatch.delenv(name)
    place = tmp_path / "home"
    monkeypatch.setenv("SOUNDALIKE_HOME", str(place))
    return place
