"""Finding tracks by what people type: the beginning of a title, or of any words of its names."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterator
from itertools import groupby

from index.storable import clean

NAMES_TABLE = """
CREATE VIRTUAL TABLE names USING fts5(
    title, artist, album,
    content = '', tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3'
)
"""
TITLES_TABLE = """
CREATE TABLE titles (folded TEXT, number INTEGER, PRIMARY KEY (folded, number)) WITHOUT ROWID
"""

_NAMES = "SELECT number, title, artist, album FROM tracks JOIN files USING (source) ORDER BY number"

# What is typed is read up to here: titles are shorter, and so is what Discord lets people type.
LONGEST = 200
_MOST_WORDS = 12

_TITLE_BEGINS = """
SELECT number FROM titles WHERE folded BETWEEN ? AND ? ORDER BY folded, number LIMIT ?
"""
# Words say more in a title than in an artist's name, and there more than in an album's.
_WORDS_BEGIN = """
SELECT number FROM (
    SELECT rowid AS number, bm25(names, 8, 4, 1) AS weight FROM names WHERE names MATCH ? LIMIT ?
) ORDER BY weight, number LIMIT ?
"""

# Of more tracks than this that hold the words, only so many are weighed: another letter tells more.
_MOST_WEIGHED = 1000

LAST = chr(0x10FFFF)
"""Sorts after every text."""

# Letters that are no letter with a mark to Unicode, but that people type without one.
_PLAIN = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ð": "d", "đ": "d", "ł": "l", "þ": "th", "ı": "i", "ħ": "h"}
)
_APOSTROPHES = re.compile("['\u2018\u2019\u02bc\u00b4`]")
_ABBREVIATED = re.compile(r"(?<=\b\w)\.(?=\w\b)")

# Scripts that leave no room between words, each of their letters a word: Thai to Khmer, Kana, Han.
_SOLID = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
_IS_SOLID = re.compile(f"[{_SOLID}]")
_WORD = re.compile(rf"(?=[^\W_])(?:[{_SOLID}]|[^\W_{_SOLID}]+)")


def fold(text: str) -> str:
    """Return the words of a text in one spelling: no case, no accents, no punctuation.

    A text without any words, such as “!!!”, is only put in lower case.
    """
    apart = unicodedata.normalize("NFKD", clean(text[:LONGEST]))
    lower = unicodedata.normalize("NFKD", apart.casefold()).translate(_PLAIN)
    bare = "".join(letter for letter in lower if not unicodedata.combining(letter))
    plain = _APOSTROPHES.sub("", unicodedata.normalize("NFKC", bare))
    words = _WORD.findall(_ABBREVIATED.sub("", plain))
    return " ".join(words or plain.split())


def fill_names(database: sqlite3.Connection) -> None:
    """Make every track of a catalogue findable by its names."""
    for number, *texts in database.execute(_NAMES):
        title, artist, album = map(fold, texts)
        row = (number, title, artist, album)
        database.execute("INSERT INTO names (rowid, title, artist, album) VALUES (?, ?, ?, ?)", row)
        database.execute("INSERT INTO titles VALUES (?, ?)", (title, number))
    database.execute("INSERT INTO names (names) VALUES ('optimize')")


def complete(database: sqlite3.Connection, text: str, limit: int) -> list[int]:
    """Return the numbers of the tracks that a person who typed this may mean, best first.

    Titles that begin so come first, by alphabet; then tracks with words in their names that begin
    as all the typed ones do, by BM25.

    Parameters
    ----------
    database : sqlite3.Connection
        A catalogue.
    text : str
        Whatever was typed; of an empty one, the first titles of all are returned.
    limit : int
        At most so many.
    """
    asked = fold(text)
    found = database.execute(_TITLE_BEGINS, (asked, asked + LAST, limit)).fetchall()
    phrases = " ".join(f'"{" ".join(phrase)}"*' for phrase in phrases_of(asked))
    if phrases and len(found) < limit:
        found += database.execute(
            _WORDS_BEGIN,
            (phrases, _MOST_WEIGHED, limit + len(found)),
        ).fetchall()
    return list(dict.fromkeys(number for (number,) in found))[:limit]


def phrases_of(folded: str) -> Iterator[list[str]]:
    """Yield what has to stand together in a name, the last of each as its beginning.

    That is each word by itself, and the letters of a script without room between words.
    """
    words = [word for word in folded.split()[:_MOST_WORDS] if word[0].isalnum()]
    for solid, group in groupby(words, lambda word: bool(_IS_SOLID.match(word))):
        together = list(group)
        yield from [together] if solid else ([word] for word in together)
