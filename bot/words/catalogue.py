"""A language's catalogue, read once: texts by their key, and how the language writes numbers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from bot.words.numbers import Numbers

# French puts a space before these: one that no line is broken at, whatever was typed.
_BEFORE = re.compile(r" (?=[!?;:»])")
_AFTER = re.compile(r"(?<=«) ")
_UNBROKEN = "\u202f"

_COMMAND = re.compile(r"\{/(\w+)\}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a language says.

    Attributes
    ----------
    texts : mapping of str to str
        Every text by its key: the names of the tables it lies in and its own, with dots between.
    numbers : Numbers
    """

    texts: Mapping[str, str]
    numbers: Numbers


@lru_cache
def load_catalogue(locale: str) -> Catalogue:
    """Read the catalogue of a language; one that was read before is at hand.

    Raises
    ------
    FileNotFoundError
        There is none.
    KeyError
        A text names a command that there is not.
    """
    file = resources.files("bot.words").joinpath(f"{locale}.toml")
    tables = tomllib.loads(file.read_text("utf-8"))
    language = tables.pop("language")
    return Catalogue(
        texts=_with_commands({key: _set_type(text) for key, text in _flat(tables, "")}),
        numbers=Numbers(
            group=language["group"],
            grouped_from=language["grouped_from"],
            decimal=language["decimal"],
            percent=language["percent"],
            singular=tuple(language["singular"]),
        ),
    )


def _flat(table: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _set_type(text: str) -> str:
    return _AFTER.sub(_UNBROKEN, _BEFORE.sub(_UNBROKEN, text))


def _with_commands(texts: Mapping[str, str]) -> dict[str, str]:
    """Put the names of commands, as this language has them, where texts have `{/library_add}`."""

    def name_of(found: re.Match[str]) -> str:
        group, _, rest = found[1].partition("_")
        names = [texts[f"commands.{group}.name"]]
        if rest:
            names.append(texts[f"commands.{found[1]}.name"])
        return "/" + " ".join(names)

    return {key: _COMMAND.sub(name_of, text) for key, text in texts.items()}
