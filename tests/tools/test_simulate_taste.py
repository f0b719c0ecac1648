"""Made-up people with a taste, over a real index of made-up genres."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from index.opened import open_index
from tests.index.making import STAMP, build, make_track
from tools.simulate_taste import main, simulate, summary

GENRES = ("Jazz", "Rock", "Folk")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build an index of forty tracks of each of three genres that overlap."""
    rng = np.random.default_rng(6)
    axes = np.eye(STAMP.dim)
    tracks = [
        make_track(
            f"{genre}-{number}",
            axes[kind] + 0.5 * rng.normal(size=(1, STAMP.dim)),
            labels=(genre,),
            seconds=10.0 + 2 * number,
        )
        for kind, genre in enumerate(GENRES)
        for number in range(40)
    ]
    folder = tmp_path_factory.mktemp("simulated")
    build(folder, tracks)
    return folder


def test_likes_bring_more_of_a_genre_and_no_dislike_lifts_its_like(place: Path) -> None:
    with open_index(place) as index:
        trials = list(simulate(index, GENRES, people=2, asks=6, seed=1))
    assert len(trials) == 6
    assert np.mean([trial.after for trial in trials]) > np.mean([each.before for each in trials])
    assert all(trial.overtaken == 0 for trial in trials)
    assert "+" in summary(trials)[0]


def test_the_same_seed_has_the_same_people(place: Path) -> None:
    with open_index(place) as index:
        first, second = (list(simulate(index, ["Jazz"], people=1, asks=3, seed=4)) for _ in "ab")
    assert first == second


def test_the_command_prints_what_it_found(place: Path) -> None:
    asked = [str(place), "--genre", "Jazz", "--people", "1", "--asks", "2"]
    told = CliRunner().invoke(main, asked)
    assert told.exit_code == 0
    assert "Jazz:" in told.output
    printed = CliRunner().invoke(main, [*asked, "--json"])
    assert json.loads(printed.output)[0]["genre"] == "Jazz"
