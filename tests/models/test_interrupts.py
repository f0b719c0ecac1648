"""What must not be cut short is done before an interrupt is heard."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from pathlib import Path

import pytest

from models.card import ModelCard
from models.interrupts import without_interrupts
from models.runtime import Runtime
from models.tracks import embed_tracks
from models.types import EmbeddedTrack, Track


def interrupt_here() -> None:
    signal.raise_signal(signal.SIGINT)


def interrupt_elsewhere() -> None:
    """Let a thread that blocks no interrupts take one, which Python raises in the main thread."""
    thread = threading.Thread(target=_unblocked)
    thread.start()
    thread.join()


def _unblocked() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("interrupt", [interrupt_here, interrupt_elsewhere])
def test_an_interrupt_waits_until_all_is_done(interrupt: object) -> None:
    assert callable(interrupt)
    done: list[str] = []

    def work() -> None:
        with without_interrupts():
            with without_interrupts():
                interrupt()
                done.append("inner")
            done.append("outer")
        done.append("too late")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["inner", "outer"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_is_heard_where_the_work_fails_too() -> None:
    def work() -> None:
        with without_interrupts():
            interrupt_elsewhere()
            raise ValueError

    with pytest.raises(KeyboardInterrupt):
        work()


class Interrupted:
    """Somebody who listens, and is interrupted while a track is handed over."""

    def __init__(self) -> None:
        self.taken: list[Path] = []
        self.closed = False

    def room(self) -> int:
        return 1

    def identify(self, path: Path) -> Future[Track]:
        raise AssertionError(path)

    def hear(self, path: Path) -> Future[EmbeddedTrack]:
        interrupt_here()
        self.taken.append(path)
        return Future()

    def close(self) -> None:
        self.closed = True


def test_a_track_is_handed_over_whole(card: ModelCard) -> None:
    listeners = Interrupted()
    runtime = Runtime(card, card.file)
    with pytest.raises(KeyboardInterrupt):
        next(embed_tracks([Path("one"), Path("two")], runtime, hire=lambda: listeners))
    assert listeners.taken == [Path("one")]
    assert listeners.closed


def test_without_an_interrupt_nothing_is_left_changed() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with without_interrupts():
        pass
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_other_threads_can_use_it() -> None:
    done: list[bool] = []

    def work() -> None:
        with without_interrupts():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]


def test_a_process_started_there_gets_no_interrupt() -> None:
    code = "import signal; signal.raise_signal(signal.SIGINT); print('went on')"
    with without_interrupts():
        process = subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        )
    assert process.stdout == "went on\n"
