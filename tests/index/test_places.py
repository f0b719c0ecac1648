"""What lies where is told by the paths alone, however many places there are."""

from __future__ import annotations

import pytest

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


def test_a_hundred_thousand_places_are_looked_through_at_once() -> None:
    places = Places(f"/music/{number}.mp3" for number in range(100_000))
    found = sum(f"/music/{number}.mp3" in places for number in range(50_000, 150_000))
    assert found == 50_000
