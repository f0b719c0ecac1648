"""The façade: a clip in, `Recommendations` out, whoever asks and however the answer is shown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import copy
from dataclasses import replace
from typing import Protocol, Self, TypeVar, TypeVarTuple

import numpy as np

from bot.lending import pinned
from index.points import recognising_nothing
from index.to_taste import PersonalTaste, search_to_taste
from models.types import (
    CatalogueError,
    ClipHeard,
    ClipListener,
    ClipSource,
    EmbeddedClip,
    HeardTrack,
    ModelStamp,
    Query,
    Ranking,
    Recommendations,
    Sameness,
    SearchOptions,
    Span,
    Track,
    TrackIndex,
    Windows,
)

T = TypeVar("T")
Given = TypeVarTuple("Given")

View = Callable[[TrackIndex], TrackIndex]
"""Makes of the catalogue what somebody may find in it."""

_THREADS = 4  # searching and drawing take milliseconds
_RECALLING = 2  # reading a row of the state takes less


class ClipFetcher(Protocol):
    """Brings the audio behind a link."""

    async def fetch(self, url: str) -> ClipSource:
        """Download one file under limits; ClipError where that cannot be done."""


class Soundalike:
    """Answers clips; to be closed.

    Parameters
    ----------
    listener : ClipListener
        Hears clips, in processes of its own.
    index : TrackIndex
        The catalogue that is searched.
    fetcher : ClipFetcher
        Brings what lies behind a link.
    calibrate : callable or None
        Similarity in [-1, 1] to match in [0, 1] or None, from the model card; None leaves every
        `match` empty.
    sameness : Sameness
        What counts as one and the same, from the model card.

    Raises
    ------
    CatalogueError
        Model and catalogue live in different embedding spaces.
    """

    def __init__(
        self,
        listener: ClipListener,
        index: TrackIndex,
        fetcher: ClipFetcher,
        calibrate: Callable[[float], float | None] | None = None,
        sameness: Sameness = Sameness(),  # noqa: B008  (a value that never changes)
    ) -> None:
        compare_stamps(listener.stamp, index.stamp)
        self._listener = listener
        self._catalogue = index
        self._view: View = _all_of_it
        self._fetcher = fetcher
        self._calibrate = calibrate
        self._sameness = sameness
        # Of its own: the event loop's are taken by look-ups of names when links lead to slow ones.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="soundalike")
        self._recalling = ThreadPoolExecutor(_RECALLING, thread_name_prefix="recalling")

    @property
    def tracks(self) -> int:
        """How many tracks the catalogue holds."""
        return len(self.index)

    @property
    def index(self) -> TrackIndex:
        """The catalogue, of whichever generation each question meets; see `in_index`."""
        return self._view(self._catalogue)

    @property
    def sameness(self) -> Sameness:
        """What counts as one and the same for the model."""
        return self._sameness

    @property
    def space(self) -> str:
        """The embedding space of the catalogue's vectors."""
        return self._catalogue.stamp.space

    @property
    def note(self) -> str:
        """What the host should know about this pair of model and catalogue; mostly empty."""
        return compare_stamps(self._listener.stamp, self._catalogue.stamp, self._catalogue.others)

    def over(self, view: View) -> Soundalike:
        """Return this façade over a view of the same catalogue; it is not to be closed."""
        other = copy(self)
        other._view = view  # noqa: SLF001  (another one of its own kind)
        return other

    def close(self) -> None:
        """Wait for what is being searched, and let go of the threads."""
        self._threads.shutdown(cancel_futures=True)
        self._recalling.shutdown(cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    async def aside(self, work: Callable[[*Given], T], *arguments: *Given) -> T:
        """Do short blocking work beside the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, work, *arguments)

    async def in_index(self, work: Callable[[TrackIndex, *Given], T], *arguments: *Given) -> T:
        """Do work beside the event loop that asks the catalogue several questions.

        All of them meet one generation, whatever is built or swapped in meanwhile.
        """
        return await self.aside(self._in_index, work, *arguments)

    async def recall(self, work: Callable[[*Given], T], *arguments: *Given) -> T:
        """Read a little of the state beside the event loop.

        In threads of its own: Discord waits three seconds to hear that a press was taken, however
        much is being searched and drawn.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._recalling, work, *arguments)

    async def recommend(
        self,
        source: ClipSource,
        span: Span,
        options: SearchOptions,
        personal: PersonalTaste | None = None,
    ) -> Recommendations:
        """Find the tracks that sound like a clip; raises as `hear` and `ask` do."""
        began = time.perf_counter()
        return await self.ask(await self.hear(source, span), options, personal, began)

    async def recommend_link(
        self,
        url: str,
        span: Span,
        options: SearchOptions,
        personal: PersonalTaste | None = None,
    ) -> Recommendations:
        """Find the tracks that sound like what lies behind a link; raises as `recommend` does."""
        began = time.perf_counter()
        return await self.ask(await self.hear_link(url, span), options, personal, began)

    async def recommend_track(
        self, track_id: str, options: SearchOptions, personal: PersonalTaste | None = None
    ) -> Recommendations:
        """Find the tracks that sound like one of the catalogue; raises as `hear_track` does."""
        began = time.perf_counter()
        return await self.ask(await self.hear_track(track_id), options, personal, began)

    async def hear(self, source: ClipSource, span: Span) -> EmbeddedClip:
        """Listen to a clip.

        Raises
        ------
        ClipError
            The clip cannot be heard.
        CatalogueError
            The catalogue is of another embedding space by now.
        """
        clip = await self._listener.hear(source, span)
        # A running bot may have been handed a new generation since it started.
        compare_stamps(clip.stamp, self._catalogue.stamp)
        return clip

    async def hear_whole(self, source: ClipSource) -> HeardTrack:
        """Hear a track that is to be kept; raises as `hear` does."""
        heard = await self._listener.hear_whole(source)
        compare_stamps(heard.stamp, self._catalogue.stamp)
        return heard

    async def identify(self, source: ClipSource) -> str:
        """Return the id that a file has as a track, without hearing it.

        Raises
        ------
        ClipError
            It cannot be told.
        """
        return await self._listener.identify(source)

    async def hear_link(self, url: str, span: Span) -> EmbeddedClip:
        """Listen to what lies behind a link; raises as `hear` does."""
        began = time.perf_counter()
        source = await self._fetcher.fetch(url)
        fetched = time.perf_counter() - began
        clip = await self.hear(source, span)
        return replace(clip, timing={"fetch": fetched, **clip.timing})

    async def hear_track(self, track_id: str) -> EmbeddedClip:
        """Take a track of the catalogue, by its id or how that begins, as it was heard once.

        Raises
        ------
        CatalogueError
            There is no such track.
        """
        return await self.in_index(_hear_track, track_id)

    async def ask(
        self,
        clip: EmbeddedClip,
        options: SearchOptions,
        personal: PersonalTaste | None = None,
        began: float | None = None,
        *,
        recognise: bool = True,
    ) -> Recommendations:
        """Find the tracks that sound like what was heard.

        Parameters
        ----------
        clip : EmbeddedClip
        options : SearchOptions
            What counts as the same is put in from the model's card.
        personal : PersonalTaste or None
            Whose taste moves the results; None for nobody's.
        began : float or None
            When the whole ask began, by `time.perf_counter`.
        recognise : bool
            Whether a track may be taken for the clip itself, and be told apart.

        Raises
        ------
        CatalogueError
            The catalogue cannot be asked.
        """
        began = time.perf_counter() if began is None else began
        options = replace(options, sameness=self._sameness)
        if not recognise:
            options = recognising_nothing(options)
        ranking = await self.in_index(_search, clip.query, options, personal)
        results = tuple(
            replace(result, match=self.match(result.similarity)) for result in ranking.results
        )
        total = {"total": time.perf_counter() - began}
        took = {**clip.timing, **ranking.timing, **total}
        return Recommendations(clip.heard, ranking.same, results, took, clip.query, self.space)

    def match(self, similarity: float) -> float | None:
        """Return what a similarity in [-1, 1] means; None where the model is not calibrated."""
        return None if self._calibrate is None else self._calibrate(similarity)

    async def track(self, track_id: str) -> tuple[Track, Windows]:
        """Return a track of the catalogue, by its id or how that begins, and its windows.

        Raises
        ------
        CatalogueError
            There is no such track.
        """
        return await self.in_index(_track, track_id)

    def paths(self, track_ids: Iterable[str]) -> dict[str, str]:
        """Return where the files of tracks lie, by their ids, if that is known; blocking."""
        found: dict[str, str] = {}
        with pinned(self._catalogue) as catalogue:
            for track_id in track_ids:
                with suppress(CatalogueError):  # it may be gone by now
                    found[track_id] = self._view(catalogue).find(track_id).path
        return {track_id: path for track_id, path in found.items() if path}

    def _in_index(self, work: Callable[[TrackIndex, *Given], T], *arguments: *Given) -> T:
        with pinned(self._catalogue) as catalogue:
            return work(self._view(catalogue), *arguments)


