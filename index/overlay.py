"""A record of a build laid over the last generation: what both know, what waits, what changed.

The record is the database `main`, the generation `base`. Above them lie, until the record is
closed, the table `forgotten` and two views: `seen`, what is known of every file, and `first`, the
file of each track that gives title and path.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Container

from index.base import Base
from index.manifest import CATALOGUE
from index.places import Places
from index.schema import attach_base

REMOVED = "It was removed from the index."
"""Why a file is left out that has an id: its track was taken out by hand."""

# What this build found, over what the last generation holds.
_SEEN = """
CREATE TEMP VIEW seen AS
    SELECT * FROM main.files WHERE source NOT IN (SELECT source FROM forgotten)
    AND source NOT IN (SELECT source FROM waiting)
UNION ALL
    SELECT * FROM base.files AS old
    WHERE NOT EXISTS (SELECT 1 FROM main.files AS new WHERE new.source = old.source)
    AND source NOT IN (SELECT source FROM forgotten)
"""

# What is forgotten is so only until the record is closed: nothing is lost where a build comes to
# nothing, and a disk that was away is known again once it is back.
_FORGOTTEN = "CREATE TEMP TABLE forgotten (source TEXT PRIMARY KEY)"

# Of several files with the same audio, the first by name gives title and path.
_FIRST = """
CREATE TEMP VIEW first AS
    SELECT id, min(source) AS source FROM seen
    WHERE id IS NOT NULL AND left_out IS NULL GROUP BY id
"""

# A record may be carried on over another generation than it was begun over: what it knows by
# vectors that are not there any more, it does not know.
_UNFOUNDED = """
DELETE FROM main.files WHERE id IS NOT NULL AND left_out IS NULL
AND id NOT IN (SELECT id FROM main.vectors) AND id NOT IN (SELECT id FROM base.tracks)
"""

# What was removed since the record was last laid over a generation stays removed. Over the same
# one, what it holds of a removed track was asked for again, and is newer.
_STILL_HIDDEN = """
UPDATE main.files SET left_out = ? WHERE left_out IS NULL
AND id IN (SELECT id FROM base.files WHERE id IS NOT NULL AND left_out IS NOT NULL)
"""

_NEW = """
SELECT source, left_out IS NOT NULL FROM main.files
WHERE source NOT IN (SELECT source FROM base.files)
AND source NOT IN (SELECT source FROM forgotten) ORDER BY source
"""

# A file that is left out, and held no track before, changes nothing that can be asked.
_CHANGED = """
SELECT 1 FROM main.files AS new WHERE source NOT IN (SELECT source FROM waiting) AND (
    left_out IS NULL OR EXISTS (
        SELECT 1 FROM base.files AS old WHERE old.source = new.source AND old.left_out IS NULL
    )
)
UNION ALL SELECT 1 FROM forgotten JOIN base.files USING (source) LIMIT 1
"""

# What the last generation says as well, and what is gone.
_SETTLED = """
DELETE FROM main.files WHERE source IN (SELECT source FROM forgotten) OR source IN (
    SELECT source FROM (SELECT * FROM main.files INTERSECT SELECT * FROM base.files)
)
"""


def lay_over(database: sqlite3.Connection, base: Base | None) -> None:
    """Lay an opened record over a generation, or over nothing, and bring it in line with that."""
    attach_base(database, base.folder / CATALOGUE if base else None)
    for statement in (_FORGOTTEN, _SEEN, _FIRST):
        database.execute(statement)
    checksum = base.manifest.checksum if base else ""
    with database:
        before = database.execute("SELECT base FROM lineage").fetchone()
        if before != (checksum,):
            database.execute(_STILL_HIDDEN, [REMOVED])
        database.execute("DELETE FROM waiting")  # who asks for what is another matter now
        database.execute("DELETE FROM lineage")
        database.execute("INSERT INTO lineage VALUES (?, '')", [checksum])
        database.execute(_UNFOUNDED)


def set_aside(database: sqlite3.Connection, places: Places, entries: Container[str]) -> list[str]:
    """Let what the record alone knows, of files elsewhere, wait; return those files, by name.

    Those that were left out are forgotten: there is no work to lose, and a build that is done
    leaves them behind, too.
    """
    new = ((os.fsdecode(source), source, left_out) for source, left_out in database.execute(_NEW))
    elsewhere = [row for path, *row in new if path not in entries and path not in places]
    waiting = [source for source, left_out in elsewhere if not left_out]
    dropped = [source for source, left_out in elsewhere if left_out]
    with database:
        database.execute("DELETE FROM waiting")
        database.executemany("INSERT INTO waiting VALUES (?)", ([one] for one in waiting))
        database.executemany("DELETE FROM main.files WHERE source = ?", ([one] for one in dropped))
    return [os.fsdecode(source) for source in waiting]


def has_changed(database: sqlite3.Connection) -> bool:
    """Whether a track came or was described anew, or a file went, since the generation."""
    return database.execute(_CHANGED).fetchone() is not None


def settle(database: sqlite3.Connection) -> bool:
    """Where nothing changed, keep only what is to be remembered; False where nothing is."""
    with database:
        database.execute(_SETTLED)
    return database.execute("SELECT 1 FROM main.files LIMIT 1").fetchone() is not None
