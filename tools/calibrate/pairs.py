"""Pairs to calibrate on: a clip and each of the first results it finds, alike or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from index.catalogue import Layout
from index.cuts import Ranked, cut, is_twin
from index.scoring import score_tracks
from models.types import FloatArray, Sameness, SearchOptions, Windows
from tools.evaluate.bootstrap import SEED
from tools.evaluate.judgements import Judgements
from tools.evaluate.metrics import BoolArray, Floats, IntArray
from tools.evaluate.sources import EvaluationError, Item, Material

RESULTS: Final = 10
"""What people see of an answer."""

CLIPS: Final = 3
"""Windows of a track that ask, each as a clip of its own: people hand in about ten seconds."""

MOST_ASKING: Final = 2_000

LEAST_OWNERS: Final = 10
"""Of fewer artists than that, what is true of other artists cannot be said."""

_Array = TypeVar("_Array", Floats, BoolArray, IntArray)

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Clips and what they find.

    Attributes
    ----------
    similarities : np.ndarray [shape=(n,), float64]
        Of clip and result, as a search scores it, in [-1, 1].
    alike : np.ndarray [shape=(n,), bool]
        Whether the clip's track and the result share a label.
    asking, found : np.ndarray [shape=(n,), int]
        Whose the clip and the result are: places in `owners`. What is one owner's is not
        independent.
    sources : np.ndarray [shape=(n,), int]
        A number for the catalogue.
    weights : np.ndarray [shape=(n,), float64]
        What the pair counts, above 0.
    owners : tuple of str
        Known artists, and the ids of recordings that are by nobody known.
    """

    similarities: Floats
    alike: BoolArray
    asking: IntArray
    found: IntArray
    sources: IntArray
    weights: Floats
    owners: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.similarities)

    def only(self, chosen: BoolArray) -> Pairs:
        """Return some of the pairs."""
        return Pairs(
            self.similarities[chosen],
            self.alike[chosen],
            self.asking[chosen],
            self.found[chosen],
            self.sources[chosen],
            self.weights[chosen],
            self.owners,
        )

    @property
    def share(self) -> float:
        """The share of pairs that is alike: the match that knows nothing."""
        return float(self.weights @ self.alike / self.weights.sum())


def pairs_of(
    material: Material,
    judged: Judgements,
    sameness: Sameness,
    *,
    clips: int | None = CLIPS,
    asking: IntArray | None = None,
    among: IntArray | None = None,
    progress: Progress = lambda _done: None,
) -> Pairs:
    """Let tracks ask for the others as clips of about ten seconds, and keep the first 10 results.

    As in a person's answer, the track itself and its near-twins are left out, of near-twins only
    the better one stays, and at most two are by one known artist; that may be the clip's own.

    Parameters
    ----------
    material : Material
        Heard by one model.
    judged : Judgements
        Of the same items.
    sameness : Sameness
        What near-twins are.
    clips : int or None
        How many windows of a track ask, one by one; None lets a track ask as a whole.
    asking, among : np.ndarray [int] or None
        Numbers of the tracks that ask, and of those that can be found, ascending; all without it,
        but of a large catalogue 2,000 ask.
    progress : callable
        Told how many tracks have asked.

    Raises
    ------
    EvaluationError
        Nobody found anything.
    """
    catalogue = _Catalogue(material, sameness, among)
    owners = _owners(material.items)
    names = tuple(dict.fromkeys(owners))
    number = {name: place for place, name in enumerate(names)}
    places = np.array([number[owner] for owner in owners], np.int64)
    found = []
    chosen = _chosen(len(material.items)) if asking is None else asking.tolist()
    for done, number in enumerate(chosen, 1):
        own = catalogue.windows[number].vectors
        asks = [own] if clips is None else [own[[place]] for place in _spread(len(own), clips)]
        alike = judged.relevant(slice(number, number + 1))[0]
        for clip in asks:
            nearest = catalogue.nearest(number, clip)
            found += [(s, alike[other], number, other, 1 / len(asks)) for other, s in nearest]
        progress(done)
    if not found:
        raise EvaluationError(
            "No track found another one: to this model they are all one and the same.",
            "Name tracks that sound different.",
            material.left_out,
        )
    similarities, shared, askers, results, weights = zip(*found, strict=True)
    return Pairs(
        np.array(similarities, np.float64),
        np.array(shared, bool),
        places[list(askers)],
        places[list(results)],
        np.zeros(len(found), np.int64),
        np.array(weights, np.float64),
        names,
    )


