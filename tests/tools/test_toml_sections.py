"""Sections of a card are replaced, and nothing else in it is touched, however it is written."""

from __future__ import annotations

import tomllib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.cards import toml_text, with_sections
from tools.toml_sections import pieces

NAMES = ("calibration", "same")
SECTIONS = {"calibration": {"reference": "all", "knots": [[0.0, 0.1], [1.0, 0.9]]}}

COMMENTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t"), max_size=12
).map(lambda text: f"#{text}")
BLANKS = st.sampled_from(["", "", " ", "\t"])
# Values that look like headers, comments and ends of strings, on lines of their own too.
VALUES = st.sampled_from(
    [
        "1",
        '"]"',
        "'[same] # no comment'",
        '"a \\" [calibration] # \\\\"',
        '"""\n[calibration]\nx = 1 # no comment\n"""',
        '"""a \\""" # no comment\n[same]""""',
        "'''\n[[same]]\n'''''",
        '[\n[0, 0.5],\n  [1, 0.5], # a pair ]\n["["],\n]',
        "[ # one\n[\n] ]",
        '{ a = "}", b = [1, 2] }',
        '""',
        "''",
        '"\\u2028\u2028"',
    ]
)


def headers_of(name: str) -> st.SearchStrategy[list[str]]:
    return st.sampled_from(
        [
            [f"[{name}]"],
            [f"[ '{name}' ]", f"[{name}.below]"],
            [f"[{name}.below]", f'["{name}"]'],
            [f"[[{name}]]", f"[[{name}]]"],
            [],
        ]
    )


class Writer:
    """Writes a card in any way there is, and remembers which comments have to stay."""

    def __init__(self, draw: Callable[..., object]) -> None:
        self.draw = draw
        self.lines: list[str] = []
        self.kept: list[str] = []

    def comments(self) -> None:
        for _ in range(self.draw(st.integers(0, 2))):
            comment = self.draw(st.one_of(st.just(""), COMMENTS))
            self.lines.append(self.draw(BLANKS) + comment)
            self.kept.append(comment)

    def end(self, *, stays: bool) -> str:
        comment = self.draw(st.one_of(st.just(""), COMMENTS))
        self.kept += [comment] if stays else []
        return f" {comment}"

    def entries(self, prefix: str, *, stays: bool) -> None:
        for number in range(self.draw(st.integers(0, 3))):
            self.comments()
            key = self.draw(st.sampled_from(["k{}", "'k {}'", '"k]{}"', "k{} . a", 'k{}."b#"']))
            start = self.draw(BLANKS) + prefix + key.format(number) + self.draw(BLANKS)
            self.lines.append(f"{start}={self.draw(VALUES)}{self.end(stays=stays)}")

    def table(self, header: str) -> None:
        stays = not any(name in header.split(".", maxsplit=1)[0] for name in NAMES)
        self.comments()
        has_its_line_kept = stays or header in {f"[{name}]" for name in NAMES}
        self.lines.append(self.draw(BLANKS) + header + self.end(stays=has_its_line_kept))
        self.entries("", stays=stays)


def test_no_blank_lines_pile_up_where_tables_were() -> None:
    tables = "".join(f"[calibration.{name}]\nx = 1\n\n" for name in "abc")
    once = with_sections(f"y = 1\n\n{tables}[files]\n", SECTIONS)
    assert once.endswith("]\n\n[files]\n")
    assert "\n\n\n" not in once


def test_a_comment_at_the_end_keeps_its_last_space() -> None:
    assert with_sections("x = 1\n# ", SECTIONS).startswith("x = 1\n# \n\n[calibration]")
    assert with_sections("[calibration] # \nx = 1", SECTIONS).startswith("[calibration] # \n")


