"""What a model takes of the machine: time to load, and the memory of the processes it runs in."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from concurrent.futures import wait
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from models.crew import Crew, as_problem
from models.embedders import open_embedder
from models.runtime import Runtime
from models.types import Embedder

_TIMEOUT_S = 1_800.0
_LONGEST_S = 30.0
_KIB = 1024
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Memory:
    """What one worker process takes while others like it run beside it; sizes in bytes.

    Attributes
    ----------
    load_seconds : float
        Until the model is open and has run its first batch, of silence.
    before : int
        What the process held before, Python and the libraries.
    rss : int
        What it holds after its first calls.
    pss : int or None
        The same, but of a page that several processes hold only its share; None where the system
        does not tell.
    peak : int
        The most it ever held.
    growth : int or None
        How much more than `rss` it holds after all calls; negative for less, None without calls.
    """

    load_seconds: float
    before: int
    rss: int
    pss: int | None
    peak: int
    growth: int | None


def measure_memory(
    runtime: Runtime, *, workers: int = 1, threads: int = 1, calls: int = 100, warm_up: int = 3
) -> list[Memory]:
    """Run a model in some worker processes at once and see what each of them takes.

    Parameters
    ----------
    runtime : Runtime
        Opened as everywhere: the graph that is kept in its cache, else the file.
    workers : int
        Processes that hold the model at the same time.
    threads : int
        Processor threads of each.
    calls : int
        How often each embeds noise after its first calls: 1 to 30 s of it, changing every time.
    warm_up : int
        Its first calls, of the same kind.

    Raises
    ------
    SoundalikeError
        The model cannot be used.
    """
    with ExitStack() as open_crews:
        crews = [open_crews.enter_context(closing(Crew(1, None))) for _ in range(workers)]
        before = each(crews, held)
        seconds = each(crews, _load, runtime, threads)
        each(crews, _embed, runtime, threads, warm_up)
        first = each(crews, held)
        each(crews, _embed, runtime, threads, calls)
        last = each(crews, held)
    return [
        Memory(
            took,
            empty.rss,
            warm.rss,
            warm.pss,
            done.peak,
            done.rss - warm.rss if calls else None,
        )
        for took, empty, warm, done in zip(seconds, before, first, last, strict=True)
    ]


class Held(NamedTuple):
    """What a process holds, in bytes, as in `Memory`."""

    rss: int
    pss: int | None
    peak: int


def each(crews: Sequence[Crew], job: Callable[..., _T], *arguments: Any) -> list[_T]:
    """Let every worker do the same at the same time, and wait for all of them."""
    futures = [crew.submit(_TIMEOUT_S, job, *arguments) for crew in crews]
    wait(futures)
    for future in futures:
        if error := future.exception():
            raise as_problem(error) from error
    return [future.result() for future in futures]


@lru_cache(maxsize=1)
def _embedder(runtime: Runtime, threads: int) -> Embedder:
    """Load the model once in a worker's life."""
    return open_embedder(runtime, threads)


def _load(runtime: Runtime, threads: int) -> float:
    began = time.perf_counter()
    _embedder(runtime, threads)
    return time.perf_counter() - began


def _embed(runtime: Runtime, threads: int, calls: int) -> None:
    embedder = _embedder(runtime, threads)
    rng = np.random.default_rng(0)
    noise = rng.uniform(-0.5, 0.5, round(_LONGEST_S * embedder.sample_rate)).astype(np.float32)
    for _ in range(calls):
        embedder.embed(noise[: int(rng.integers(embedder.sample_rate, len(noise)))])


def held() -> Held:
    """Return what this process holds."""
    try:
        rollup = _fields(Path("/proc/self/smaps_rollup"))
        status = _fields(Path("/proc/self/status"))
    except OSError:  # macOS: what it holds now is not to be had, but the most it held is
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return Held(peak, None, peak)
    # What `getrusage` tells on Linux is never less than what the process that started it held.
    return Held(rollup["Rss"], rollup["Pss"], status["VmHWM"])


def _fields(path: Path) -> dict[str, int]:
    """Return the sizes in a file of /proc, in bytes."""
    lines = (line.split() for line in path.read_text().splitlines())
    return {line[0].rstrip(":"): int(line[1]) * _KIB for line in lines if line[2:] == ["kB"]}
