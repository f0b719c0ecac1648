"""The composition root of a command: settings, model, index and fetcher, put together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from threadpoolctl import threadpool_limits

from bot.live import LiveIndex
from bot.service import Soundalike
from bot.settings import Settings
from index.opened import open_index
from models.cards import load_card
from models.decode import TRACK_LIMITS, DecodeLimits
from models.fetch import GuardedFetcher
from models.pool import WorkerPool
from models.ready import Note, make_ready, silent
from models.runtime import Runtime
from tools.settings import read_settings

__all__ = ["OWN_FILES", "Service", "open_service", "read_settings", "runtime_of"]

OWN_FILES = DecodeLimits(max_bytes=TRACK_LIMITS.max_bytes)
"""For clips that the owner of the machine hands in: as large as a track, as long as a clip."""


class Service(NamedTuple):
    """What answers, and the workers behind it."""

    soundalike: Soundalike
    listener: WorkerPool


def runtime_of(settings: Settings, name: str | None = None, *, note: Note = silent) -> Runtime:
    """Return the model that is named, else the one that is set, ready for this machine.

    Raises
    ------
    ModelError
        There is no such model.
    """
    card = load_card(name or settings.model, settings.home / "models")
    return make_ready(card, settings.home / "cache", note)


@contextmanager
def open_service(
    settings: Settings,
    *,
    directory: Path | None = None,
    model: str | None = None,
    limits: DecodeLimits = OWN_FILES,
    decoders: int = 1,
    note: Note = silent,
) -> Iterator[Service]:
    """Open an index and a model's workers and put the service around them.

    Parameters
    ----------
    settings : Settings
    directory : Path or None
        The index; None for the one that is set.
    model : str or None
        The model that listens; None for the one that is set.
    limits : DecodeLimits
        What a clip may cost.
    decoders : int
        Clips that are decoded at once.
    note : callable
        Told what is waited for where the model is made ready for the first time.

    Raises
    ------
    SoundalikeError
        The model or the index cannot be used, or they do not belong together.
    """
    runtime = runtime_of(settings, model, note=note)
    fetcher = GuardedFetcher(max_bytes=settings.clip_bytes)
    with (
        # The matrices here are small: a second thread costs more in waiting than it does in work.
        threadpool_limits(1, user_api="blas"),
        LiveIndex(partial(open_index, directory or settings.index)) as index,
        WorkerPool(runtime, limits=limits, decoders=decoders) as listener,
        Soundalike(
            listener, index, fetcher, runtime.card.match, runtime.card.sameness
        ) as soundalike,
    ):
        yield Service(soundalike, listener)
