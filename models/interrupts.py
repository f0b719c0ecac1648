"""Keeping Ctrl-C from what must not be cut short."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from types import FrameType


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Put an interrupt off until this is done; threads and processes started here get none.

    Whatever takes the lock of a task under way belongs in here: interrupted with the lock in hand,
    it would keep the pool from ever ending that task, and so from ending.
    """
    # Starting this helper of multiprocessing's unblocks interrupts: it has to come first.
    resource_tracker.ensure_running()
    # What is blocked is inherited. It is not enough by itself: another thread, such as that of a
    # progress bar, would take the interrupt, and Python raise it here all the same.
    with _put_off():
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _put_off() -> Iterator[None]:
    """Let Python hear of an interrupt only afterwards, whether all went well or not."""
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield  # Python raises interrupts in the main thread alone
        return
    came: list[tuple[int, FrameType | None]] = []
    signal.signal(signal.SIGINT, lambda number, frame: came.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if came:
            handler(*came[0])
