"""Generations change under those who ask: no answer fails, and none is of two generations."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from bot.live import LiveIndex
from index.builder import IndexBuilder
from index.opened import open_index
from index.upkeep import compact, roll_back
from models.types import EmbeddedTrack, Ranking, SearchOptions
from tests.index.making import STAMP, make_query, random_track

ASKS, THREADS, EDITIONS = 500, 50, 6


def publish(directory: Path, edition: int, tracks: list[EmbeddedTrack]) -> None:
    """Publish all tracks under titles of an edition, and one track that only this edition has."""
    rng = np.random.default_rng(edition)
    with IndexBuilder(directory, STAMP) as builder:
        for embedded in tracks:
            retitled = replace(embedded.track, title=f"Edition {edition}")
            builder.add(EmbeddedTrack(retitled, embedded.windows), retitled.id, edition, edition)
        own = random_track(f"own {edition}", rng)
        own = replace(own, track=replace(own.track, title=f"Edition {edition}"))
        builder.add(own, "/own", edition, edition)
        builder.publish()


@pytest.mark.parametrize("exact", [True, False])
def test_500_asks_at_once_while_generations_come_and_go(
    tmp_path: Path, exact: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not exact:
        for module in ("segments", "candidates"):
            monkeypatch.setattr(f"index.{module}.EXACT_UP_TO", 0)
    rng = np.random.default_rng(5)
    tracks = [random_track(f"track{n:02}", rng, 3) for n in range(60)]
    publish(tmp_path, 1, tracks)
    queries = [make_query(rng.normal(size=(2, STAMP.dim))) for _ in range(25)]
    options = SearchOptions(count=15)
    seen: list[tuple[int, Ranking]] = []
    with (
        LiveIndex(partial(open_index, tmp_path), every=0) as live,
        ThreadPoolExecutor(THREADS) as asking,
    ):
        asked = []
        for edition in range(2, EDITIONS + 1):
            asked += [
                (which, asking.submit(live.search, queries[which], options))
                for which in range(25)
                for _ in range(ASKS // 25 // (EDITIONS - 1))
            ]
            asked[-1][1].result()  # some were answered before the change, and some will be after
            publish(tmp_path, edition, tracks)
            if edition % 3 == 0:
                compact(tmp_path)
            if edition % 4 == 0:
                roll_back(tmp_path)
        seen = [(which, answer.result()) for which, answer in asked]
        last = [live.search(query, options).results for query in queries]
    assert len(seen) == ASKS
    editions = [{one.track.title for one in ranking.results} for _, ranking in seen]
    assert all(len(titles) == 1 for titles in editions)
    assert {"Edition 1"} in editions
    assert all(len(ranking.results) == 15 for _, ranking in seen)
    with open_index(tmp_path) as now:
        assert [now.search(query, options).results for query in queries] == last
        right = [shared(now.search(query, SearchOptions(count=30))) for query in queries]
    # All editions rank the tracks they share alike, and hold no other edition's own.
    for which, ranking in seen:
        edition = ranking.results[0].track.title.removeprefix("Edition ")
        assert {one.track.id for one in ranking.results} <= {*right[which], f"own {edition}"}
        assert shared(ranking)[:14] == right[which][:14]


def shared(ranking: Ranking) -> list[str]:
    return [one.track.id for one in ranking.results if not one.track.id.startswith("own")]
