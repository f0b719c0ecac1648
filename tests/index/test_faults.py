"""Whatever is killed, fills the disk or rots: the old generation serves, and the build resumes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.checksums import STAMP as VERIFIED
from index.checksums import write_stamp
from index.generations import CURRENT, live_generation, read_manifest
from index.manifest import CATALOGUE, MANIFEST, segment_files
from index.opened import open_index
from index.upkeep import compact, remove_tracks, roll_back
from index.verify import verify_index
from models.types import CatalogueError, SearchOptions
from tests.index.making import STAMP, build, make_query, random_track

PROJECT = Path(__file__).resolve().parents[2]
FILES = (CATALOGUE, MANIFEST, *segment_files(0), *segment_files(1), VERIFIED, CURRENT)

HOLDS_ON = """
import sys, time
from pathlib import Path
from index.builder import IndexBuilder
from tests.index.making import STAMP
with IndexBuilder(Path(sys.argv[1]), STAMP):
    print("held", flush=True)
    time.sleep(600)
"""


def run(module: str, *arguments: object) -> str:
    """Run one of the modules beside this one in a process without threads; return its output."""
    line = [sys.executable, "-m", f"tests.index.{module}", *map(str, arguments)]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        line, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_killed_at_twenty_moments_it_serves_and_resumes(tmp_path: Path) -> None:
    cut_short = run("kill_trials", tmp_path / "index", 1).split()
    assert len(cut_short) == 20
    assert set(cut_short) == {"add", "remove", "compact"}


def test_a_full_disk_is_a_sentence_and_changes_nothing(tmp_path: Path) -> None:
    outcomes = run("full_disk_trials", tmp_path / "index", 1)
    for what in ("add", "remove", "compact"):
        assert f"{what} refused" in outcomes
        assert f"{what} done" in outcomes


def test_another_process_is_refused_until_the_first_is_gone(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    build(tmp_path, [random_track(f"track{n}", rng) for n in range(3)])
    changes: list[Callable[[Path], object]] = [
        roll_back,
        compact,
        lambda place: remove_tracks(place, ["track1"], []),
        lambda place: build(place, [random_track("track4", rng)]),
    ]
    line = [sys.executable, "-c", HOLDS_ON, str(tmp_path)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, cwd=PROJECT, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        for change in changes:
            with pytest.raises(CatalogueError, match="Another build is writing") as caught:
                change(tmp_path)
            assert "Wait until it has finished" in caught.value.fix
        with open_index(tmp_path) as index:
            assert len(index) == 3
        child.send_signal(signal.SIGKILL)
    for change in changes[1:]:
        change(tmp_path)
    with open_index(tmp_path) as index:
        assert len(index) == 3


class Rotting:
    """An index of two pieces whose files are spoilt and made good again."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        rng = np.random.default_rng(3)
        build(directory, [random_track(f"track{n:02}", rng) for n in range(40)])
        build(directory, [random_track(f"track{n}", rng) for n in range(40, 43)])
        self.query = make_query(rng.normal(size=(2, STAMP.dim)))
        self.folder = live_generation(directory)
        self.good = {name: self.path(name).read_bytes() for name in FILES}
        self.answer = self.ask()

    def path(self, name: str) -> Path:
        return (self.directory if name == CURRENT else self.folder) / name

    def ask(self) -> object:
        with open_index(self.directory) as index:
            return index.search(self.query, SearchOptions()).results

    def check(self, name: str, data: bytes) -> None:
        """Put other bytes into a file: it is refused, or else it made no difference."""
        self.path(name).write_bytes(data)
        try:
            self._check_refused(name)
        finally:
            self.path(name).write_bytes(self.good[name])
            assert self.ask() == self.answer

    def _check_refused(self, name: str) -> None:
        try:
            answer = self.ask()
        except CatalogueError as error:
            refused = str(error)
        else:
            assert name in (VERIFIED, CURRENT, MANIFEST)  # white space, or nothing worth knowing
            assert answer == self.answer
            return
        assert any(known in refused for known in ("soundalike index build", "Update Soundalike"))
        if name not in (VERIFIED, CURRENT, MANIFEST):
            assert str(self.path(name)) in refused
            # Even where size, times and inode are those that were verified.
            write_stamp(self.folder, read_manifest(self.folder))
            assert any(name in problem for problem in verify_index(self.directory))


@pytest.fixture(scope="module")
def rotting(tmp_path_factory: pytest.TempPathFactory) -> Rotting:
    return Rotting(tmp_path_factory.mktemp("rotting") / "index")


often = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@often
@given(name=st.sampled_from(FILES), where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_flipped_bit_is_served(rotting: Rotting, name: str, where: float, bit: int) -> None:
    data = bytearray(rotting.good[name])
    data[int(where * len(data))] ^= 1 << bit
    rotting.check(name, bytes(data))


@often
@given(name=st.sampled_from(FILES), length=st.floats(0, 1, exclude_max=True))
def test_nothing_cut_short_is_served(rotting: Rotting, name: str, length: float) -> None:
    data = rotting.good[name]
    rotting.check(name, data[: int(length * len(data))])


@often
@given(name=st.sampled_from(FILES), data=st.binary(max_size=200), other=st.sampled_from(FILES))
def test_nothing_foreign_is_served(rotting: Rotting, name: str, data: bytes, other: str) -> None:
    rotting.check(name, data)
    if other != name:
        rotting.check(name, rotting.good[other])
