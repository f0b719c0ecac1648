"""Worker processes under limits: one that hangs, dies or eats memory is replaced."""

from __future__ import annotations

import logging
import multiprocessing
import os
import resource
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import pebble
from threadpoolctl import threadpool_limits

from models.interrupts import without_interrupts
from models.types import PassingError, SoundalikeError

DIED: Final = (BrokenProcessPool, pebble.ProcessExpired)
"""What a task fails with when its worker died: its own doing or, as likely, somebody else's."""

_OPEN_FILES = 256
_LOG = logging.getLogger(__name__)
_P = ParamSpec("_P")
_T = TypeVar("_T")


class Crew:
    """A few worker processes with one queue, started with the first task.

    Interrupts from the keyboard are left to the process that started them.

    Parameters
    ----------
    workers : int
        How many, at least 1.
    memory : int or None
        Bytes of address space a worker may add to what it starts with; None for no limit.
    """

    def __init__(self, workers: int, memory: int | None) -> None:
        self._workers = workers
        self._memory = memory
        self._lock = threading.Lock()
        self._pool = self._spawn()
        self._pending: set[Future[Any]] = set()
        self._closed = False

    def submit(
        self, timeout_s: float, job: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> Future[_T]:
        """Queue a task that may run for so many seconds once its turn has come.

        Returns
        -------
        Future
            What it fails with, `as_problem` puts into words.
        """
        with self._lock, without_interrupts():
            if self._closed:
                refused: Future[_T] = Future()
                refused.set_exception(_closed())
                return refused
            if not self._pool.active:
                # All workers died at once, killed by a system short of memory perhaps. Clearing
                # the rest away can take seconds, so nobody waits for it.
                threading.Thread(target=self._pool.join, daemon=True).start()
                self._pool = self._spawn()
            future: Future[_T] = self._pool.schedule(job, args, kwargs, timeout=timeout_s)
            self._pending.add(future)
            future.add_done_callback(self._pending.discard)
        return future

    def close(self) -> None:
        """End the workers, whatever they are at; tasks that are not done fail."""
        with self._lock:
            self._closed = True
            self._pool.stop()  # type: ignore[no-untyped-call]  # pebble leaves these without types
            self._pool.join()
        for future in tuple(self._pending):
            with suppress(InvalidStateError):
                future.set_exception(_closed())

    def _spawn(self) -> pebble.ProcessPool:
        # A forked child would inherit the threads' locks of this process; a spawned one is clean.
        context = multiprocessing.get_context("spawn")
        return pebble.ProcessPool(
            self._workers, initializer=_confine, initargs=(self._memory,), context=context
        )


def as_problem(error: BaseException) -> SoundalikeError:
    """Say in a sentence what went wrong with a task.

    The file gets the blame for nothing that may be the machine's doing.
    """
    match error:
        case SoundalikeError():
            return error
        case TimeoutError():
            return PassingError(
                "Listening took too long and was stopped.",
                "Try a shorter part of it, or again in a while.",
            )
        case MemoryError():
            return PassingError(
                "Listening needed too much memory.",
                "Try a shorter part of it, or again in a while.",
            )
        case pebble.ProcessExpired():
            return PassingError(
                "The process that listened died.",
                "Try again in a while, or save the file in another format, such as flac or mp3.",
            )
        case BrokenProcessPool():
            return PassingError("The processes that listen were stopped.", "Try again.")
        case _:
            # Where it happened, but not the error's own words: those may quote a person's file.
            places = "".join(traceback.format_tb(error.__traceback__))
            _LOG.error("unexpected %s in a worker\n%s", type(error).__name__, places)
            return PassingError(
                "Something went wrong while listening.",
                "Try again, or save the file in another format, such as flac or mp3.",
            )


def _closed() -> BrokenProcessPool:
    return BrokenProcessPool("closed")


def _confine(memory: int | None) -> None:
    """Bound what this worker may take."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, hard))
    # The matrices here are small: a second thread costs more in waiting than it does in work.
    threadpool_limits(1, user_api="blas")
    if memory and sys.platform == "linux":
        # Libraries map far more than they use: what counts is how much is added from here on.
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    # Decoders written in C complain of a stranger's file straight to the terminal.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
