"""The answers behind live buttons: what was asked and found, so that a click days later works."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from index.kept import Kept, Migration
from index.packing import pack, unpack_windows
from index.state_file import State
from models.types import ClipHeard, Pair, Query, Recommendation, Recommendations, Track

DAYS = 30
"""How long an answer's buttons work."""

MOST = 200
"""Answers that are kept of one person: the newest."""

MIGRATION = Migration(
    """
    CREATE TABLE answers (
        id TEXT PRIMARY KEY,
        person INTEGER NOT NULL,       -- who asked
        guild INTEGER,                 -- where; NULL in a direct message
        created REAL NOT NULL,
        space TEXT NOT NULL,           -- the embedding space of the vectors
        dim INTEGER NOT NULL,
        vectors BLOB NOT NULL,         -- the clip's windows, float32
        starts BLOB NOT NULL,
        track TEXT NOT NULL,           -- the id that the clip would have as a track
        seconds REAL NOT NULL,
        heard JSON TEXT NOT NULL,
        same JSON TEXT,                -- the track that the clip is
        results JSON TEXT NOT NULL
    );
    CREATE INDEX answers_person ON answers (person);
    CREATE INDEX answers_created ON answers (created);
    """,
    (
        Kept(
            "answers",
            "What you asked and what I answered, so that the buttons of a card go on working: the "
            "clip's name and the numbers a model made of it, never its sound, and the tracks.",
            days=DAYS,
        ),
    ),
)


_DROP_OLDER = """
    DELETE FROM answers WHERE person = ? AND rowid NOT IN (
        SELECT rowid FROM answers WHERE person = ? ORDER BY created DESC, rowid DESC LIMIT ?
    )
"""


@dataclass(frozen=True, slots=True, eq=False)
class KeptAnswer:
    """An answer as it was given.

    Attributes
    ----------
    id : str
        A short token that fits in a button's custom_id.
    person : int
        The Discord id of who asked.
    guild : int or None
        The server it was asked in; None in a direct message.
    created : float
        Seconds since 1970.
    answer : Recommendations
        Its clip has no picture any more, its tracks no path; its query is there.
    """

    id: str
    person: int
    guild: int | None
    created: float
    answer: Recommendations


class Answers:
    """Keeps answers for `DAYS` days, and `MOST` of each person.

    Parameters
    ----------
    state : State
    clock : callable
        Tells the seconds since 1970.
    """

    def __init__(self, state: State, clock: Callable[[], float] = time.time) -> None:
        self._state = state
        self._clock = clock

    async def keep(self, person: int, guild: int | None, answer: Recommendations) -> str:
        """Keep an answer, and no older ones of this person than `MOST`; return its id.

        Parameters
        ----------
        answer : Recommendations
            With the query it answers.

        Raises
        ------
        StateError
            It cannot be written.
        """
        answer_id = secrets.token_urlsafe(9)
        row = _row(answer_id, person, guild, self._clock(), answer)

        def insert(database: sqlite3.Connection) -> None:
            marks = ", ".join("?" * len(row))
            database.execute(f"INSERT INTO answers VALUES ({marks})", row)  # noqa: S608
            database.execute(_DROP_OLDER, (person, person, MOST))

        await self._state.write(insert)
        return answer_id

    def find(self, answer_id: str) -> KeptAnswer | None:
        """Return an answer; None if it is not kept any more. Blocking.

        Raises
        ------
        StateError
            The state cannot be read.
        """
        oldest = self._clock() - DAYS * 86_400

        def look(database: sqlite3.Connection) -> Any:
            found = database.execute(
                "SELECT * FROM answers WHERE id = ? AND created >= ?", (answer_id, oldest)
            )
            return found.fetchone()

        row = self._state.read(look)
        return None if row is None else _kept(row)


def _row(
    answer_id: str, person: int, guild: int | None, now: float, answer: Recommendations
) -> tuple[str | int | float | bytes | None, ...]:
    query = answer.query
    assert query is not None
    windows = query.windows
    return (
        answer_id,
        person,
        guild,
        now,
        answer.space,
        windows.vectors.shape[1],
        pack(windows.vectors),
        pack(windows.starts),
        query.track_id,
        query.seconds,
        json.dumps(_heard_fields(answer.clip)),
        None if answer.same is None else json.dumps(_track_fields(answer.same)),
        json.dumps([_result_fields(result) for result in answer.results]),
    )


def _kept(row: Any) -> KeptAnswer:
    answer_id, person, guild, created, space, dim, vectors, starts, track, seconds = row[:10]
    heard, same, results = row[10:]
    windows = unpack_windows(vectors, starts, dim)
    answer = Recommendations(
        clip=_clip(json.loads(heard)),
        same=_track(json.loads(same)) if same else None,
        results=tuple(map(_result, json.loads(results))),
        timing={},
        query=Query(windows, windows, track, seconds),
        space=space,
    )
    return KeptAnswer(answer_id, person, guild, created, answer)


def _heard_fields(heard: ClipHeard) -> dict[str, Any]:
    return {
        "name": heard.name,
        "seconds": float(heard.seconds),
        "start": float(heard.start),
        "end": float(heard.end),
        "model": heard.model,
        "notes": list(heard.notes),
    }


def _track_fields(track: Track) -> dict[str, Any]:
    # Where a file lies is the host's business, and may change: the catalogue knows it.
    return {name: value for name, value in asdict(track).items() if name != "path"}


def _result_fields(result: Recommendation) -> dict[str, Any]:
    return {
        "rank": int(result.rank),
        "track": _track_fields(result.track),
        "similarity": float(result.similarity),
        "at": float(result.at),
        "match": None if result.match is None else float(result.match),
        "pairs": [[round(float(number), 4) for number in pair] for pair in result.pairs],
    }


def _clip(fields: dict[str, Any]) -> ClipHeard:
    nothing = np.zeros((0, 0), np.float32)
    return ClipHeard(**{**fields, "notes": tuple(fields["notes"])}, log_mel=nothing)


def _track(fields: dict[str, Any]) -> Track:
    return Track(**{**fields, "labels": tuple(fields["labels"])})


def _result(fields: dict[str, Any]) -> Recommendation:
    pairs = tuple(Pair(*pair) for pair in fields["pairs"])
    return Recommendation(**{**fields, "track": _track(fields["track"]), "pairs": pairs})
