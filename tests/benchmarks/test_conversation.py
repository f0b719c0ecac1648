"""The benchmark of the conversation runs, whatever it measures."""

from __future__ import annotations

import json

from click.testing import CliRunner

from tests.benchmarks.conversation import command


def test_it_times_every_ask() -> None:
    options = ["--people", "3", "--rounds", "1", "--seconds", "2", "--json"]
    ran = CliRunner().invoke(command, options, catch_exceptions=False)
    waits = json.loads(ran.stdout)["waits"]
    assert len(waits) == 3
    assert all(0 < each["acknowledged"] < each["answered"] for each in waits)