def joined(parts: Sequence[Pairs]) -> Pairs:
    """Join the pairs of several catalogues, each of which counts as much as the others.

    Together they weigh as much as before, so that a pair goes on counting one on average. An owner
    in several of them is one.
    """
    total = sum(float(part.weights.sum()) for part in parts)
    weights = [part.weights * total / len(parts) / part.weights.sum() for part in parts]
    names = {name: None for part in parts for name in part.owners}
    place = {name: number for number, name in enumerate(names)}
    places = [np.array([place[name] for name in part.owners], np.int64) for part in parts]
    return Pairs(
        _joined(part.similarities for part in parts),
        _joined(part.alike for part in parts),
        _joined(own[part.asking] for part, own in zip(parts, places, strict=True)),
        _joined(own[part.found] for part, own in zip(parts, places, strict=True)),
        np.repeat(np.arange(len(parts)), [len(part) for part in parts]),
        _joined(weights),
        tuple(names),
    )


class _Catalogue:
    """Tracks that are searched as an index is."""

    def __init__(self, material: Material, sameness: Sameness, among: IntArray | None) -> None:
        (heard,) = material.heard
        self.windows: tuple[Windows, ...] = heard.windows
        self._tracks = [item.track for item in material.items]
        self._matrix = np.concatenate([own.vectors for own in heard.windows])
        counts = np.array([len(own) for own in heard.windows], np.int64)
        self._layout = Layout(np.cumsum(counts) - counts, counts)
        self._among = np.arange(len(counts)) if among is None else among
        self._options = SearchOptions(RESULTS, sameness=sameness)

    def nearest(self, number: int, clip: FloatArray) -> list[tuple[int, float]]:
        """Return the first results of a clip of a track: their numbers and similarities."""
        scored = score_tracks(clip, self._matrix, self._layout, self._among)
        ranked = (
            Ranked(other, self._tracks[other], similarity)
            for other, similarity in zip(
                scored.numbers.tolist(), scored.similarities.tolist(), strict=True
            )
        )
        same = Ranked(number, self._tracks[number], 1.0)
        kept = cut(ranked, same, self._repeats, self._options)
        return [(one.number, one.similarity) for one in kept]

    def _repeats(self, one: Ranked, others: list[Ranked]) -> bool:
        rest = [self.windows[other.number].vectors for other in others]
        return is_twin(self.windows[one.number].vectors, rest, self._options.sameness)


def _owners(items: Sequence[Item]) -> list[str]:
    """Return the artists of the items, and the ids of those that are by nobody known."""
    names = [item.artist.strip().casefold() or item.track.id for item in items]
    return names if len(set(names)) >= LEAST_OWNERS else [item.track.id for item in items]


def _chosen(tracks: int) -> list[int]:
    """Return the tracks that ask, the same ones every time."""
    if tracks <= MOST_ASKING:
        return list(range(tracks))
    drawn = np.random.default_rng(SEED).choice(tracks, MOST_ASKING, replace=False)
    return sorted(drawn.tolist())


def _spread(windows: int, clips: int) -> list[int]:
    """Return places spread evenly over the windows of a track, each once."""
    if windows <= clips:
        return list(range(windows))
    return [int((place + 0.5) * windows / clips) for place in range(clips)]


def _joined(parts: Iterable[_Array]) -> _Array:
    return np.concatenate(list(parts))
