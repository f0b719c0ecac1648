"""A language's words: texts, sayings and counts by their key, and English put into the language."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from bot.words.catalogue import Catalogue, load_catalogue
from bot.words.templates import Templates, fill

_ENGLISH = "en"
_TOLD = ("errors.", "notes.")  # what models/ says; what bot/ raises are sayings


class Saying(NamedTuple):
    """What happened, and what to do about it: the two halves of an error a person meets."""

    sentence: str
    fix: str


class Words:
    """The words of one language; its catalogue is read when the first one is needed.

    Parameters
    ----------
    locale : str
        One of `LANGUAGES`.
    """

    def __init__(self, locale: str) -> None:
        self.locale = locale

    def __call__(self, key: str, /, **values: str | float) -> str:
        """Say the text with this key, its gaps filled with texts, or numbers as they are written.

        Raises
        ------
        KeyError
            There is no such key in English either.
        """
        return fill(self._text(key), values, self.number)

    def say(self, key: str, /, **values: str | float) -> Saying:
        """Say the saying with this key; raises as a call does. It may lack a fix."""
        fix = f"{key}.fix"
        known = fix in load_catalogue(_ENGLISH).texts
        return Saying(self(f"{key}.sentence", **values), self(fix, **values) if known else "")

    def count(self, key: str, count: int, /, **values: str | float) -> str:
        """Say how many there are of something: `1,234 tracks`; raises as a call does."""
        form = self._catalogue.numbers.form(count)
        text = self.own(f"{key}.{form}") or self._text(f"{key}.other")
        return fill(text, {**values, "count": count}, self.number)

    def number(self, value: float, places: int | None = None) -> str:
        """Write a number, with all its decimals (two at most) or so many places."""
        return self._catalogue.numbers.write(value, places)

    def percent(self, probability: float) -> str:
        """Write a probability in [0, 1] as a per cent, none of which is a certainty: `87 %`."""
        return self._catalogue.numbers.write_percent(probability)

    def translate(self, text: str) -> str:
        """Put an English sentence of an error or a note into this language, else leave it."""
        found = None if self.locale == _ENGLISH else _english_templates().find(text)
        return self(found.key, **found.values) if found else text

    def own(self, key: str) -> str | None:
        """Return what this language itself has under a key, its gaps open; None for nothing."""
        return self._catalogue.texts.get(key)

    def __repr__(self) -> str:
        return f"Words({self.locale!r})"

    @property
    def _catalogue(self) -> Catalogue:
        return load_catalogue(self.locale)

    def _text(self, key: str) -> str:
        text = self.own(key)
        return load_catalogue(_ENGLISH).texts[key] if text is None else text


@lru_cache(maxsize=1)
def _english_templates() -> Templates:
    return Templates(
        (key, text)
        for key, text in load_catalogue(_ENGLISH).texts.items()
        if key.startswith(_TOLD) or key.endswith((".sentence", ".fix"))
    )
