"""A crew outlives its workers, and leaves none behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import pytest
import soundfile
import threadpoolctl

from models.card import ModelCard
from models.crew import Crew, as_problem
from models.types import ClipError

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def crew() -> Iterator[Crew]:
    opened = Crew(1, None)
    yield opened
    opened.close()


def test_workers_killed_while_idle_are_replaced(crew: Crew) -> None:
    first = crew.submit(30, os.getpid).result()
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while crew._pool.active and time.monotonic() < deadline:
        time.sleep(0.05)
    second = crew.submit(30, os.getpid).result(timeout=30)
    assert second != first


def test_closing_fails_what_is_under_way_and_queued(crew: Crew) -> None:
    crew.submit(30, os.getpid).result()
    tasks = [crew.submit(30, time.sleep, 20) for _ in range(3)]
    crew.close()
    for task in tasks:
        error = task.exception(timeout=1)
        assert isinstance(error, BrokenProcessPool)
        assert isinstance(as_problem(error), ClipError)


def test_a_closed_crew_takes_no_task_and_starts_nobody(crew: Crew) -> None:
    before = set(multiprocessing.active_children())
    crew.submit(30, os.getpid).result()
    crew.close()
    late = crew.submit(30, os.getpid)
    assert isinstance(late.exception(timeout=1), BrokenProcessPool)
    assert set(multiprocessing.active_children()) <= before


def test_the_log_tells_where_not_what_was_said(
    crew: Crew, caplog: pytest.LogCaptureFixture
) -> None:
    error = crew.submit(30, int, "a line of a private file").exception()
    assert error is not None
    as_problem(error)
    assert "unexpected ValueError" in caplog.text
    assert "private" not in caplog.text


def test_a_worker_does_small_sums_on_one_thread(crew: Crew) -> None:
    libraries = crew.submit(30, threadpoolctl.threadpool_info).result()
    blas = [entry["num_threads"] for entry in libraries if entry["user_api"] == "blas"]
    assert set(blas) <= {1}


SCRIPT = """
import itertools, sys
from pathlib import Path
from models.cards import load_card
from models.runtime import Runtime
from models.tracks import embed_tracks

if __name__ == "__main__":
    card = load_card("tiny", Path(sys.argv[1]))
    runtime = Runtime(card, card.file)
    for path, heard in embed_tracks(itertools.repeat(Path(sys.argv[2])), runtime, jobs=2):
        print(path, flush=True)
"""


def running_in(group: int) -> list[str]:
    """List the processes of a group, but for the dead that nobody has asked after yet."""
    listing = subprocess.run(
        ["ps", "-A", "-o", "pgid=,stat=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(maxsplit=2) for line in listing.stdout.splitlines()]
    return [row[2] for row in rows if row[0] == str(group) and not row[1].startswith("Z")]


def test_an_interrupt_stops_everything(card: ModelCard, tmp_path: Path) -> None:
    sound = tmp_path / "x.wav"
    soundfile.write(sound, np.sin(np.arange(32_000) * 0.1), 16_000)
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    with subprocess.Popen(
        [sys.executable, script, card.file.path.parent, sound],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as process:
        assert process.stdout is not None
        for _ in range(3):
            assert process.stdout.readline()
        # As Ctrl-C does: the interrupt goes to the workers too.
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert errors.count("KeyboardInterrupt") == 1
    assert errors.count("Traceback") == 1
    deadline = time.monotonic() + 20
    while (left := running_in(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []
