"""How alike two sounds are, in words."""

from __future__ import annotations

from bot.words import Words

# From which value on a word holds, and its key in the catalogues.
_MATCHES = (
    (0.8, "alike.very_close_match"),
    (0.6, "alike.close_match"),
    (0.4, "alike.fair_match"),
    (-1.0, "alike.loose_match"),
)
_SIMILARITIES = (
    (0.9, "alike.nearly_the_same"),
    (0.75, "alike.very_similar"),
    (0.55, "alike.similar"),
    (0.35, "alike.somewhat_similar"),
    (-1.0, "alike.distantly_similar"),
)


def match_in_words(probability: float, words: Words) -> str:
    """Word a match in [0, 1]: `87 % · a very close match`."""
    return f"{words.percent(probability)} · {words(_key(probability, _MATCHES))}"


def similarity_in_words(value: float, words: Words) -> str:
    """Word a similarity in [-1, 1]: `very similar (0.81)`."""
    return f"{similarity_word(value, words)} ({words.number(value, 2)})"


def similarity_word(value: float, words: Words) -> str:
    """Word a similarity in [-1, 1] without its number: `very similar`."""
    return words(_key(value, _SIMILARITIES))


def _key(value: float, steps: tuple[tuple[float, str], ...]) -> str:
    return next((key for least, key in steps if value >= least), steps[-1][1])
