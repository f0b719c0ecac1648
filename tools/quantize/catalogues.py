"""What sounds are looked up in, to see whether two files of a model find the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from index.catalogue import Layout
from index.opened import Index
from index.scoring import score_tracks
from models.types import FloatArray, Query, SearchOptions, Windows


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """A sound as one file of a model hears it.

    Attributes
    ----------
    name : str
    embeddings : np.ndarray [shape=(n, dim), float32]
        Of the patches that can be heard.
    windows : Windows
        As they are searched for.
    seconds : float
    """

    name: str
    embeddings: FloatArray
    windows: Windows
    seconds: float


class Catalogue(Protocol):
    """Something to look sounds up in."""

    @property
    def description(self) -> str:
        """What it is, in words."""

    def nearest(self, heard: Sequence[Heard], count: int) -> list[tuple[str, ...]]:
        """Return the names of what sounds most like each sound, itself left out."""


class TheSounds:
    """The sounds themselves: each is looked up among the others, heard by the same file.

    Parameters
    ----------
    description : str
    """

    def __init__(self, description: str) -> None:
        self.description = description

    def nearest(self, heard: Sequence[Heard], count: int) -> list[tuple[str, ...]]:
        """Return the names of what sounds most like each sound, itself left out."""
        matrix = np.concatenate([each.windows.vectors for each in heard])
        counts = np.array([len(each.windows) for each in heard])
        layout = Layout(np.cumsum(counts) - counts, counts)
        everything = np.arange(len(heard))
        found = []
        for this, each in enumerate(heard):
            scored = score_tracks(each.windows.vectors, matrix, layout, everything)
            others = [number for number in scored.numbers.tolist() if number != this]
            found.append(tuple(heard[number].name for number in others[:count]))
        return found


class AnIndex:
    """An index, searched as the bot searches it; the sounds bear the ids of their tracks.

    Parameters
    ----------
    index : Index
        Its vectors may have been made with either file.
    """

    def __init__(self, index: Index) -> None:
        self._index = index

    @property
    def description(self) -> str:
        """What it is, in words."""
        return f"the {len(self._index):,} tracks of {self._index.directory}"

    def nearest(self, heard: Sequence[Heard], count: int) -> list[tuple[str, ...]]:
        """Return the ids of the tracks that sound most like each sound, itself left out."""
        queries = [Query(each.windows, each.windows, each.name, each.seconds) for each in heard]
        options = SearchOptions(count=count, per_artist=None)
        return [
            tuple(result.track.id for result in ranking.results)
            for ranking in self._index.search_many(queries, options)
        ]
