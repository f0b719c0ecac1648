"""What a worker of the cluster does: it hires listeners of its own machine, and hands them tracks.

The worker itself never opens a file: whatever one does, it does to a process that is replaced,
under the limits that hold on one machine.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from distributed import get_worker
from distributed.diagnostics.plugin import WorkerPlugin

from models.card import ModelCard
from models.cards import load_card
from models.ready import make_ready
from models.runtime import Runtime
from models.tracks import LocalListeners
from models.types import EmbeddedTrack, ListenersError, ModelStamp, SoundalikeError, Track
from tools.settings import read_settings

IDLE_S = 60.0
"""Seconds without a track after which a worker lets its listeners go, with the model they hold."""

NOWHERE = -1
"""Size of a file that is not there: whoever tries to hear it says what is wrong."""


class NotHereError(Exception):
    """The worker does not find the file under its path."""


@dataclass(frozen=True, slots=True)
class Job:
    """What every worker is told of a build.

    Attributes
    ----------
    name : str
        Tells this build from others that the cluster works for.
    release : str
        The version of Soundalike that builds; empty where it is not installed.
    card : ModelCard
        The card of the model, as the builder has it: it counts for all.
    stamp : ModelStamp
        The identity of the vectors that are wanted.
    timeout_s : float
        Most seconds one track may take.
    """

    name: str
    release: str
    card: ModelCard
    stamp: ModelStamp
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Audio:
    """A file as a worker is handed it.

    Attributes
    ----------
    path : Path
        Where it lies for the builder.
    size : int
        Its bytes, since another file may lie there on the worker's machine; or NOWHERE.
    data : bytes or None
        What is in it; None for reading it where it lies.
    """

    path: Path
    size: int
    data: bytes | None = None


class Ears(WorkerPlugin):  # type: ignore[misc]  # without the extra, mypy knows nothing of dask
    """The listeners of one worker, as many as it has threads: hired when they are needed."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def setup(self, worker: Any) -> None:
        """Come to life on a worker, as dask calls it; nothing is started yet."""
        self._address: str = worker.address
        self._threads: int = worker.state.nthreads
        self._lock = threading.Lock()
        self._listeners: LocalListeners | None = None
        self._busy = 0
        self._resting = threading.Timer(0, self._rest)
        # A daemon, such as the workers that dask's nannies look after, may have no processes of
        # its own. Ours end with it: their pipes close.
        multiprocessing.current_process().daemon = False

    def teardown(self, worker: Any) -> None:  # noqa: ARG002  (as dask calls it)
        """Let the listeners go, whatever they are at: the build is over."""
        with self._lock:
            self._resting.cancel()
            self._let_go()

    @contextmanager
    def listeners(self) -> Iterator[LocalListeners]:
        """Hand out the listeners; ListenersError or ModelError where they would hear otherwise."""
        with self._lock:
            if self._listeners is None:
                self._listeners = self._hire()
            listeners = self._listeners
            self._resting.cancel()
            self._busy += 1
        try:
            yield listeners
        finally:
            with self._lock:
                self._busy -= 1
                # The builder may be gone without a word.
                self._resting = threading.Timer(IDLE_S, self._rest)
                self._resting.daemon = True
                self._resting.start()

    def _hire(self) -> LocalListeners:
        job = self.job
        if (release := installed_release()) != job.release:
            raise ListenersError(
                f"The worker {self._address} runs Soundalike {release or 'from its source'}, and "
                f"this is {job.release or 'run from its source'}: they may hear differently.",
                "Install the same version on every machine.",
            )
        try:
            runtime = self._runtime()
            return LocalListeners(runtime, self._threads, timeout_s=job.timeout_s)
        except SoundalikeError as error:
            raise type(error)(f"The worker {self._address}: {error.sentence}", error.fix) from None

    def _runtime(self) -> Runtime:
        """Find the model on this machine: the very file that the builder's vectors are made by."""
        settings, wanted = read_settings(), self.job.stamp
        here = load_card(wanted.model, settings.home / "models")
        files = {here.stamp(file): file for file in here.files or (None,)}
        if wanted not in files:
            raise ListenersError(
                f"its model {wanted.model} is not the one that builds, in version or checksum.",
                "Put the same card and file into the models folder of every machine.",
            )
        file = files[wanted]
        card = replace(self.job.card, files=(file,) if file else ())
        return make_ready(card, settings.home / "cache")

    def _rest(self) -> None:
        with self._lock:
            if not self._busy:
                self._let_go()

    def _let_go(self) -> None:
        if self._listeners:
            self._listeners.close()
            self._listeners = None


async def prepare(name: str, dask_worker: Any) -> None:
    """Look whether a worker can listen, before it is handed a track; raises where it cannot."""
    ears: Ears = dask_worker.plugins[name]

    def look() -> None:
        with ears.listeners():
            pass

    await asyncio.to_thread(look)


def identify(name: str, audio: Audio) -> Track:
    """Tell what can be told of a file without decoding it, as a task of the cluster."""
    with _ears(name).listeners() as listeners, _here(audio) as path:
        return _of(audio, listeners.identify(path).result())


def hear(name: str, audio: Audio) -> EmbeddedTrack:
    """Listen to a file, as a task of the cluster."""
    with _ears(name).listeners() as listeners, _here(audio) as path:
        heard = listeners.hear(path).result()
        return replace(heard, track=_of(audio, heard.track))


def installed_release() -> str:
    """Return the version that is installed; empty where Soundalike runs from its source."""
    try:
        return importlib.metadata.version("soundalike")
    except importlib.metadata.PackageNotFoundError:
        return ""


def _ears(name: str) -> Ears:
    ears: Ears = get_worker().plugins[name]
    return ears


@contextmanager
def _here(audio: Audio) -> Iterator[Path]:
    """Return where a file lies on this machine; what was sent lies in a folder that goes again."""
    if audio.data is None:
        try:
            size = audio.path.stat().st_size
        except OSError:
            size = NOWHERE
        if size != audio.size:
            raise NotHereError
        yield audio.path
        return
    with TemporaryDirectory(prefix="soundalike-") as folder:
        # Tracks without tags are named after their file and its folder.
        path = Path(folder) / (audio.path.absolute().parent.name or "audio") / audio.path.name
        path.parent.mkdir()
        path.write_bytes(audio.data)
        yield path


def _of(audio: Audio, track: Track) -> Track:
    return replace(track, path=str(audio.path))
