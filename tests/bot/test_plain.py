"""A stranger's text can neither break the card, hide in it, nor call anybody."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.plain import plain, safe_link


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Canon in D", "Canon in D"),
        ("my-song (live).mp3", "my-song \\(live\\).mp3"),
        ("**loud** _soft_ ~~gone~~ ||hidden||",
         "\\*\\*loud\\*\\* \\_soft\\_ \\~\\~gone\\~\\~ \\|\\|hidden\\|\\|"),
        ("[free](https://evil.example)", "\\[free\\]\\(https\\://evil.example\\)"),
        ("@everyone <@42> <#7>", "\\@everyone \\<\\@42\\> \\<#7\\>"),
        ("a\nb\r\n\n# c\td", "a b # c d"),
        ("gnp\u202e3pm.exe", "gnp3pm.exe"),
        ("in\u200bvis\u2060ible\ufeff", "invisible"),
        ("\u3164 \u2800\u00ad\u200f", ""),
        ("bad \ud800 surrogate", "bad surrogate"),
        ("Z" + "\u0301" * 50 + "algo", "Z\u0301\u0301algo"),
        ("Björk – Jóga 🎵", "Björk – Jóga 🎵"),
        ("שלום", "\u2068שלום\u2069"),
    ],
)  # fmt: skip
def test_examples(text: str, shown: str) -> None:
    assert plain(text, 200) == shown


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [("aaaaa", 5, "aaaaa"), ("aaaaaa", 5, "aaaa…"), ("****", 4, "\\*…"), ("a b c", 3, "a…")],
)
def test_cutting_never_splits_an_escape(text: str, limit: int, shown: str) -> None:
    assert plain(text, limit) == shown


@given(st.text(), st.integers(10, 300))
def test_any_text_is_one_bounded_visible_escaped_line(text: str, limit: int) -> None:
    shown = plain(text, limit)
    assert len(shown) <= limit
    bare = re.sub(r"\\[^0-9A-Za-z\s]", "", shown)
    assert not set(bare) & set("\\`*_~|[]()<>:@\n\r")
    inner = shown.removeprefix("\u2068").removesuffix("\u2069")
    assert all(unicodedata.category(each)[0] != "C" for each in inner)
    shown.encode()


def test_ten_thousand_characters_are_no_burden() -> None:
    assert len(plain("*" * 10_000, 120)) <= 120


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://example.org/a_b?c=d&e=f", "https://example.org/a_b?c=d&e=f"),
        ("https://example.org/x(1)", "https://example.org/x%281%29"),
        ("https://example.org/ü", "https://example.org/%C3%BC"),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("https://", ""),
        ("", ""),
        ("https://example.org/a) [x](https://evil.example", ""),
        ("https://ann@example.org/", ""),
        ("https://example.org/" + "a" * 400, ""),
        ("http://[", ""),
        ("/music/a.mp3", ""),
    ],
)
def test_links(url: str, link: str) -> None:
    assert safe_link(url) == link


@given(st.text(max_size=100))
def test_no_link_ends_the_parentheses_it_stands_in(text: str) -> None:
    assert not re.search(r"[\s()<>\[\]@]", safe_link(f"https://example.org/{text}"))
