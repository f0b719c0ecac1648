"""The one way model cards are written: TOML that people read too, put in place in one step."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from index.generations import sync_file, sync_folder
from models.card import ModelCard, ModelFile
from models.types import Sameness
from tools.toml_sections import put_sections

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ITEMS_A_LINE = 8
_DEEPEST_SECTION = 2


def card_table(card: ModelCard) -> dict[str, Any]:
    """Return the fields of a card as they are named in its file.

    Fields that have the meaning of an absent one are left out.
    """
    table = {
        "name": card.name,
        "version": card.version,
        "embedding_space": card.space,
        "front_end": card.front_end,
        "sample_rate": card.sample_rate,
        "dim": card.dim,
        "patch_seconds": card.patch_seconds,
        "pooling": card.pooling,
        "scale": card.scale and list(card.scale),
        "output": card.output or None,
        "clip": card.clip,
        "verified": None if card.verified else False,
        "licence": card.licence,
        "training_data": card.training_data,
        "mean": list(card.mean),
        "calibration": card.calibration
        and {
            "reference": card.calibration.reference,
            "knots": [list(knot) for knot in card.calibration.knots],
        },
        "same": None if card.sameness == Sameness() else asdict(card.sameness),
        "metric": card.metric
        and {
            "model": card.metric.model,
            "space": card.metric.space,
            **file_table(card.metric.file),
        },
        # Those of a card with a metric are another card's.
        "files": [file_table(file) for file in card.files if not card.metric] or None,
    }
    return {key: value for key, value in table.items() if value is not None}


def file_table(file: ModelFile) -> dict[str, Any]:
    """Return the fields of one file of a card as they are named there."""
    table = {
        "path": file.path.name,
        "size": file.size,
        "sha512": file.sha512,
        "precision": file.precision,
        "url": file.url or None,
        "overlap": file.overlap,
    }
    return {key: value for key, value in table.items() if value is not None}


def toml_text(table: Mapping[str, Any]) -> str:
    """Return a table as TOML.

    Parameters
    ----------
    table : mapping
        Texts, numbers, truths, lists of them, tables and lists of tables. Sections go two names
        deep; tables below are written in line.

    Returns
    -------
    str
        `tomllib.loads` makes the same table of it.

    Raises
    ------
    TypeError
        There is something in it that TOML has no form for.
    """
    return "\n".join(_section((), table)).strip("\n") + "\n"


def with_sections(text: str, sections: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a card's text with some sections put in, or in the place of those of their names.

    All the rest stays as it is written, comments too; see `tools.toml_sections.put_sections`.

    Parameters
    ----------
    text : str
        TOML.
    sections : mapping of str to mapping
        By their names.

    Raises
    ------
    ValueError
        The text is no TOML.
    """
    return put_sections(text, {name: toml_text({name: each}) for name, each in sections.items()})


def write_card(path: Path, table: Mapping[str, Any]) -> None:
    """Write a card so that a reader sees the old one or the new one whole, whatever happens.

    Raises
    ------
    OSError
        The disk refuses; the old card is as it was.
    """
    write_card_text(path, toml_text(table))


def write_card_text(path: Path, text: str) -> None:
    """Write the text of a card as `write_card` does."""
    written = path.with_name(f".{path.name}.new")
    try:
        with written.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            sync_file(file.fileno())
        written.replace(path)
    finally:
        written.unlink(missing_ok=True)
    sync_folder(path.parent)


def _section(names: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[str]:
    sections: dict[str, Any] = {}
    entries: dict[str, Any] = {}
    for key, value in table.items():
        deeper = len(names) < _DEEPEST_SECTION and isinstance(value, Mapping)
        (sections if deeper or (_is_tables(value) and not names) else entries)[key] = value
    if names and (entries or not sections):
        yield f"\n[{'.'.join(map(_key, names))}]"
    for key, value in entries.items():
        yield f"{_key(key)} = {_value(value)}"
    for key, value in sections.items():
        if isinstance(value, Mapping):
            yield from _section((*names, key), value)
        else:
            for entry in value:
                yield f"\n[[{_key(key)}]]"
                yield from (f"{_key(name)} = {_value(inner)}" for name, inner in entry.items())


def _is_tables(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(entry, Mapping) for entry in value)
    )


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return _text(value)
        case Mapping():
            inner = ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items())
            return f"{{ {inner} }}" if inner else "{}"
        case Sequence():
            return _items([_value(each) for each in value])
    raise TypeError(f"TOML has no form for a {type(value).__name__}")


def _items(items: list[str]) -> str:
    if len(items) <= _ITEMS_A_LINE:
        return f"[{', '.join(items)}]"
    rows = (items[at : at + _ITEMS_A_LINE] for at in range(0, len(items), _ITEMS_A_LINE))
    return "\n".join(["[", *(f"    {', '.join(row)}," for row in rows), "]"])


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _text(key)


def _text(text: str) -> str:
    # A TOML text is a JSON text, but for one character that JSON leaves as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
