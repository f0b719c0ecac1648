"""What thumbs do to answers, tried on made-up people who like one genre each.

``python -m tools.simulate_taste INDEX`` with an index that has labels, such as one that
`soundalike index audioset` made. Everybody likes ten tracks of their genre and asks with random
tracks of the catalogue; the first 50 answers are looked at, with the likes and without them. Then
each dislikes one track that was near the top, and its likes are watched.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np

from index.asked import AskedShelf
from index.likes import Like
from index.opened import open_index
from index.tastes import unit_mean
from index.to_taste import PersonalTaste, search_to_taste, taste_of
from models.types import FloatArray, Query, Recommendation, SearchOptions, Track

LOOKED_AT = 50
LIKES = 10
_FEWEST_TRACKS = 60
_ROUNDING = 1e-4
_GENRES, _MOST_SHARE = 12, 3


@dataclass(frozen=True, slots=True)
class Trial:
    """What one person's likes came to, over all their asks.

    Attributes
    ----------
    genre : str
    before, after : float
        Share of the genre among the first 50 answers, without and with the likes, in [0, 1].
    kept : float
        Share of the answers that came without the likes too.
    largest_artist : float
        Share of the known artist with most answers; 0 where no artist is known.
    spread_before, spread_after : float
        Mean similarity of the answers to each other: 1 if they were all one sound.
    overtaken : float
        Share of the answers that a track more like a dislike passed because of it.
    """

    genre: str
    before: float
    after: float
    kept: float
    largest_artist: float
    spread_before: float
    spread_after: float
    overtaken: float

    @property
    def gain(self) -> float:
        """By how much the share of the genre rose, relative to what it was."""
        return self.after / self.before - 1 if self.before else 0.0


def simulate(
    index: AskedShelf, genres: Sequence[str], *, people: int, asks: int, seed: int
) -> Iterator[Trial]:
    """Let people with a taste ask.

    Parameters
    ----------
    index : AskedShelf
    genres : sequence of str
        Labels with enough tracks.
    people : int
        For each genre.
    asks : int
        Of each person.
    seed : int
    """
    everything = [track for track, _windows in index.contents()]
    for genre in genres:
        own = [track for track in everything if genre in track.labels]
        for person in range(people):
            rng = np.random.default_rng([seed, len(own), person])
            liked = [own[place] for place in rng.choice(len(own), LIKES, replace=False)]
            asked = [everything[place] for place in rng.choice(len(everything), asks)]
            yield _try(index, genre, liked, asked)


def _try(index: AskedShelf, genre: str, liked: Sequence[Track], asked: Sequence[Track]) -> Trial:
    likes = [_thumb(index, track, 1) for track in liked]
    ids = {track.id for track in liked}
    options = SearchOptions(LOOKED_AT)
    rows = []
    for track in asked:
        query = index.query_of(track)
        before = _without(index.search(query, _wider(options)).results, ids)
        after = _without(
            search_to_taste(index, query, _wider(options), _taste(index, likes)).results, ids
        )
        rows.append(
            (
                _share(before, genre),
                _share(after, genre),
                len({one.track.id for one in before} & {one.track.id for one in after})
                / max(len(after), 1),
                _largest_artist(after),
                _spread(index, before),
                _spread(index, after),
                _overtaken(index, query, before),
            )
        )
    return Trial(genre, *np.mean(rows, axis=0).tolist())


def _overtaken(index: AskedShelf, query: Query, before: Sequence[Recommendation]) -> float:
    """Dislike the third answer; return the share of answers that something more like it passed."""
    hated = before[2].track
    dislike = _taste(index, [_thumb(index, hated, -1)])
    after = search_to_taste(index, query, SearchOptions(LOOKED_AT), dislike).results
    new = {one.track.id: place for place, one in enumerate(after)}
    both = [one.track for one in before if one.track.id in new]
    vectors = np.stack([_mean(index, track) for track in both])
    likeness = vectors @ _mean(index, hated)
    places = np.array([new[track.id] for track in both])
    # Those before it in the old order, now behind it, though less like what is disliked.
    passed = [
        (places[:own] > places[own]) & (likeness[:own] < likeness[own] - _ROUNDING)
        for own in range(len(both))
    ]
    return float(np.mean([each.any() for each in passed])) if passed else 0.0


def _mean(index: AskedShelf, track: Track) -> FloatArray:
    return unit_mean(index.query_of(track).windows.vectors)


def _taste(index: AskedShelf, thumbs: Sequence[Like]) -> PersonalTaste:
    return taste_of(thumbs, index.stamp.space, index.stamp.dim)


def _thumb(index: AskedShelf, track: Track, vote: int) -> Like:
    vectors = index.query_of(track).windows.vectors
    return Like(0, track.id, vote, index.stamp.space, vectors, track.title, track.artist, 0.0)


def _wider(options: SearchOptions) -> SearchOptions:
    return SearchOptions(options.count + LIKES)


def _without(results: Sequence[Recommendation], ids: set[str]) -> list[Recommendation]:
    """Leave out what was liked: to be shown it again is no gain."""
    return [one for one in results if one.track.id not in ids][:LOOKED_AT]


def _share(results: Sequence[Recommendation], genre: str) -> float:
    return float(np.mean([genre in one.track.labels for one in results])) if results else 0.0


def _largest_artist(results: Sequence[Recommendation]) -> float:
    artists = Counter(one.track.artist for one in results if one.track.artist_known)
    return max(artists.values(), default=0) / max(len(results), 1)


def _spread(index: AskedShelf, results: Sequence[Recommendation]) -> float:
    means = np.stack([_mean(index, one.track) for one in results])
    alike = means @ means.T
    return float(alike[~np.eye(len(alike), dtype=bool)].mean())


@click.command()
@click.argument("index", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--genre", "genres", multiple=True, help="A label; the twelve most common without.")
@click.option("--people", default=3, show_default=True, help="Made-up people for each genre.")
@click.option("--asks", default=20, show_default=True, help="Asks of each of them.")
@click.option("--seed", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(
    index: Path, genres: tuple[str, ...], people: int, asks: int, seed: int, *, as_json: bool
) -> None:
    """Try what thumbs do to answers.

    Example: python -m tools.simulate_taste indexes/audioset
    """
    with open_index(index) as opened:
        # A label that nearly everything has is nobody's taste.
        usual = [
            name
            for name, count in opened.labels()
            if _FEWEST_TRACKS <= count < len(opened) / _MOST_SHARE
        ]
        chosen = genres or usual[:_GENRES]
        trials = list(simulate(opened, chosen, people=people, asks=asks, seed=seed))
    if as_json:
        click.echo(json.dumps([asdict(trial) | {"gain": trial.gain} for trial in trials]))
        return
    for genre in dict.fromkeys(trial.genre for trial in trials):
        own = [trial for trial in trials if trial.genre == genre]
        before, after = (
            np.mean([getattr(each, name) for each in own]) for name in ("before", "after")
        )
        click.echo(
            f"{genre}: {before:.1%} → {after:.1%} of the answers ({after / before - 1:+.0%})"
        )
    for line in summary(trials):
        click.echo(line)


def summary(trials: Sequence[Trial]) -> list[str]:
    """Word what all trials came to."""
    mean = {
        name: float(np.mean([getattr(trial, name) for trial in trials]))
        for name in Trial.__slots__
        if name != "genre"
    }
    gain = mean["after"] / mean["before"] - 1
    return [
        f"all: {mean['before']:.1%} → {mean['after']:.1%} ({gain:+.0%}), the least of "
        f"{len(trials)} people {min(trial.gain for trial in trials):+.0%}",
        f"answers that came without the likes too: {mean['kept']:.0%}",
        f"similarity of the answers to each other: {mean['spread_before']:.3f} → "
        f"{mean['spread_after']:.3f}; largest artist {mean['largest_artist']:.1%}",
        f"answers that a neighbour of a dislike passed by it: {mean['overtaken']:.1%}",
    ]


if __name__ == "__main__":
    main()
