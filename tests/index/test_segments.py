"""An index in several pieces answers as one in one piece does."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import index.candidates
import index.segments
from index.catalogue import Layout
from index.checksums import file_sum
from index.generations import live_generation, read_manifest
from index.manifest import CATALOGUE, MANIFEST, Manifest, Segment, segment_files
from index.opened import open_index
from index.rows import JoinedRows
from index.schema import fill_layout
from index.segments import InMemory, open_segments
from index.vectors import WindowVectors, build_graph
from index.verify import verify_index
from models.types import CatalogueError, FloatArray, SearchOptions
from tests.index.making import STAMP, build, make_query, random_track, unit


def cut_up(directory: Path, parts: int, rng: np.random.Generator, dead: int = 3) -> Manifest:
    """Deal the tracks of an index out to segments, with rows among them that are nobody's."""
    folder = live_generation(directory)
    manifest = read_manifest(folder)
    matrix = np.fromfile(folder / segment_files(0)[0], "<f4").reshape(-1, STAMP.dim)
    pieces: list[list[FloatArray]] = [[] for _ in range(parts)]
    with closing(sqlite3.connect(folder / CATALOGUE)) as database, database:
        rows = database.execute("SELECT number, first, count FROM tracks").fetchall()
        homes = [(index % parts, *row) for index, row in enumerate(rng.permutation(rows).tolist())]
        base = 0
        for part in range(parts):
            at = base
            for _, number, first, count in (home for home in homes if home[0] == part):
                gap = int(rng.integers(0, dead + 1))
                pieces[part] += [unit(rng.normal(size=(gap, STAMP.dim))), matrix[first:][:count]]
                at += gap + count
                change = "UPDATE tracks SET first = ? WHERE number = ?"
                database.execute(change, [at - count, number])
            base = at
        fill_layout(database)
    segments = []
    for part, piece in enumerate(pieces):
        vectors, graph = (folder / name for name in segment_files(part))
        joined = np.concatenate(piece)
        vectors.unlink(missing_ok=True)  # it may still be mapped
        joined.astype("<f4").tofile(vectors)
        build_graph(joined, graph, manifest.graph, lambda _done, _all: None)
        segments.append(Segment(len(joined), sum(home[3] for home in homes if home[0] == part)))
    names = [CATALOGUE, *(name for part in range(parts) for name in segment_files(part))]
    changed = replace(
        manifest,
        segments=tuple(segments),
        files={name: file_sum(folder / name) for name in names},
    )
    (folder / MANIFEST).write_text(changed.to_json())
    return changed


@pytest.mark.parametrize("parts", [1, 2, 5])
@pytest.mark.parametrize("exact", [True, False])
def test_pieces_answer_as_the_whole_does(
    tmp_path: Path,
    rng: np.random.Generator,
    parts: int,
    exact: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not exact:
        monkeypatch.setattr("index.candidates.EXACT_UP_TO", 0)
        monkeypatch.setattr("index.segments.EXACT_UP_TO", 0)
    build(tmp_path, [random_track(f"track{n:03}", rng, windows=1 + n % 7) for n in range(300)])
    queries = [make_query(rng.normal(size=(3, STAMP.dim))) for _ in range(10)]
    with open_index(tmp_path) as whole:
        expected = [whole.search(query, SearchOptions()) for query in queries]
        contents = list(whole.contents())
    manifest = cut_up(tmp_path, parts, rng)
    assert sum(segment.windows for segment in manifest.segments) > manifest.windows
    assert verify_index(tmp_path) == []
    with open_index(tmp_path) as pieces:
        assert isinstance(pieces._shelf.vectors, InMemory) == exact
        for query, ranking in zip(queries, expected, strict=True):
            assert pieces.search(query, SearchOptions()).results == ranking.results
        for (track, windows), (other, others) in zip(contents, pieces.contents(), strict=True):
            assert track == other
            np.testing.assert_array_equal(windows.vectors, others.vectors)


def test_the_nearest_of_all_segments_are_found_past_what_is_nobodys(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    build(tmp_path, [random_track(f"track{n:03}", rng, windows=5) for n in range(400)])
    manifest = cut_up(tmp_path, 3, rng, dead=6)
    asked = unit(rng.normal(size=(20, STAMP.dim)))
    with open_index(tmp_path) as opened:
        layout = opened._shelf.catalogue.layout()
    with closing(open_segments(live_generation(tmp_path), manifest)) as vectors:
        live = np.concatenate([np.arange(len(vectors.matrix))[layout.rows(n)] for n in range(400)])
        alike = asked @ vectors.matrix[live].T
        nearest = live[np.argsort(-alike, axis=1)[:, :40]]
        found = [
            np.isin(n, vectors.nearest(q[None], 40)[0]) for q, n in zip(asked, nearest, strict=True)
        ]
    assert np.mean(found) > 0.99


def test_a_segment_that_does_not_fit_is_refused_and_the_others_are_let_go_of(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path, [random_track(f"track{n}", rng) for n in range(9)])
    manifest = cut_up(tmp_path, 3, rng)
    folder = live_generation(tmp_path)
    closed = []
    monkeypatch.setattr(WindowVectors, "close", lambda self: closed.append(len(self.matrix)))
    (folder / segment_files(2)[1]).write_bytes(b"")
    with pytest.raises(CatalogueError, match="not a graph"):
        open_segments(folder, manifest)
    assert sorted(closed) == sorted(segment.windows for segment in manifest.segments[:2])
    with pytest.raises(CatalogueError, match="damaged"):
        open_index(tmp_path)


@given(
    lengths=st.lists(st.integers(0, 5), min_size=1, max_size=5).filter(sum),
    data=st.data(),
)
def test_joined_rows_read_as_one_array_does(lengths: list[int], data: st.DataObject) -> None:
    whole = np.arange(3 * sum(lengths), dtype=np.float32).reshape(-1, 3)
    ends = np.cumsum(lengths)
    joined = JoinedRows([whole[end - n : end] for end, n in zip(ends, lengths, strict=True)])
    assert (joined.shape, len(joined)) == (whole.shape, len(whole))
    where = data.draw(st.slices(len(whole)).filter(lambda s: (s.step or 1) > 0))
    np.testing.assert_array_equal(joined[where], whole[where])
    some = np.array(data.draw(st.lists(st.integers(0, len(whole) - 1))), np.int64)
    np.testing.assert_array_equal(joined[some], whole[some])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4)), min_size=1), st.randoms())
def test_rows_that_are_nobodys_lead_to_no_track(
    gaps: list[tuple[int, int]], shuffle: object
) -> None:
    ends = np.cumsum([gap + count for gap, count in gaps])
    count = np.array([count for _, count in gaps])
    order = list(range(len(gaps)))
    shuffle.shuffle(order)
    layout = Layout((ends - count)[order], count[order])
    owner = np.full(ends[-1] + 3, -1)
    for number in range(len(layout)):
        owner[layout.rows(number)] = number
    for row in range(len(owner)):
        assert layout.owners(np.array([row])).tolist() == [n for n in [owner[row]] if n >= 0]
    everything = layout.owners(np.arange(len(owner)))
    assert everything.tolist() == list(range(len(layout)))


def test_exactly_the_nearest(rng: np.random.Generator) -> None:
    matrix = unit(rng.normal(size=(50, 8)))
    found = InMemory(matrix).nearest(matrix[[30, 3]], 1)
    assert [rows.tolist() for rows in found] == [[30], [3]]
    assert index.segments.EXACT_UP_TO == index.candidates.EXACT_UP_TO
