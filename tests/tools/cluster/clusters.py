"""A dask cluster of real processes: a scheduler, and workers that come and are killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from distributed import Client

from tests.tools.conftest import PROJECT

PATIENCE_S = 60.0


class Cluster:
    """A scheduler on this machine; workers join with `work`."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self._folder = folder
        self._started: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        self.scheduler = self._start(
            "scheduler",
            *("--host", "127.0.0.1", "--port", "0", "--scheduler-file", file),
            *("--no-dashboard", "--no-jupyter"),
            **settings,
        )
        waited_for(lambda: file.exists() and file.read_text())
        self.workers: list[subprocess.Popen[bytes]] = []
        self.address: str = json.loads(file.read_text())["address"]

    def work(self, *options: str, **settings: str) -> subprocess.Popen[bytes]:
        """Start a worker with one thread; the process is its nanny's, where it has one."""
        process = self._start(
            "worker",
            self.address,
            *("--nthreads", "1", "--no-dashboard", "--local-directory", self._folder),
            *options,
            **settings,
        )
        self.workers.append(process)
        return process

    def await_workers(self) -> None:
        """Wait until all workers that were started are there."""
        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(len(self.workers), timeout=PATIENCE_S)

    def close(self) -> None:
        """Kill everybody."""
        for process in reversed(self._started):
            end(process)

    def _start(self, what: str, *options: object, **settings: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *map(str, options)]
        environment = {**os.environ, "PYTHONPATH": str(PROJECT), **settings}
        log = (self._folder / "log.txt").open("ab")
        with log:
            process = subprocess.Popen(
                command, cwd=self._folder, env=environment, stdout=log, stderr=log
            )
        self._started.append(process)
        return process


@contextmanager
def cluster(folder: Path, **settings: str) -> Iterator[Cluster]:
    """Start a scheduler for a while; settings are of its environment."""
    opened = Cluster(folder, **settings)
    try:
        yield opened
    finally:
        opened.close()


def family(pid: int) -> list[psutil.Process]:
    """List the processes that a process started, and those that they did."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def waited_for(found: Callable[[], object]) -> object:
    """Wait until something is so, and return it."""
    deadline = time.monotonic() + PATIENCE_S
    while not (value := found()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return value


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process at once, with all that it started."""
    started = family(process.pid)
    process.kill()
    process.wait()
    for each in started:
        with suppress(psutil.NoSuchProcess):
            each.kill()


def readers(path: Path, started_by: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """List the processes that have a file open, of those that a process started."""
    found = []
    for each in family(started_by.pid):
        with suppress(psutil.Error):
            if any(file.path == str(path) for file in each.open_files()):
                found.append(each)
    return found
