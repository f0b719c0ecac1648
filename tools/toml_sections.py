"""Sections of a TOML text put in the place of others, while the rest stays as it is written."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_LONG_QUOTES: Final = ('"""', "'''")
_BLANK: Final = " \t\r\n"
_LINE_END: Final = "\r\n"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a TOML text: a header, a key with its value, or a line without either.

    Attributes
    ----------
    text : str
        Whole lines. Those of all pieces, one after the other, are the text.
    section : str or None
        The first name of the table it opens or stands in; of a key above all headers, its own.
        None for blank lines and comments.
    is_header : bool
    """

    text: str
    section: str | None
    is_header: bool = False


def put_sections(text: str, sections: Mapping[str, str]) -> str:
    """Return a text with some sections put in, or in the place of those of their names.

    A section that is there is replaced where its first header is, whose line stays, and one that is
    not there comes last. All else stays as it is written, comments too; but what stands on the
    lines of keys that are replaced goes with them.

    Parameters
    ----------
    text : str
        TOML.
    sections : mapping of str to str
        Each as TOML, beginning with its header, by the first name of its tables.

    Raises
    ------
    ValueError
        The text is no TOML.
    """
    tomllib.loads(text)
    missing = dict(sections)
    kept: list[str] = []
    closing = False
    for piece in pieces(text):
        if piece.section in sections:
            closing = True
            if piece.is_header and piece.section in missing:
                kept.append(_under(piece.text, missing.pop(piece.section)))
        elif piece.text.strip(_BLANK):
            closing = False
            kept.append(piece.text)
        elif not (closing and kept and not kept[-1].strip(_BLANK)):
            kept.append(piece.text)  # of the blank lines between what goes, one is enough
    whole = "".join(kept)
    for section in missing.values():
        whole = whole.rstrip(_LINE_END) + "\n\n" if whole.strip(_BLANK) else whole
        whole += section
    return whole


def pieces(text: str) -> Iterator[Piece]:
    """Yield the pieces of a TOML text."""
    at, opened = 0, None
    while at < len(text):
        end = _end(text, at)
        part = text[at:end]
        first = part.lstrip(_BLANK)[:1]
        if first in ("", "#"):
            yield Piece(part, None)
        elif first == "[":
            (opened,) = tomllib.loads(part)
            yield Piece(part, opened, is_header=True)
        else:
            yield Piece(part, opened if opened is not None else next(iter(tomllib.loads(part))))
        at = end


def _under(header: str, section: str) -> str:
    """Return a section under the header that was there, if that opens the same table."""
    first, _, rest = section.partition("\n")
    if tomllib.loads(header) != tomllib.loads(first):
        return section
    return header.rstrip(_LINE_END) + "\n" + rest


def _end(text: str, at: int) -> int:
    """Return where the line ends that begins here, with all the lines its value goes on for."""
    depth = 0
    while at < len(text):
        character = text[at]
        if character in "\"'":
            at = _after_string(text, at)
            continue
        if character == "#":
            at = text.find("\n", at)
            if at < 0:
                return len(text)
            continue
        at += 1
        if character in "[{":
            depth += 1
        elif character in "]}":
            depth -= 1
        elif character == "\n" and not depth:
            break
    return at


def _after_string(text: str, at: int) -> int:
    quote = text[at : at + 3] if text[at : at + 3] in _LONG_QUOTES else text[at]
    at += len(quote)
    while not text.startswith(quote, at):
        at += 2 if text[at] == "\\" and quote[0] == '"' else 1
    at += len(quote)
    # A long string may end in one or two quotes of its own.
    while len(quote) > 1 and text.startswith(quote[0], at):
        at += 1
    return at
