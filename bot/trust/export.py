"""All that is kept of a person as files that Discord takes, however much it is."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import Any

from bot.words import ENGLISH
from models.types import ClipError

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""What is kept, by table, as `index.kept.of_person` returns it."""

# Parts differ in how well they are packed: so much more room is made than they need together.
_ROOM = 1.1


def export_files(mine: Rows, name: str, limit: int) -> Iterator[tuple[str, bytes]]:
    """Yield the names and contents of files that hold all of it, in the order of its rows.

    One JSON file if that fits, else packed ones with a part of the rows each.

    Parameters
    ----------
    mine : mapping
    name : str
        What the files are called, without an ending.
    limit : int
        Bytes of one file, at most.

    Raises
    ------
    ClipError
        A single row does not fit.
    """
    whole = _json(mine)
    if len(whole) <= limit:
        yield f"{name}.json", whole
        return
    rows = [(table, row) for table, rows in mine.items() for row in rows]
    for number, data in enumerate(_parts(rows, name, limit), start=1):
        yield f"{name}-{number}.zip", data


def _parts(rows: Sequence[tuple[str, Mapping[str, Any]]], name: str, limit: int) -> Iterator[bytes]:
    data = _packed(rows, name)
    if len(data) <= limit:
        yield data
        return
    if len(rows) <= 1:
        raise ClipError(*ENGLISH.say("privacy.too_much"))
    count = min(len(rows), max(2, math.ceil(_ROOM * len(data) / limit)))
    ends = [len(rows) * part // count for part in range(count + 1)]
    yield from chain.from_iterable(
        _parts(rows[start:end], name, limit) for start, end in pairwise(ends)
    )


def _packed(rows: Sequence[tuple[str, Mapping[str, Any]]], name: str) -> bytes:
    tables: dict[str, list[Mapping[str, Any]]] = {}
    for table, row in rows:
        tables.setdefault(table, []).append(row)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.json", _json(tables))
    return packed.getvalue()


def _json(tables: Rows) -> bytes:
    return json.dumps(tables, ensure_ascii=False, indent=1).encode()
