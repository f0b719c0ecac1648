"""The composition root of a command: settings, model, index and fetcher, put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from threadpoolctl import threadpool_limits

from bot.live import LiveIndex, OpenedIndex
from bot.service import Soundalike
from bot.settings import Settings
from index import state
from index.state_file import State
from models.card import ModelCard
from models.cards import known_card, load_card
from models.decode import TRACK_LIMITS, DecodeLimits
from models.fetch import GuardedFetcher
from models.pool import WorkerPool
from models.ready import Note, make_ready, silent
from models.runtime import Runtime
from models.sites import SITES, SiteFetcher
from models.types import ClipSource, EmbeddedClip, HeardTrack, ModelError, ModelStamp, Span
from tools.settings import read_settings
from tools.stores import opener_of

__all__ = [
    "OWN_FILES",
    "Service",
    "open_catalogue",
    "open_service",
    "open_state",
    "read_settings",
    "runtime_of",
]

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
        The index; None for the one that is set, or that of the store that is set.
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
    fetcher = _fetcher(settings)
    with (
        # The matrices here are small: a second thread costs more in waiting than it does in work.
        threadpool_limits(1, user_api="blas"),
        LiveIndex(_opener(settings, directory)) as index,
        WorkerPool(runtime, limits=limits, decoders=decoders) as listener,
        Soundalike(
            listener, index, fetcher, runtime.card.match, runtime.card.sameness
        ) as soundalike,
    ):
        yield Service(soundalike, listener)


@contextmanager
def open_catalogue(
    settings: Settings, *, directory: Path | None = None, model: str | None = None
) -> Iterator[Soundalike]:
    """Open an index to ask it for the likes of its own tracks: no model has to be here.

    Parameters
    ----------
    settings : Settings
    directory : Path or None
        The index; None for the one that is set, or that of the store that is set.
    model : str or None
        The model the index has to be of; None for whichever it is of.

    Raises
    ------
    SoundalikeError
        The index cannot be used, or is of another model than the one that is named.
    """
    with LiveIndex(_opener(settings, directory)) as index:
        card = _card_of(index.stamp, model, settings.home / "models")
        fetcher = _fetcher(settings)
        if card:
            listener = _Deaf(card.stamp(card.file))
            soundalike = Soundalike(listener, index, fetcher, card.match, card.sameness)
        else:
            soundalike = Soundalike(_Deaf(index.stamp), index, fetcher)
        with soundalike:
            yield soundalike


def open_state(settings: Settings) -> State:
    """Open what the bot remembers; to be closed.

    Raises
    ------
    StateError
        It cannot be used.
    """
    return state.open_state(settings.home / "state.sqlite")


def _fetcher(settings: Settings) -> SiteFetcher:
    guarded = GuardedFetcher(max_bytes=settings.clip_bytes)
    return SiteFetcher(guarded, [SITES[name] for name in settings.sites])


def _opener(settings: Settings, directory: Path | None) -> Callable[[], OpenedIndex]:
    return opener_of(replace(settings, index=directory, store="") if directory else settings)


def _card_of(stamp: ModelStamp, named: str | None, models_dir: Path) -> ModelCard | None:
    """Return the card of the model that is named, else that of an index, if it is here."""
    if named:
        return known_card(named, models_dir)
    try:
        # It need not be able to listen: a metric says what its similarities mean all the same.
        card = known_card(stamp.model, models_dir)
    except ModelError:
        return None
    return card if (card.space, card.dim) == (stamp.space, stamp.dim) else None


class _Deaf:
    """Stands where a model would listen."""

    def __init__(self, stamp: ModelStamp) -> None:
        self.stamp = stamp

    async def hear(self, _source: ClipSource, _span: Span) -> EmbeddedClip:
        raise self._refusal()

    async def hear_whole(self, _source: ClipSource) -> HeardTrack:
        raise self._refusal()

    async def identify(self, _source: ClipSource) -> str:
        raise self._refusal()

    def _refusal(self) -> ModelError:
        return ModelError("No model listens here.", "Ask with a track of the index: track:ID.")
