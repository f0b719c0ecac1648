"""Worker processes: a stranger's file is decoded in one, heard by the model in another.

A file that hangs, crashes or eats memory costs one decoder, which is replaced; the model's worker
never sees anything but samples.
"""

from __future__ import annotations

import asyncio
import io
import os
import time
import wave
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from functools import lru_cache
from types import TracebackType
from typing import Final, Self, TypeVar

import numpy as np

from models.card import check_file
from models.crew import DIED, Crew, as_problem
from models.decode import CLIP_LIMITS, Audio, DecodeLimits, decode
from models.embedders import open_embedder
from models.listen import Decoded, decode_clip, embed_clip, listen_whole
from models.payload import track_id
from models.preview import make_excerpt
from models.runtime import Runtime
from models.session import check_model
from models.types import (
    ClipSource,
    EmbeddedClip,
    EmbeddedTrack,
    Embedder,
    HeardTrack,
    ModelStamp,
    Span,
)

KEPT_LIMITS: Final = DecodeLimits(max_bytes=60_000_000, max_seconds=3_600.0, timeout=90.0)
"""For the tracks that strangers hand in to be kept: 60 MB, an hour."""

# Less than the bot waits for an answer, so that an import leaves the file out and goes on.
_KEPT_TIMEOUT_S = 180.0
# What a worker that decodes may need, whatever it is handed.
_WORKER_MEMORY = 1 << 30
# A model's weights exist a few times over while it is opened: as stored, laid out and packed.
_WEIGHTS = 6
# Without weights, there is librosa to be loaded: what it may take of memory, and of seconds where
# the machine is slow or busy.
_LIBROSA = 1 << 30
_LIBROSA_S = 60.0
# A clip's samples exist a few times over: in pieces, in one, and on their way to the model.
_COPIES = 4
_T = TypeVar("_T")


class WorkerPool:
    """Hears clips: few decoders, and one worker that runs the model on all cores.

    Parameters
    ----------
    runtime : Runtime
    limits : DecodeLimits
        What a clip may cost.
    decoders : int
        Processes that decode, at least 1.
    threads : int or None
        Processor threads of the model's worker; None for all there are.
    timeout_s : float or None
        Most seconds a clip may take in either worker; None for what the limits call for.

    Raises
    ------
    ModelError
        The model's file is missing or not the one its card means.
    """

    def __init__(
        self,
        runtime: Runtime,
        *,
        limits: DecodeLimits = CLIP_LIMITS,
        decoders: int = 2,
        threads: int | None = None,
        timeout_s: float | None = None,
    ) -> None:
        self._runtime = runtime
        check_runtime(runtime)
        self._limits = limits
        self._threads = threads or cores()
        self._timeout_s = clip_timeout(limits) if timeout_s is None else timeout_s
        self._loading_s = 0.0 if runtime.file else _LIBROSA_S
        self._decoder_count = decoders
        self._decoders = Crew(decoders, _decoding_memory(limits, runtime.card.sample_rate))
        # It sees only samples, and its threads' address space grows with the machine's cores.
        self._embedders = Crew(1, None)
        # An hour of music is not to keep clips waiting, nor the model's worker to read files: one
        # more does both, from the first track on.
        self._keepers = Crew(1, listening_memory(runtime))

    @property
    def stamp(self) -> ModelStamp:
        """The model that listens."""
        return self._runtime.stamp

    async def hear(self, source: ClipSource, span: Span) -> EmbeddedClip:
        """Decode, embed and window a clip, in workers.

        Its `timing` has the seconds of each stage, and of waiting for a worker and its answers.

        Raises
        ------
        ClipError
            It cannot be heard, took too long or needed too much memory.
        ModelError
            The model cannot be used.
        """
        began = time.perf_counter()
        rate = self._runtime.card.sample_rate
        decoded = await self._run(self._decoders, decode_clip, source, span, rate, self._limits)
        clip = await self._run(self._embedders, _embed, decoded, self._runtime, self._threads)
        took = time.perf_counter() - began
        return replace(clip, timing={"wait": took - sum(clip.timing.values()), **clip.timing})

    async def hear_whole(self, source: ClipSource) -> HeardTrack:
        """Hear a track to be kept, as `embed_tracks` would, and encode its beginning; in a worker.

        One at a time, so that clips are heard meanwhile.

        Parameters
        ----------
        source : ClipSource
            At most `KEPT_LIMITS`.

        Raises
        ------
        ClipError
            It cannot be heard, took too long or needed too much memory.
        ModelError
            The model cannot be used.
        """
        embedded, preview = await self._run(
            self._keepers, _whole, source, self._runtime, timeout_s=_KEPT_TIMEOUT_S
        )
        return HeardTrack(embedded, self._runtime.stamp, preview)

    async def identify(self, source: ClipSource) -> str:
        """Return the id that `hear_whole` would give a track, without hearing it; in a worker.

        Raises
        ------
        ClipError
            It took too long.
        """
        return await self._run(self._keepers, track_id, source)

    async def warm_up(self) -> None:
        """Start every worker and load the model, so that the first clip is as quick as the next."""
        tone = ClipSource(_tone(), "a tone")
        await asyncio.gather(*(self.hear(tone, Span()) for _ in range(self._decoder_count)))

    def close(self) -> None:
        """Stop the workers; clips they are at fail."""
        self._decoders.close()
        self._embedders.close()
        self._keepers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def _run(
        self, crew: Crew, job: Callable[..., _T], *args: object, timeout_s: float | None = None
    ) -> _T:
        timeout_s = self._timeout_s if timeout_s is None else timeout_s
        # The first clip waits for the model too.
        timeout_s += 0 if crew is self._decoders else self._loading_s
        error = await self._try(future := crew.submit(timeout_s, job, *args))
        if isinstance(error, DIED):
            # More often than for the file's sake, a worker dies for the machine's.
            error = await self._try(future := crew.submit(timeout_s, job, *args))
        if error:
            raise as_problem(error) from error
        return future.result()

    async def _try(self, task: Future[_T]) -> BaseException | None:
        future = asyncio.wrap_future(task)
        try:
            await asyncio.wait([future])
        except asyncio.CancelledError:
            future.cancel()
            raise
        return future.exception()


