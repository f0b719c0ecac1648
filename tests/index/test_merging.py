"""Segments stay few, and are written again seldom."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from index.manifest import Segment
from index.merging import SHARE, kept_segments


def whole(*sizes: int) -> list[Segment]:
    return [Segment(size, size) for size in sizes]


def test_by_hand() -> None:
    assert kept_segments([], 10) == 0
    assert kept_segments(whole(1000), 0) == 1
    assert kept_segments(whole(1000), 250) == 1
    assert kept_segments(whole(1000), 251) == 0
    assert kept_segments(whole(1000, 100), 26) == 1
    assert kept_segments(whole(1000, 100), 25) == 2
    assert kept_segments(whole(1000, 200), 51) == 0
    assert kept_segments([Segment(1000, 750)], 0) == 1
    assert kept_segments([Segment(1000, 749)], 0) == 0
    assert kept_segments([*whole(1000), Segment(100, 70), *whole(5)], 0) == 1


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(0, 60)), min_size=1, max_size=60))
def test_whatever_comes_the_rest_of_a_segment_is_a_quarter_of_it(
    changes: list[tuple[int, int]],
) -> None:
    segments: list[Segment] = []
    for added, died in changes:
        live = [segment.live for segment in segments]
        for number in range(len(live)):
            live[number] = max(live[number] - died, 0)
        after = [Segment(one.windows, alive) for one, alive in zip(segments, live, strict=True)]
        kept = kept_segments(after, added)
        moved = sum(segment.live for segment in after[kept:]) + added
        segments = [*after[:kept], Segment(moved, moved)]
        for number, one in enumerate(segments):
            later = sum(other.live for other in segments[number + 1 :])
            assert later <= SHARE * one.live
            assert one.windows - one.live <= SHARE * one.windows


def test_little_is_written_twice() -> None:
    """A thousand albums of 400 windows, one by one: each window is written some 20 times."""
    segments: list[Segment] = []
    written = 0
    for _ in range(1000):
        kept = kept_segments(segments, 400)
        size = sum(segment.live for segment in segments[kept:]) + 400
        segments = [*segments[:kept], Segment(size, size)]
        written += size
        assert len(segments) <= 6
    assert written < 25 * 400_000