def compare_stamps(
    model: ModelStamp, catalogue: ModelStamp, others: Sequence[ModelStamp] = ()
) -> str:
    """Check that a model's vectors may be compared with a catalogue's.

    Parameters
    ----------
    model, catalogue : ModelStamp
    others : sequence of ModelStamp
        Other files of the catalogue's model that made some of its vectors.

    Returns
    -------
    str
        A note where another file of the same space made some of them; empty where none did.

    Raises
    ------
    CatalogueError
        The spaces differ.
    """
    if model.space != catalogue.space or model.dim != catalogue.dim:
        raise CatalogueError(
            f"The catalogue was made with the model {catalogue.model} ({catalogue.space}), "
            f"and {model.model} ({model.space}) cannot be compared with it.",
            f"Listen with {catalogue.model} (SOUNDALIKE_MODEL={catalogue.model}), or build the "
            f"index again with `soundalike index build … --model {model.model}`.",
        )
    made_by = (catalogue, *others)
    foreign = [stamp for stamp in made_by if stamp.sha512 != model.sha512]
    if not foreign:
        return ""
    partly = " in part" if len(foreign) < len(made_by) else ""
    made_with = f"another file of the same embedding space ({catalogue.model})"
    precisions = dict.fromkeys(stamp.precision for stamp in foreign)
    if model.precision and all(precisions) and model.precision not in precisions:
        named = " and ".join(precisions)
        made_with = f"{catalogue.model} in {named}, and {model.precision} listens"
    return f"The catalogue was made{partly} with {made_with}: answers may differ in small ways."


def _all_of_it(catalogue: TrackIndex) -> TrackIndex:
    return catalogue


def _track(index: TrackIndex, track_id: str) -> tuple[Track, Windows]:
    track = index.find(track_id)
    return track, index.query_of(track).windows


def _hear_track(index: TrackIndex, track_id: str) -> EmbeddedClip:
    track = index.find(track_id)
    query = index.query_of(track)
    heard = ClipHeard(
        name=track.title,
        seconds=query.seconds,
        start=0.0,
        end=query.seconds,
        model=index.stamp.model,
        log_mel=np.zeros((0, 0), np.float32),
    )
    return EmbeddedClip(heard, query, index.stamp)


def _search(
    index: TrackIndex, query: Query, options: SearchOptions, personal: PersonalTaste | None
) -> Ranking:
    if personal is None:
        return index.search(query, options)
    return search_to_taste(index, query, options, personal)