def clip_timeout(limits: DecodeLimits) -> float:
    """Return the most seconds a clip within limits may take in a worker."""
    return max(30.0, limits.timeout) + limits.max_seconds / 20


def decode_apart(
    source: ClipSource, *, sample_rate: int, span: Span, limits: DecodeLimits = CLIP_LIMITS
) -> Audio:
    """Decode one clip as `decode` does, in a worker process of its own.

    Raises
    ------
    ClipError
        It cannot be decoded, took too long or needed too much memory.
    """
    crew = Crew(1, _decoding_memory(limits, sample_rate))
    try:
        future = crew.submit(
            clip_timeout(limits), decode, source, sample_rate=sample_rate, span=span, limits=limits
        )
        if error := future.exception():
            raise as_problem(error) from error
        return future.result()
    finally:
        crew.close()


def cores() -> int:
    """Count the processor cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # macOS has none
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def check_runtime(runtime: Runtime) -> None:
    """Look whether a model's file is the one its card means; ModelError where it is not."""
    if runtime.file is not None:
        check_model(runtime.file, runtime.cache)
    if runtime.card.metric is not None:
        check_file(runtime.card.metric.file)


def listening_memory(runtime: Runtime) -> int:
    """Return the bytes that a worker which both decodes and runs the model may need."""
    return _WORKER_MEMORY + (_WEIGHTS * runtime.file.size if runtime.file else _LIBROSA)


@lru_cache(maxsize=1)
def embedder_of(runtime: Runtime, threads: int) -> Embedder:
    """Load the model once in a worker's life; raises as `open_embedder` does."""
    return open_embedder(runtime, threads)


def _decoding_memory(limits: DecodeLimits, sample_rate: int) -> int:
    samples = round(limits.max_seconds * sample_rate)
    return _WORKER_MEMORY + _COPIES * 4 * samples


def _embed(decoded: Decoded, runtime: Runtime, threads: int) -> EmbeddedClip:
    return embed_clip(decoded, embedder_of(runtime, threads), runtime.card)


def _whole(source: ClipSource, runtime: Runtime) -> tuple[EmbeddedTrack, bytes]:
    embedded = listen_whole(source, embedder_of(runtime, 1), runtime.card, KEPT_LIMITS)
    return embedded, make_excerpt(source)


def _tone() -> bytes:
    samples = np.sin(np.arange(16_000) * 0.2) * 8_000
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(samples.astype("<i2").tobytes())
    return held.getvalue()
