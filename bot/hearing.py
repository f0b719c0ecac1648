"""Hears what is handed in, in whatever form, and checks that the catalogue can be asked with it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Protocol

from bot.stamps import compare_stamps
from models.types import ClipListener, ClipSource, EmbeddedClip, HeardTrack, Span, TrackIndex


class ClipFetcher(Protocol):
    """Brings the audio behind a link."""

    async def fetch(self, url: str) -> ClipSource:
        """Download one file under limits; ClipError where that cannot be done."""


class Hearing:
    """Hears for one catalogue.

    Parameters
    ----------
    listener : ClipListener
        Hears clips, in processes of its own.
    fetcher : ClipFetcher
        Brings what lies behind a link.
    catalogue : TrackIndex

    Raises
    ------
    CatalogueError
        Model and catalogue live in different embedding spaces.
    """

    def __init__(self, listener: ClipListener, fetcher: ClipFetcher, catalogue: TrackIndex) -> None:
        compare_stamps(listener.stamp, catalogue.stamp)
        self._listener = listener
        self._fetcher = fetcher
        self._catalogue = catalogue

    @property
    def note(self) -> str:
        """What the host should know about this pair of model and catalogue; mostly empty."""
        return compare_stamps(self._listener.stamp, self._catalogue.stamp, self._catalogue.others)

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

    async def hear_link(self, url: str, span: Span) -> EmbeddedClip:
        """Listen to what lies behind a link; raises as `hear` does."""
        began = time.perf_counter()
        source = await self._fetcher.fetch(url)
        fetched = time.perf_counter() - began
        clip = await self.hear(source, span)
        return replace(clip, timing={"fetch": fetched, **clip.timing})

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
