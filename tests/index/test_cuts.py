"""What is left out of a ranking, and what is not."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from index.cuts import Ranked, cut, is_twin, twin_likeness
from models.types import Sameness, SearchOptions, Track
from tests.index.making import unit


def ranked(*artists: str, known: bool = True, seconds: float = 100.0) -> list[Ranked]:
    return [
        Ranked(n, Track(f"t{n}", f"T{n}", artist, artist_known=known, seconds=seconds), 1 - n / 100)
        for n, artist in enumerate(artists)
    ]


def no_twins(_one: Ranked, _others: list[Ranked]) -> bool:
    return False


def kept(result: list[Ranked]) -> list[int]:
    return [one.number for one in result]


def test_at_most_two_by_one_artist_however_spelled() -> None:
    tracks = ranked("Sigur Rós", "SIGUR RÓS", " sigur rós ", "Straße", "STRASSE", "strasse", "x")
    assert kept(cut(tracks, None, no_twins, SearchOptions())) == [0, 1, 3, 4, 6]
    plain = ranked("Beyoncé", "Beyonce", "BEYONCÉ!", "Jay-Z", "Jay Z", "jay–z")
    assert kept(cut(plain, None, no_twins, SearchOptions())) == [0, 1, 3, 4]


def test_guessed_and_empty_artists_are_not_counted() -> None:
    assert kept(cut(ranked("a", "a", "a", known=False), None, no_twins, SearchOptions())) == [
        0,
        1,
        2,
    ]
    assert kept(cut(ranked("", "", " "), None, no_twins, SearchOptions())) == [0, 1, 2]


def test_no_cap_and_no_results() -> None:
    tracks = ranked("a", "a", "a")
    assert kept(cut(tracks, None, no_twins, SearchOptions(per_artist=None))) == [0, 1, 2]
    assert kept(cut(tracks, None, no_twins, SearchOptions(per_artist=0))) == []
    assert kept(cut([], None, no_twins, SearchOptions())) == []


def test_the_clip_itself_and_its_twins_are_left_out() -> None:
    tracks = ranked(*"abcd")

    def repeats(one: Ranked, others: list[Ranked]) -> bool:
        return one.number != 0 and 1 in kept(others)

    assert kept(cut(tracks, tracks[1], repeats, SearchOptions())) == [0]


def test_a_twin_of_a_track_that_is_not_shown_stays() -> None:
    """The cap removed the better one, so the other is no repetition."""
    tracks = ranked("a", "a", "a", "b")

    def repeats(one: Ranked, others: list[Ranked]) -> bool:
        return one.number == 3 and 2 in kept(others)

    assert kept(cut(tracks, None, repeats, SearchOptions())) == [0, 1, 3]


def test_what_is_not_wanted_takes_nobodys_place_and_nor_do_its_twins() -> None:
    tracks = ranked(*"aaaabb")
    options = SearchOptions(4, without=frozenset({"t0", "t1"}))

    def repeats(one: Ranked, others: list[Ranked]) -> bool:
        return one.number == 4 and 1 in kept(others)

    assert kept(cut(tracks, None, repeats, options)) == [2, 3, 5]


def test_twins_are_of_one_length() -> None:
    lengths = [100.0, 101.0, 101.5]
    tracks = [ranked(*"abc", seconds=seconds)[n] for n, seconds in enumerate(lengths)]
    assert kept(cut(tracks, None, lambda *_: True, SearchOptions())) == [0, 2]


def test_reading_stops_when_there_are_enough() -> None:
    tracks = iter(ranked(*"abcdef"))
    assert kept(cut(tracks, None, no_twins, SearchOptions(count=2))) == [0, 1]
    assert next(tracks).number == 3


@given(st.lists(st.sampled_from(["", "a", "b", "c"]), max_size=30), st.integers(1, 8))
def test_the_order_is_kept_and_nobody_is_counted_wrong(artists: list[str], count: int) -> None:
    result = cut(ranked(*artists), None, no_twins, SearchOptions(count, per_artist=1))
    numbers = kept(result)
    assert numbers == sorted(numbers)
    allowed = artists.count("") + len(set(artists) - {""})
    assert len(numbers) == min(count, allowed)


def test_twins_match_both_ways() -> None:
    one, longer, apart = unit(np.eye(2, 8)), unit(np.eye(4, 8)), unit(np.eye(8)[6:])
    sideways = np.roll(np.eye(2, 8), 4, axis=1)
    assert is_twin(one, [one[::-1]], Sameness())
    assert not is_twin(one, [longer], Sameness())  # a loop of a part
    assert not is_twin(longer, [one], Sameness())
    assert is_twin(one, [unit(one + 0.05 * sideways)], Sameness())
    assert not is_twin(one, [unit(one + 0.15 * sideways)], Sameness())
    assert is_twin(one, [longer, apart, one, longer], Sameness())
    assert not is_twin(one, [longer, apart, longer], Sameness())
    assert is_twin(one, [unit(one + 0.15 * sideways)], Sameness(twin=0.98))
    assert not is_twin(one, [unit(one + 0.05 * sideways)], Sameness(twin=0.9999))


def test_the_likeness_of_twins_is_that_of_the_lesser_way_round() -> None:
    one, longer = unit(np.eye(2, 8)), unit(np.eye(4, 8))
    np.testing.assert_allclose(twin_likeness(one, [one, longer]), [1, 0.5])
