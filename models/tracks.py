"""Embedding tracks, many of them: a few are in hand at a time, whoever listens to them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from itertools import islice
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final, Protocol

from models.crew import DIED, Crew, as_problem
from models.decode import TRACK_LIMITS, DecodeLimits
from models.interrupts import without_interrupts
from models.listen import identify_track, listen_track
from models.pool import check_runtime, cores, embedder_of, listening_memory
from models.runtime import Runtime
from models.types import EmbeddedTrack, ListenersError, ModelError, SoundalikeError, Track

TRACK_TIMEOUT_S: Final = 600.0

_LOOK_S = 2.0


class Listeners(Protocol):
    """Processes that listen to tracks, of this machine or of others; for one thread."""

    def room(self) -> int:
        """Return how many tracks to have in hand, at least 1; asked every few seconds.

        Raises
        ------
        ListenersError
            Nobody is there any more who could listen to what is in hand.
        """

    def identify(self, path: Path) -> Future[Track]:
        """Tell what can be told of a file without decoding it."""

    def hear(self, path: Path) -> Future[EmbeddedTrack]:
        """Listen to a file. What it fails with, `as_problem` puts into words."""

    def close(self) -> None:
        """Give up what is in hand, and let everybody go."""


class LocalListeners:
    """Processes of this machine, each listening on one thread.

    Parameters
    ----------
    runtime : Runtime
    jobs : int or None
        How many; None for one a core.
    limits : DecodeLimits
        What a track may cost.
    timeout_s : float
        Most seconds one track may take.

    Raises
    ------
    ModelError
        The model's file is missing or not the one its card means.
    """

    def __init__(
        self,
        runtime: Runtime,
        jobs: int | None = None,
        limits: DecodeLimits = TRACK_LIMITS,
        timeout_s: float = TRACK_TIMEOUT_S,
    ) -> None:
        check_runtime(runtime)
        self._runtime = runtime
        self._jobs = jobs or cores()
        self._limits = limits
        self._timeout_s = timeout_s
        self._crew = Crew(self._jobs, listening_memory(runtime))

    def room(self) -> int:
        """Return two for each process, so that none has to wait for the next one."""
        return 2 * self._jobs

    def identify(self, path: Path) -> Future[Track]:
        """Tell what can be told of a file without decoding it."""
        return self._crew.submit(self._timeout_s, _identify, path)

    def hear(self, path: Path) -> Future[EmbeddedTrack]:
        """Listen to a file."""
        return self._crew.submit(self._timeout_s, _hear, path, self._runtime, self._limits)

    def close(self) -> None:
        """Stop the processes."""
        self._crew.close()


def embed_tracks(
    paths: Iterable[Path],
    runtime: Runtime,
    *,
    jobs: int | None = None,
    known: Callable[[str], bool] | None = None,
    hire: Callable[[], Listeners] | None = None,
) -> Generator[tuple[Path, EmbeddedTrack | Track | SoundalikeError], None, None]:
    """Embed audio files in other processes, and yield them as they finish.

    Only a few files are in hand at a time, however many there are. Closing the iterator, or an
    interrupt, stops the processes.

    Parameters
    ----------
    paths : iterable of Path
    runtime : Runtime
    jobs : int or None
        Processes of this machine; None for one a core.
    known : callable or None
        Whether a track with this id need not be heard. None where none is known: then no file is
        read twice.
    hire : callable or None
        Brings the processes that listen with this runtime; None for those of this machine.

    Yields
    ------
    (Path, EmbeddedTrack or Track or SoundalikeError)
        The track; without its length and its windows where it is known; or why it has to be left
        out.

    Raises
    ------
    ModelError
        The model cannot be used, for this file or any other.
    ListenersError
        Nobody can listen any more.
    """
    listeners = hire() if hire else LocalListeners(runtime, jobs)
    in_hand: dict[Future[Any], Path] = {}
    done: SimpleQueue[Future[Any]] = SimpleQueue()
    retried: set[Path] = set()
    left = iter(paths)

    def take(path: Path, *, hear: bool = known is None) -> None:
        with without_interrupts():
            future = listeners.hear(path) if hear else listeners.identify(path)
            in_hand[future] = path
            future.add_done_callback(done.put)

    try:
        while True:
            for path in islice(left, max(0, listeners.room() - len(in_hand))):
                take(path)
            if not in_hand:
                return
            for future in _ready(done):
                path = in_hand.pop(future)
                if error := future.exception():
                    if isinstance(error, DIED) and path not in retried:
                        # More often than for the file's sake, a worker dies for the machine's.
                        retried.add(path)
                        take(path)
                        continue
                    problem = as_problem(error)
                    if isinstance(problem, ModelError | ListenersError):
                        raise problem from error
                    yield path, problem
                    continue
                found: EmbeddedTrack | Track = future.result()
                if isinstance(found, Track) and not (known and known(found.id)):
                    take(path, hear=True)
                else:
                    yield path, found
    finally:
        listeners.close()


def _ready(done: SimpleQueue[Future[Any]]) -> Iterator[Future[Any]]:
    """Wait a little for tasks that are done; a queue, because waiting for them holds no lock."""
    with suppress(Empty):
        yield done.get(timeout=_LOOK_S)
        while True:
            yield done.get_nowait()


def _hear(path: Path, runtime: Runtime, limits: DecodeLimits) -> EmbeddedTrack:
    return listen_track(path, embedder_of(runtime, 1), runtime.card, limits)


def _identify(path: Path) -> Track:
    try:
        return identify_track(path)
    except OSError:
        return Track("", path.name)  # whoever tries to hear it says what is wrong
