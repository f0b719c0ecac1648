"""Times are read the ways people write them, and nothing else is taken for one."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.times import clock, edges, parse_span, parse_time
from models.types import ClipError, Span


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("83", 83),
        ("0", 0),
        ("83.5", 83.5),
        ("83,5", 83.5),
        ("1:23", 83),
        ("01:23", 83),
        ("1:2", 62),
        ("0:00.25", 0.25),
        ("1:02:03", 3723),
        ("75:00", 4500),
        ("1m23s", 83),
        (" 1 M 23 S ", 83),
        ("2m", 120),
        ("90s", 90),
        ("1h", 3600),
        ("1h2m3.5s", 3723.5),
        ("90m", 5400),
    ],
)
def test_times_people_write(text: str, seconds: float) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", " ", "-5", "abc", "1:", ":30", "1:2:3:4", "1:99:00", "1:75", "1e3", "nan", "inf", "m",
     "5x", "3s2m", "١:٢٣", "1" * 50, "1.2.3", "0x10"],
)  # fmt: skip
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ClipError, match="1:23") as caught:
        parse_time(text)
    assert len(caught.value.sentence) < 60


@given(st.integers(0, 999 * 3600))
def test_what_is_written_is_read_again(seconds: int) -> None:
    assert parse_time(clock(seconds)) == seconds


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59))
def test_units_and_colons_agree(hours: int, minutes: int, seconds: int) -> None:
    assert parse_time(f"{hours}h{minutes}m{seconds}s") == parse_time(f"{hours}:{minutes}:{seconds}")


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_a_sentence(text: str) -> None:
    with suppress(ClipError):
        assert parse_time(text) >= 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (9.4, "0:09"), (59.6, "1:00"), (83, "1:23"), (3599.7, "1:00:00"), (-1, "0:00")],
)
def test_the_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("start", "end", "written"),
    [(0, 0.4, ("0:00", "0:00.4")), (7, 11, ("0:07", "0:11")), (59.96, 61.25, ("1:00", "1:01.2")),
     (3599.5, 3600.5, ("59:59.5", "1:00:00.5")), (0.4, 10.4, ("0:00", "0:10"))],
)  # fmt: skip
def test_edges_of_short_parts_have_tenths(
    start: float, end: float, written: tuple[str, str]
) -> None:
    assert edges(start, end) == written


@given(st.integers(0, 40_000), st.integers(1, 99))
def test_edges_of_short_parts_are_apart_and_read_again(start: int, tenths: int) -> None:
    first, last = edges(start / 10, (start + tenths) / 10)
    assert parse_time(first) == pytest.approx(start / 10)
    assert parse_time(last) == pytest.approx((start + tenths) / 10)


def test_spans() -> None:
    assert parse_span(None, None) == Span()
    assert parse_span("1:00", "") == Span(60, None)
    assert parse_span(None, "5") == Span(None, 5)
    assert parse_span("0:05", "0:10") == Span(5, 10)


@pytest.mark.parametrize(("start", "end"), [("10", "5"), ("10", "10"), (None, "0")])
def test_an_end_before_the_start(start: str | None, end: str) -> None:
    with pytest.raises(ClipError, match="after the start"):
        parse_span(start, end)
