"""Texts with gaps: filled in with values, or recognised in a text that was filled in before."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

Values = Mapping[str, str | int | float]

GAP = re.compile(r"\{(\w+)(:number)?\}", re.ASCII)
"""A gap's name; `{seconds:number}` is one that only a number fits."""

_LONGEST_READ = 1_000
_ANYTHING, _NUMBER = "(.+?)", r"(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?"


class Match(NamedTuple):
    """The template that a text was made from, and what filled its gaps."""

    key: str
    values: Values


class _Pattern(NamedTuple):
    key: str
    weight: int
    gaps: tuple[tuple[str, bool], ...]
    expression: re.Pattern[str]


class Templates:
    """Finds the template that a text was made from: the most specific one that fits.

    Parameters
    ----------
    texts : iterable of (str, str)
        Keys and templates; of two that are the same, the first one is found.
    """

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        self._whole: dict[str, str] = {}
        patterns = []
        for key, text in texts:
            if GAP.search(text):
                patterns.append(_compile(key, text))
            else:
                self._whole.setdefault(text, key)
        self._patterns = sorted(patterns, key=lambda pattern: -pattern.weight)

    def find(self, text: str) -> Match | None:
        """Return the template of a text; None where there is none, or the text is very long."""
        if text in self._whole:
            return Match(self._whole[text], {})
        if len(text) > _LONGEST_READ:
            return None
        for pattern in self._patterns:
            if found := pattern.expression.fullmatch(text):
                return Match(pattern.key, _read(pattern, found))
        return None


def fill(text: str, values: Values, write: Callable[[float], str]) -> str:
    """Fill the gaps of a template; one without a value stays.

    Parameters
    ----------
    text : str
    values : mapping
        Texts go in as they are, braces and all.
    write : callable
        Writes the numbers.
    """

    def one(gap: re.Match[str]) -> str:
        value = values.get(gap[1], gap[0])
        return value if isinstance(value, str) else write(value)

    return GAP.sub(one, text)


def _compile(key: str, text: str) -> _Pattern:
    gaps = tuple((gap[1], bool(gap[2])) for gap in GAP.finditer(text))
    literals = GAP.sub("\0", text).split("\0")
    expression = re.escape(literals[0])
    for (_, number), literal in zip(gaps, literals[1:], strict=True):
        expression += (_NUMBER if number else _ANYTHING) + re.escape(literal)
    return _Pattern(key, sum(map(len, literals)), gaps, re.compile(expression, re.DOTALL))


def _read(pattern: _Pattern, found: re.Match[str]) -> Values:
    values: dict[str, str | int | float] = {}
    groups = iter(found.groups(default=""))
    for name, number in pattern.gaps:
        text = next(groups)
        if not number:
            values[name] = text
            continue
        whole, rest = text.replace(",", ""), next(groups)
        values[name] = float(whole + rest) if rest else int(whole)
    return values
