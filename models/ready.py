"""Makes a model ready for this machine: the file that is fastest here, and its graph laid out."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import numpy as np

from models.card import ModelCard, ModelFile
from models.choice import candidates, known_choice, note_choice
from models.compiled import is_compiled, keep_compiled, note_compiled
from models.crew import Crew
from models.embedders import open_embedder
from models.graphs import SMALLEST
from models.runtime import Runtime
from models.session import keep_graph, kept_graph, open_session
from models.types import ModelError

PATCHES: Final = 10
"""Patches that each file is timed with."""

_PATCH_SHAPE = (96, 64)
_TURNS = 5
# What is hardly faster is not worth other vectors: timings differ by a few per cent anyway.
_CLEARLY_FASTER = 0.9
_TIMING_S, _KEEPING_S = 120.0, 600.0

_P = ParamSpec("_P")
_T = TypeVar("_T")
Note = Callable[[str], None]
"""Takes a sentence for the person who waits."""


def silent(_sentence: str) -> None:
    """Keep it to itself: the `Note` for whoever does not wait."""


def make_ready(card: ModelCard, cache: Path, note: Note = silent) -> Runtime:
    """Choose the file that runs here and keep its graph where it is large; slow only once.

    What takes time or memory is done in a worker process, which takes the memory with it.

    Parameters
    ----------
    card : ModelCard
    cache : Path
        The folder for what can be derived again.
    note : callable
        Told what is waited for, and what cannot be used or kept.
    """
    if not card.files:
        return _compile(Runtime(card, None, cache), cache, note)
    file = known_choice(card, cache)
    if file is None:
        files = candidates(card)
        # Small ones are timed before that could be read.
        if max(each.size for each in files) >= SMALLEST:
            note(f"Timing the files of {card.name} on this machine.")
        file = _time_and_choose(files, cache, note)
    for other in card.files:
        if other.sha512 != file.sha512:
            kept_graph(other, cache).drop()
    kept = kept_graph(file, cache)
    kept.tidy()
    if kept.is_wanted():
        note(f"Laying out {card.name} for this machine.")
        _keep(file, cache, note)
    return Runtime(card, file, cache)


def time_files(files: Sequence[ModelFile], cache: Path) -> list[float]:
    """Return the seconds each file takes for ten patches on one thread, taking turns.

    One thread is what other work on the machine disturbs least; more keep the order.

    Raises
    ------
    ModelError
        One of them cannot be used.
    """
    sessions = [open_session(file, 1, cache) for file in files]
    batch = np.random.default_rng(0).uniform(-4.6, 4.8, (PATCHES, *_PATCH_SHAPE))
    patches = batch.astype(np.float32)
    seconds: list[list[float]] = [[] for _ in files]
    for _ in range(1 + _TURNS):  # the first one warms up
        for session, times in zip(sessions, seconds, strict=True):
            began = time.perf_counter()
            session.run(None, {session.get_inputs()[0].name: patches})
            times.append(time.perf_counter() - began)
    return [statistics.median(times[1:]) for times in seconds]


def _compile(runtime: Runtime, cache: Path, note: Note) -> Runtime:
    """Let a model without files compile what it needs, once, however slow the machine is."""
    try:
        # Here already, so that all the workers share what is compiled.
        keep_compiled(cache)
    except ModelError:
        return runtime  # said where the model is opened
    if not is_compiled(cache):
        note(f"Making {runtime.card.name} ready for this machine: up to a minute, once.")
        if _in_a_worker(_KEEPING_S, _open, runtime).exception() is None:
            note_compiled(cache)
    return runtime


def _open(runtime: Runtime) -> None:
    """Open a model, which compiles what is not compiled yet."""
    open_embedder(runtime, 1)


def _time_and_choose(files: Sequence[ModelFile], cache: Path, note: Note) -> ModelFile:
    timed = _in_a_worker(_TIMING_S, time_files, files, cache)
    chosen, error = files[0], timed.exception()
    if isinstance(error, ModelError):
        # To be mended by a person, so it is looked at again next time.
        note(str(error))
        return chosen
    if error is None:
        seconds = dict(zip(files, timed.result(), strict=True))
        fastest = min(files, key=seconds.__getitem__)
        if seconds[fastest] < _CLEARLY_FASTER * seconds[chosen]:
            chosen = fastest
    else:
        # The worker died or took too long: as likely this machine's doing as that of a file.
        note(
            f"They could not be timed this time: {chosen.path.name} ({chosen.precision}) runs, and "
            "they are timed again in a day."
        )
    if not note_choice(files, chosen, cache, for_good=error is None):
        note(f"{cache} cannot be written to: they are timed again at the next start.")
    return chosen


def _keep(file: ModelFile, cache: Path, note: Note) -> None:
    error = _in_a_worker(_KEEPING_S, keep_graph, file, cache).exception()
    # A file that cannot be used is said so where it is opened.
    if error is not None and not isinstance(error, ModelError):
        kept_graph(file, cache).note_failure()
        note(
            f"It could not be kept in {cache}, perhaps for want of room: starts take longer and "
            "workers more memory until another try, in a day, gets it there."
        )


def _in_a_worker(
    timeout_s: float, job: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
) -> Future[_T]:
    """Do something in a process of its own, and wait until it is done or has failed."""
    crew = Crew(1, None)
    try:
        future = crew.submit(timeout_s, job, *args, **kwargs)
        wait([future])
        return future
    finally:
        crew.close()
