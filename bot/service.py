"""The façade: a clip in, `Recommendations` out, whoever asks and however the answer is shown.

What it does itself is to put the parts together; each part is a file beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import replace
from typing import Self, TypeVar, TypeVarTuple

from bot.aside import Aside
from bot.hearing import ClipFetcher, Hearing
from bot.lending import pinned
from bot.lookups import paths_of, search_for, track_as_clip, track_with_windows
from index.points import recognising_nothing
from index.to_taste import PersonalTaste
from models.types import (
    ClipListener,
    ClipSource,
    EmbeddedClip,
    HeardTrack,
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
        self._hearing = Hearing(listener, fetcher, index)
        self._catalogue = index
        self._view: View = _all_of_it
        self._calibrate = calibrate
        self._sameness = sameness
        self._aside = Aside()

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
        return self._hearing.note

    def over(self, view: View) -> Soundalike:
        """Return this façade over a view of the same catalogue; it is not to be closed."""
        other = copy(self)
        other._view = view  # noqa: SLF001  (another one of its own kind)
        return other

    def close(self) -> None:
        """Wait for what is being searched, and let go of the threads."""
        self._aside.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    async def aside(self, work: Callable[[*Given], T], *arguments: *Given) -> T:
        """Do short blocking work beside the event loop."""
        return await self._aside.do(work, *arguments)

    async def in_index(self, work: Callable[[TrackIndex, *Given], T], *arguments: *Given) -> T:
        """Do work beside the event loop that asks the catalogue several questions.

        All of them meet one generation, whatever is built or swapped in meanwhile.
        """
        return await self.aside(self._in_index, work, *arguments)

    async def recall(self, work: Callable[[*Given], T], *arguments: *Given) -> T:
        """Read a little of the state beside the event loop, whatever is searched and drawn."""
        return await self._aside.recall(work, *arguments)

    async def recommend(
        self, source: ClipSource, span: Span, options: SearchOptions
    ) -> Recommendations:
        """Find the tracks that sound like a clip; raises as `hear` and `ask` do."""
        began = time.perf_counter()
        return await self.ask(await self.hear(source, span), options, began=began)

    async def recommend_link(self, url: str, span: Span, options: SearchOptions) -> Recommendations:
        """Find the tracks that sound like what lies behind a link; raises as `recommend` does."""
        began = time.perf_counter()
        return await self.ask(await self.hear_link(url, span), options, began=began)

    async def recommend_track(self, track_id: str, options: SearchOptions) -> Recommendations:
        """Find the tracks that sound like one of the catalogue; raises as `hear_track` does."""
        began = time.perf_counter()
        return await self.ask(await self.hear_track(track_id), options, began=began)

    async def hear(self, source: ClipSource, span: Span) -> EmbeddedClip:
        """Listen to a clip.

        Raises
        ------
        ClipError
            The clip cannot be heard.
        CatalogueError
            The catalogue is of another embedding space by now.
        """
        return await self._hearing.hear(source, span)

    async def hear_link(self, url: str, span: Span) -> EmbeddedClip:
        """Listen to what lies behind a link; raises as `hear` does."""
        return await self._hearing.hear_link(url, span)

    async def hear_whole(self, source: ClipSource) -> HeardTrack:
        """Hear a track that is to be kept; raises as `hear` does."""
        return await self._hearing.hear_whole(source)

    async def identify(self, source: ClipSource) -> str:
        """Return the id that a file has as a track; raises as `Hearing.identify` does."""
        return await self._hearing.identify(source)

    async def hear_track(self, track_id: str) -> EmbeddedClip:
        """Take a track of the catalogue, by its id or how that begins, as it was heard once.

        Raises
        ------
        CatalogueError
            There is no such track.
        """
        return await self.in_index(track_as_clip, track_id)

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
        ranking = await self.in_index(search_for, clip.query, options, personal)
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
        return await self.in_index(track_with_windows, track_id)

    def paths(self, track_ids: Iterable[str]) -> dict[str, str]:
        """Return where the files of tracks lie, by their ids, if that is known; blocking."""
        return self._in_index(paths_of, track_ids)

    def _in_index(self, work: Callable[[TrackIndex, *Given], T], *arguments: *Given) -> T:
        with pinned(self._catalogue) as catalogue:
            return work(self._view(catalogue), *arguments)


def _all_of_it(catalogue: TrackIndex) -> TrackIndex:
    return catalogue
