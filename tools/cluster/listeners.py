"""Listeners that are the workers of a dask cluster, as the one builder sees them."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

from distributed import KilledWorker
from distributed.client import FutureCancelledError

from models.runtime import Runtime
from models.tracks import TRACK_TIMEOUT_S
from models.types import EmbeddedTrack, ListenersError, PassingError, Track
from tools.cluster import worker
from tools.cluster.scheduler import away, connect, in_words

MOST_SENT: Final = 500_000_000
"""Bytes of files that are on their way to workers at once, and so the largest that is sent."""

_LOOK_S = 2.0

_T = TypeVar("_T")


class ClusterListeners:
    """The workers behind a dask scheduler, each listening on as many tracks as it has threads.

    A worker reads a file where the builder has it, from a folder they share; where it is not, the
    file is sent. Workers may come and go: what one had in hand, another one does.

    Parameters
    ----------
    address : str
        Of the scheduler, such as ``tcp://scheduler:8786``.
    runtime : Runtime
        The model that listens; every worker has to have the same file.
    timeout_s : float
        Most seconds one track may take.
    connect_s : float
        Seconds to wait for the scheduler, and for a first worker.
    patience_s : float
        Seconds to go on without any worker.

    Raises
    ------
    ListenersError
        No scheduler or no worker is there, or one runs another Soundalike or another model.
    ModelError
        A worker cannot use the model.
    """

    def __init__(
        self,
        address: str,
        runtime: Runtime,
        *,
        timeout_s: float = TRACK_TIMEOUT_S,
        connect_s: float = 30.0,
        patience_s: float = 60.0,
    ) -> None:
        self._address = address
        self._name = f"soundalike-{uuid.uuid4()}"
        self._patience_s = patience_s
        self._threads = 1
        self._deserted: float | None = None
        self._sending = _Allowance(MOST_SENT)
        self._suspects = asyncio.Lock()
        self._under_way: set[Future[Any]] = set()
        self._client = connect(address, connect_s, largest=MOST_SENT)
        try:
            with in_words(address):
                self._client.wait_for_workers(1, timeout=connect_s)
                job = worker.Job(
                    self._name, worker.installed_release(), runtime.card, runtime.stamp, timeout_s
                )
                self._client.register_plugin(worker.Ears(job), name=self._name)
                self._client.run(worker.prepare, self._name)
                # The scheduler takes tasks apart as well, for which it needs what they are made of.
                self._client.submit(worker.installed_release, pure=False).result()
            self._start(self._watch())
        except BaseException:
            self.close()
            raise

    def room(self) -> int:
        """Return two for each thread of the workers; ListenersError where nobody is left."""
        since = self._deserted
        if since is not None and time.monotonic() - since > self._patience_s:
            raise ListenersError(
                f"No worker of the cluster at {self._address} has been there for "
                f"{self._patience_s:.0f} seconds.",
                "Start workers and run the same command: what was done is kept.",
            )
        return 2 * self._threads

    def identify(self, path: Path) -> Future[Track]:
        """Tell what can be told of a file without decoding it."""
        return self._start(self._ask(worker.identify, _audio(path)))

    def hear(self, path: Path) -> Future[EmbeddedTrack]:
        """Listen to a file."""
        return self._start(self._ask(worker.hear, _audio(path)))

    def close(self) -> None:
        """Give up what is in hand, and let the workers' listeners go."""
        for future in tuple(self._under_way):
            future.cancel()
        # A scheduler that is gone need not be told.
        with suppress(Exception):
            if self._client.status == "running":
                self._client.unregister_worker_plugin(self._name)
        with suppress(Exception):
            self._client.close(timeout=_LOOK_S)

    def _start(self, coroutine: Coroutine[Any, Any, _T]) -> Future[_T]:
        """Let something run beside the builder, where the client of the cluster does."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._client.loop.asyncio_loop)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return future

    async def _watch(self) -> None:
        """Keep in mind how many threads the workers have, and since when there are none."""
        while True:
            with suppress(OSError):
                threads = sum((await self._client.scheduler.ncores()).values())
                if threads:
                    self._threads, self._deserted = threads, None
                elif self._deserted is None:
                    self._deserted = time.monotonic()
            await asyncio.sleep(_LOOK_S)

    async def _ask(self, task: Callable[[str, worker.Audio], _T], audio: worker.Audio) -> _T:
        """Have a worker do something with a file."""
        try:
            try:
                return await self._reach(task, audio)
            except KilledWorker:
                # What waits its turn on a worker is suspected with what kills it: one by one, it
                # shows whose doing it was.
                async with self._suspects:
                    return await self._reach(task, audio)
        except KilledWorker:
            raise PassingError(
                "The workers that listened to it died, one after the other.",
                "Try it on one machine, or save the file in another format, such as flac or mp3.",
            ) from None
        except FutureCancelledError:
            raise away(self._address) from None

    async def _reach(self, task: Callable[[str, worker.Audio], _T], audio: worker.Audio) -> _T:
        try:
            return await self._submit(task, audio)
        except worker.NotHereError:
            return await self._send(task, audio)

    async def _send(self, task: Callable[[str, worker.Audio], _T], audio: worker.Audio) -> _T:
        if audio.size > MOST_SENT:
            raise PassingError(
                f"No worker finds the file, and with more than {MOST_SENT // 10**6} MB it is too "
                "large to be sent.",
                "Mount its folder on every machine, under the same path.",
            )
        async with self._sending.of(audio.size):
            try:
                data = await asyncio.to_thread(audio.path.read_bytes)
            except OSError:
                raise PassingError(
                    "The file cannot be opened.", "Check that it may be read."
                ) from None
            return await self._submit(task, replace(audio, data=data))

    async def _submit(self, task: Callable[[str, worker.Audio], _T], audio: worker.Audio) -> _T:
        found: _T = await self._client.submit(task, self._name, audio, pure=False)
        return found


def _audio(path: Path) -> worker.Audio:
    try:
        return worker.Audio(path, path.stat().st_size)
    except OSError:
        return worker.Audio(path, worker.NOWHERE)


class _Allowance:
    """Lets so many bytes be under way at once."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def of(self, size: int) -> AsyncIterator[None]:
        """Wait until there is room for so many more; none asks for more than there can be."""
        async with self._changed:
            await self._changed.wait_for(lambda: size <= self._left)
            self._left -= size
        try:
            yield
        finally:
            async with self._changed:
                self._left += size
                self._changed.notify_all()