@st.composite
def cards(draw: Callable[..., object]) -> tuple[str, list[str]]:
    writer = Writer(draw)
    writer.entries("", stays=True)
    as_keys = draw(st.sampled_from([(), ("same",), NAMES]))
    for name in as_keys:
        writer.entries(f"{name}.", stays=False)
    headers = ["[files]", "[ evaluation . 'same' ]", "[[many]]", '["x]"]', "[[many]]"]
    for name in NAMES[: len(NAMES) - len(as_keys)]:
        headers += draw(headers_of(name))
    for header in draw(st.permutations(headers)):
        writer.table(header)
    writer.comments()
    return "\n".join(writer.lines) + draw(st.sampled_from(["", "\n", "\n\n"])), writer.kept


@given(
    card=cards(),
    names=st.sets(st.sampled_from(NAMES), min_size=1),
    value=st.one_of(st.integers(), st.text(st.characters(exclude_categories=["Cs"]))),
)
def test_whatever_a_card_looks_like_the_rest_of_it_stays(
    card: tuple[str, list[str]], names: set[str], value: object
) -> None:
    text, comments = card
    sections = {name: {"new": value, "rows": [[0.5, 1.0]]} for name in sorted(names)}
    before = tomllib.loads(text)
    once = with_sections(text, sections)
    assert tomllib.loads(once) == {**before, **sections}
    assert "".join(piece.text for piece in pieces(text)) == text
    # Comments on lines of their own among it, in their order.
    assert untouched(once, names) == untouched(text, names)
    assert all(comment in once for comment in comments)
    assert with_sections(once, sections) == once


def untouched(text: str, names: set[str]) -> list[str]:
    said = [piece.text.strip() for piece in pieces(text) if piece.section not in names]
    return [each for each in said if each]


VALUES_OF_TABLES = st.recursive(
    st.one_of(st.booleans(), st.floats(allow_nan=False), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=20), st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=30,
)


@given(
    table=st.dictionaries(st.text(), VALUES_OF_TABLES, max_size=8),
    sections=st.dictionaries(
        st.sampled_from(NAMES), st.dictionaries(st.text(), st.text(), max_size=3)
    ),
)
def test_sections_come_back_from_any_card(
    table: dict[str, object], sections: dict[str, dict[str, object]]
) -> None:
    once = with_sections(toml_text(table), sections)
    assert tomllib.loads(once) == {**table, **sections}
    assert tomllib.loads(with_sections(once, sections)) == {**table, **sections}


def test_a_section_is_replaced_where_it_stands() -> None:
    card = """\
# By hand.
name = "mine"  # truly

[calibration]  # see the paper
# What was heard.
reference = "old"  # as if
knots = [
    [0, 0.5],
[1, 0.5],
]

# What follows was measured.
[evaluation.music]
p1 = 0.5
"""
    assert (
        with_sections(card, SECTIONS)
        == """\
# By hand.
name = "mine"  # truly

[calibration]  # see the paper
reference = "all"
knots = [[0.0, 0.1], [1.0, 0.9]]
# What was heard.

# What follows was measured.
[evaluation.music]
p1 = 0.5
"""
    )


def test_a_section_that_is_not_there_comes_last() -> None:
    added = '[calibration]\nreference = "all"\nknots = [[0.0, 0.1], [1.0, 0.9]]\n'
    assert with_sections("name = 'mine' # so", SECTIONS) == f"name = 'mine' # so\n\n{added}"
    assert with_sections("", SECTIONS) == added


@pytest.mark.parametrize(
    "card",
    [
        'calibration = { reference = "old", knots = [] }\nname = "mine"\n',
        'calibration.reference = "old"\nname = "mine"\n',
        'name = """\n[calibration]\nnot a section\n"""\n',
        '["calibration"]\nreference = "old"\n',
        "[[calibration]]\n[[calibration]]\n",
        "many = [\n[1, 2],\n[3],\n]\n",
        '[other]\r\nx = 1\r\n[calibration]\r\nreference = "old"\r\n',
    ],
)
def test_a_card_may_be_written_in_another_way(card: str) -> None:
    new = with_sections(card, SECTIONS)
    assert tomllib.loads(new) == {**tomllib.loads(card), **SECTIONS}
    assert "old" not in new


def test_what_is_no_toml_is_refused() -> None:
    with pytest.raises(ValueError, match="table declaration"):
        with_sections("[calibration", SECTIONS)
