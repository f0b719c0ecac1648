"""What lies where is told by the paths alone, however many places there are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.places import Places, outermost


@pytest.mark.parametrize(
    ("top", "inside", "outside"),
    [
        ("/music", ["/music", "/music/a.mp3", "/music/x/y"], ["/musical", "/", "music", ""]),
        ("/music/", ["/music/a.mp3", "/music"], ["/musical/a"]),
        ("/", ["/a.mp3", "/music/a"], ["a.mp3", "https://example.org/a.mp3", ""]),
        ("/music/a.mp3", ["/music/a.mp3"], ["/music/a.mp3.bak", "/music"]),
        ("https://example.org/a", ["https://example.org/a"], ["https://example.org", "/a"]),
    ],
)
def test_what_lies_in_a_place(top: str, inside: list[str], outside: list[str]) -> None:
    places = Places([top, "/elsewhere"])
    assert [path for path in (*inside, *outside) if path in places] == inside
    assert not any(path in Places([]) for path in (*inside, *outside))


def test_places_below_others_are_left_out() -> None:
    assert outermost(["/b/c", "/a", "/b", "/a/x/y", "/bc"]) == ["/a", "/b", "/bc"]


@pytest.mark.parametrize(
    ("places", "kept"),
    [
        (["/", "/a", "https://example.org/a"], ["/", "https://example.org/a"]),
        (["/a/", "/a", "/a/b/"], ["/a"]),
        (["/a/"], ["/a/"]),
        (["https://example.org/a/b", "https://example.org/a"], ["https://example.org/a"]),
        (["a.mp3", "b"], ["a.mp3", "b"]),
        ([], []),
    ],
)
def test_places_are_below_others_however_they_are_spelt(places: list[str], kept: list[str]) -> None:
    assert outermost(places) == kept


_names = st.lists(st.sampled_from(["a", "b", "ab"]), max_size=4).map("/".join)


@given(st.lists(_names.map("/".__add__)))
def test_the_outermost_places_hold_all_and_none_of_each_other(places: list[str]) -> None:
    kept = outermost(places)
    assert all(place in Places(kept) for place in places)
    assert set(kept) <= set(places)
    for place in kept:
        assert place not in Places(other for other in kept if other != place)


def test_the_outermost_of_many_places_are_found_in_one_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_up = []
    inside = Places.__contains__
    monkeypatch.setattr(
        Places, "__contains__", lambda self, path: (looked_up.append(path), inside(self, path))[1]
    )
    made = []
    make = Places.__init__
    monkeypatch.setattr(
        Places, "__init__", lambda self, tops: (made.append(1), make(self, tops))[1]
    )
    assert len(outermost(f"/music/{number}.mp3" for number in range(1000))) == 1000
    assert (len(made), len(looked_up)) == (1, 1000)


def test_a_hundred_thousand_places_are_looked_through_at_once() -> None:
    places = Places(f"/music/{number}.mp3" for number in range(100_000))
    found = sum(f"/music/{number}.mp3" in places for number in range(50_000, 150_000))
    assert found == 50_000
