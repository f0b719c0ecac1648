"""The exact score against the sentence that defines it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from index.catalogue import Layout
from index.scoring import nearest_rows, score_tracks, unit_rows
from models.types import ClipError
from tests.index.making import unit


def layout_of(counts: list[int]) -> Layout:
    count = np.array(counts, np.int64)
    return Layout(np.cumsum(count) - count, count)


@given(
    seed=st.integers(0, 2**32 - 1),
    counts=st.lists(st.integers(1, 5), min_size=1, max_size=12),
    clip=st.integers(1, 6),
    block=st.sampled_from([1, 7, 1 << 20]),
    data=st.data(),
)
def test_mean_over_the_clip_of_the_best_window(
    seed: int, counts: list[int], clip: int, block: int, data: st.DataObject
) -> None:
    rng = np.random.default_rng(seed)
    matrix, asked = unit(rng.normal(size=(sum(counts), 8))), unit(rng.normal(size=(clip, 8)))
    numbers = sorted(data.draw(st.sets(st.integers(0, len(counts) - 1), min_size=1)))
    layout = layout_of(counts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("index.scoring._BLOCK", block)
        scored = score_tracks(asked, matrix, layout, np.array(numbers))
    expected = {
        number: np.mean([max(one @ row for row in matrix[layout.rows(number)]) for one in asked])
        for number in numbers
    }
    assert sorted(scored.numbers.tolist()) == numbers
    assert scored.similarities == pytest.approx([expected[n] for n in scored.numbers], abs=1e-5)
    assert (np.diff(scored.similarities) <= 2e-6).all()


def test_rows_that_end_where_they_would_if_they_touched() -> None:
    """Tracks 1 and 2 lie the other way round, and a row that is nobody's beside them."""
    matrix = unit(np.random.default_rng(3).normal(size=(8, 8)))
    layout = Layout(np.array([0, 6, 2]), np.array([2, 2, 2]))
    scored = score_tracks(matrix[:1], matrix, layout, np.arange(3))
    expected = [float((matrix[layout.rows(n)] @ matrix[0]).max()) for n in scored.numbers]
    assert scored.similarities == pytest.approx(expected, abs=1e-6)
    swapped = Layout(np.array([0, 2, 1, 3]), np.ones(4, np.int64))
    scored = score_tracks(matrix[:1], matrix, swapped, np.arange(4))
    expected = [float(matrix[swapped.first[n]] @ matrix[0]) for n in scored.numbers]
    assert scored.similarities == pytest.approx(expected, abs=1e-6)


def test_only_some_of_the_scored() -> None:
    matrix = unit(np.random.default_rng(3).normal(size=(9, 8)))
    scored = score_tracks(matrix[:1], matrix, layout_of([1] * 9), np.arange(9))
    some = scored.only(np.arange(9) % 3 == 0)
    assert sorted(some.numbers.tolist()) == [0, 3, 6]
    assert (np.diff(some.similarities) <= 0).all()
    assert scored.only(None) is scored


@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.integers(1, 40),
    queries=st.integers(1, 5),
    count=st.integers(1, 50),
    block=st.sampled_from([1, 30, 1 << 20]),
)
def test_the_nearest_rows(seed: int, size: int, queries: int, count: int, block: int) -> None:
    rng = np.random.default_rng(seed)
    matrix, asked = unit(rng.normal(size=(size, 8))), unit(rng.normal(size=(queries, 8)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("index.scoring._BLOCK", block)
        found = nearest_rows(asked, matrix, count)
    expected = np.argsort(-(asked @ matrix.T), axis=1)[:, :count]
    got = np.take_along_axis(asked @ matrix.T, found, axis=1)
    assert found.shape == (queries, min(size, count))
    assert got == pytest.approx(np.take_along_axis(asked @ matrix.T, expected, axis=1), abs=1e-5)
    assert all(len(set(rows)) == len(rows) for rows in found.tolist())


def test_ties_go_to_the_lower_number() -> None:
    matrix = unit(np.ones((40, 8)))
    scored = score_tracks(matrix[:3], matrix, layout_of([1, 2, 3, 4] * 4), np.arange(16))
    assert scored.numbers.tolist() == list(range(16))
    assert scored.similarities.max() <= 1


@given(hnp.arrays(np.float32, st.tuples(st.integers(0, 3), st.integers(0, 9)), elements={}))
def test_only_directions_are_asked_for(vectors: np.ndarray) -> None:
    if vectors.shape[1:] == (8,) and len(vectors) and is_usable(vectors):
        rows = unit_rows(vectors, 8)
        assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
    else:
        with pytest.raises(ClipError):
            unit_rows(vectors, 8)


def is_usable(vectors: np.ndarray) -> bool:
    lengths = np.sqrt((vectors.astype(np.float64) ** 2).sum(axis=1))
    return bool(np.isfinite(lengths).all() and (lengths >= 1e-12).all())


def test_vectors_may_be_mapped(tmp_path: Path) -> None:
    rows = unit(np.random.default_rng(1).normal(size=(9, 8)))
    (tmp_path / "rows").write_bytes(rows.tobytes())
    mapped = np.memmap(tmp_path / "rows", np.float32, "r", shape=(9, 8))
    layout, numbers = layout_of([3, 3, 3]), np.array([0, 2])
    one = score_tracks(rows[:2], mapped, layout, numbers)
    other = score_tracks(rows[:2], rows, layout, numbers)
    assert one.similarities.tolist() == other.similarities.tolist()
