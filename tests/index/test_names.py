"""What people type finds the tracks they mean, and nothing they type is a problem."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.names import complete, fold
from index.schema import PUT_FILE, PUT_TRACK, create_tables, file_row, fill
from models.types import Track

# Words as one and the other part of SQLite and Python tell them apart, and what they are made of.
WORDS = st.sampled_from(["a", "ab", "abc", "b", "Ros", "rós", "Straße", "Ünder", "мир", "9", "OR"])
GLUE = st.sampled_from(
    [" ", "-", '"', "' ", "*", "(", ") AND ", ":", "^", "/", " 🔥 ", "\x00", "+"]
)
TITLES = st.lists(st.one_of(WORDS, GLUE), max_size=6).map("".join)


class Fleeting(sqlite3.Connection):
    """Closes itself when the test that asked it lets go of it."""

    def __del__(self) -> None:
        self.close()


def catalogue(names: Sequence[tuple[str, str, str]]) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:", factory=Fleeting)
    create_tables(database)
    for number, (title, artist, album) in enumerate(names):
        track = Track(f"{number:04}", title, artist, album)
        database.execute(PUT_FILE, file_row(track, track.id, 1, 1))
        database.execute(PUT_TRACK, (number, track.id, track.id, number, 1, b"\0\0\0\0"))
    fill(database)
    return database


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Sigur Rós — Hoppípolla", "sigur ros hoppipolla"),
        ("MØ, Ænima, Łódź, Þursaflokkurinn", "mo aenima lodz thursaflokkurinn"),
        ("Don't Stop ’Til", "dont stop til"),
        ("R.E.M. & St. Vincent", "rem st vincent"),
        ("Straße İstanbul ﬁn Ⅷ", "strasse istanbul fin viii"),
        ("夜に駆ける", "夜 に 駆 け る"),
        ("ガンダム2号 live", "カ ン タ ム 2 号 live"),
        ("강남스타일", "강남스타일"),
        ("!!!", "!!!"),
        ("🔥  🔥", "🔥 🔥"),
        ("", ""),
        ("\udcff", "?"),
    ],
)
def test_one_spelling(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(folded) == folded


@given(st.text(max_size=40))
def test_one_spelling_is_one(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(text.casefold()) == fold(text)


SONGS = [
    ("Love", "Zed", "First"),
    ("Lovely Day", "Bill Withers", "Menagerie"),
    ("All You Need Is Love", "The Beatles", "Magical Mystery Tour"),
    ("Glove", "Nobody", ""),
    ("Day Tripper", "The Beatles", "1"),
    ("Hoppípolla", "Sigur Rós", "Takk..."),
    ("Something", "Love", "Forever Changes"),
    ("Something Else", "Else", "Love"),
    ("夜に駆ける", "YOASOBI", ""),
    ("÷", "Ed", ""),
    ("“Heroes”", "David Bowie", "“Heroes”"),
]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("love", ["Love", "Lovely Day", "Something", "All You Need Is Love", "Something Else"]),
        ("LOVE you", ["All You Need Is Love"]),
        ("beatles", ["Day Tripper", "All You Need Is Love"]),
        ("beat day", ["Day Tripper"]),
        ("hoppi", ["Hoppípolla"]),
        ("sigur ros", ["Hoppípolla"]),
        ("takk", ["Hoppípolla"]),
        ("夜に", ["夜に駆ける"]),
        ("駆け", ["夜に駆ける"]),
        ("駆に", []),
        ("÷", ["÷"]),
        ("heroes", ["“Heroes”"]),
        ('"love" OR title:x*', []),
        ("nothing of the kind", []),
    ],
)
def test_people_find_what_they_mean(typed: str, found: list[str]) -> None:
    database = catalogue(SONGS)
    assert [SONGS[number][0] for number in complete(database, typed, 25)] == found


def test_nothing_typed_shows_the_first_titles() -> None:
    found = complete(catalogue(SONGS), " ", 3)
    assert [SONGS[number][0] for number in found] == [
        "All You Need Is Love",
        "Day Tripper",
        "Glove",
    ]


def test_where_many_begin_so_words_inside_are_not_asked_for() -> None:
    database = catalogue([*[(f"Love {n:02}", "", "") for n in range(40)], ("My Love", "", "")])
    assert complete(database, "love", 25) == list(range(25))
    assert complete(database, "love", 41) == list(range(41))


def begins(names: tuple[str, str, str], asked: list[str]) -> bool:
    words = [word for name in names for word in fold(name).split() if word.isalnum()]
    return all(any(word.startswith(one) for word in words) for one in asked)


@settings(max_examples=300)
@given(
    names=st.lists(st.tuples(TITLES, TITLES, TITLES), min_size=1, max_size=8),
    typed=TITLES,
    limit=st.integers(1, 12),
)
def test_what_is_found_is_what_begins_so(
    names: list[tuple[str, str, str]], typed: str, limit: int
) -> None:
    database = catalogue(names)
    asked = fold(typed)
    titles = [fold(title) for title, _, _ in names]
    first = sorted(
        (number for number, title in enumerate(titles) if title.startswith(asked)),
        key=lambda number: (titles[number], number),
    )
    words = [word for word in asked.split() if word.isalnum()]
    others = {number for number, name in enumerate(names) if words and begins(name, words)}
    found = complete(database, typed, 100)
    assert found[: len(first)] == first
    assert sorted(found[len(first) :]) == sorted(others - {*first})
    assert complete(database, typed, limit) == found[:limit]


@given(title=st.text(max_size=40), typed=st.text(max_size=40), cut=st.integers(1, 40))
def test_any_text_may_be_typed(title: str, typed: str, cut: int) -> None:
    database = catalogue([(title, typed, ""), ("x", "y", "z")])
    assert set(complete(database, typed, 5)) <= {0, 1}
    assert 0 in complete(database, title, 5)


@pytest.mark.parametrize(
    "typed",
    [
        "z" * 10_000,
        "a " * 5_000,
        '"' * 10_000,
        "* OR NEAR(a b) AND NOT {title} : ^x " * 300,
        "🔥" * 10_000,
        "\u0301" * 10_000,
        "ﷺ" * 10_000,
        "\x00\udcff\u202e",
    ],
)
def test_ten_thousand_characters_are_no_problem(typed: str) -> None:
    database = catalogue(SONGS)
    assert len(complete(database, typed, 25)) <= 25


def test_a_title_of_ten_thousand_characters_is_found_by_its_beginning() -> None:
    database = catalogue([("no end " * 2_000, "", "")])
    assert complete(database, "no end no", 5) == [0]
    assert complete(database, "no end " * 2_000, 5) == [0]
