"""The file of a journal: opened, made, or discarded where it cannot be carried on."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from index.origin import Origin
from index.places import Places
from index.schema import FILES_TABLE, upgrade_files
from models.types import ModelStamp

JOURNAL = "journal.sqlite"

_STAMPS_TABLE = "CREATE TABLE IF NOT EXISTS stamps (json TEXT PRIMARY KEY)"
# `stamp` is the row of the one that made them; NULL where an older version did not note it.
_VECTORS_TABLE = """
CREATE TABLE vectors (id TEXT PRIMARY KEY, stamp INTEGER, starts BLOB, vectors BLOB)
"""

# One row, both by the checksums of their manifests: the generation that the record was last laid
# over, and the one that was being made of it. Either is empty where there is none.
_LINEAGE_TABLE = "CREATE TABLE IF NOT EXISTS lineage (base TEXT NOT NULL, published TEXT NOT NULL)"

# Files of an unfinished build that the one at work does not ask for.
_WAITING_TABLE = "CREATE TABLE IF NOT EXISTS waiting (source TEXT PRIMARY KEY)"


def open_journal(path: Path | None, origin: Origin) -> tuple[sqlite3.Connection, str]:
    """Open the file of a journal, or make it.

    Parameters
    ----------
    path : Path or None
        Where it lies; None keeps it in memory.
    origin : Origin
        One of another origin is discarded, and so is a damaged one.

    Returns
    -------
    (sqlite3.Connection, str)
        The database; and a sentence where another one was discarded.
    """
    try:
        return _open(path, origin), ""
    except sqlite3.OperationalError:
        raise  # a full disk or a closed folder is no reason to throw work away
    except (_OriginError, sqlite3.DatabaseError) as error:
        assert path is not None
        _remove(path)
        return _open(path, origin), _reason(error)


def drop_published(building: Path, checksum: str) -> None:
    """Drop the record of a build that was stopped after it was published, before it could go.

    Whoever finds another live generation than this one takes it for unfinished. So every change of
    an index drops it first. What waits in it for another build is kept.

    Parameters
    ----------
    building : Path
        Where the record lies, if there is any.
    checksum : str
        That of the live generation's manifest.
    """
    path = building / JOURNAL
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path)) as database:
            found = database.execute("SELECT published FROM lineage").fetchone()
            if found != (checksum,) or keep_waiting(database, checksum):
                return
    except sqlite3.Error:
        return  # it is of an older version, or whoever carries it on says what is wrong
    _remove(path)


def keep_waiting(database: sqlite3.Connection, checksum: str) -> bool:
    """Keep of a record only what waits for another build, once a generation was made of the rest.

    Parameters
    ----------
    database : sqlite3.Connection
    checksum : str
        That of the generation's manifest: the record lies over it from now on.

    Returns
    -------
    bool
        Whether anything waits; where nothing does, the record is left as it is.
    """
    if not _has_table(database, "waiting"):
        return False  # it is of an older version
    waits = "SELECT 1 FROM main.files WHERE source IN (SELECT source FROM waiting) LIMIT 1"
    if database.execute(waits).fetchone() is None:
        return False
    with database:
        database.execute("DELETE FROM main.files WHERE source NOT IN (SELECT source FROM waiting)")
        database.execute(
            "DELETE FROM main.vectors "
            "WHERE id NOT IN (SELECT id FROM main.files WHERE id IS NOT NULL)"
        )
        database.execute("UPDATE lineage SET base = ?, published = ''", [checksum])
    return True


def unfinished_files(building: Path) -> list[str]:
    """Return the files that the record of an unfinished build knows, by name; none where it cannot.

    Parameters
    ----------
    building : Path
        Where the record lies, if there is any.
    """
    path = building / JOURNAL
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(path)) as database:
            found = database.execute("SELECT source FROM files ORDER BY source").fetchall()
    except sqlite3.Error:
        return []  # whoever carries it on says what is wrong
    return [os.fsdecode(source) for (source,) in found]


def forget_unfinished(building: Path, places: Places) -> int:
    """Drop what an unfinished build holds of places that are taken out of the index.

    Parameters
    ----------
    building : Path
        Where the record lies, if there is any.
    places : Places

    Returns
    -------
    int
        How many files it knew there.
    """
    path = building / JOURNAL
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(path)) as database, database:
            if not _has_table(database, "files"):
                return 0
            sources = database.execute("SELECT source FROM files").fetchall()
            gone = [row for row in sources if os.fsdecode(row[0]) in places]
            database.executemany("DELETE FROM files WHERE source = ?", gone)
    except sqlite3.OperationalError:
        raise  # the disk is full or closed: what stayed in it would come back
    except sqlite3.DatabaseError:
        return 0  # it is damaged: whoever would carry it on discards it
    if gone and len(gone) == len(sources):
        _remove(path)  # the vectors are of no use to anybody
    return len(gone)


def spelled(stamp: ModelStamp) -> str:
    """Return a stamp as a journal holds it."""
    return json.dumps(asdict(stamp), sort_keys=True)


def _remove(path: Path) -> None:
    for leftover in path.parent.glob(f"{path.name}*"):
        leftover.unlink()


class _OriginError(Exception):
    """The record is of another model or other windows."""


def _reason(error: Exception) -> str:
    if isinstance(error, _OriginError):
        return str(error)
    return "The record of an unfinished build is damaged and was discarded."


def _open(path: Path | None, origin: Origin) -> sqlite3.Connection:
    database = sqlite3.connect(path.absolute().as_uri() if path else "file::memory:", uri=True)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        # With less, a power cut would undo the last tracks; next to hearing one, a sync is nothing.
        database.execute("PRAGMA synchronous = FULL")
        with database:
            database.execute("BEGIN IMMEDIATE")  # or every table would be made by itself
            _prepare(database, origin)
    except BaseException:
        database.close()
        raise
    return database


def _prepare(database: sqlite3.Connection, origin: Origin) -> None:
    """Make the tables, or check that those there are sound and of an origin that fits."""
    if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise sqlite3.DatabaseError
    names_files = _has_table(database, "stamps")
    database.execute(_STAMPS_TABLE)
    database.execute(_LINEAGE_TABLE)
    database.execute(_WAITING_TABLE)
    if not _has_table(database, "origin"):
        database.execute("CREATE TABLE origin (json TEXT)")
        database.execute(FILES_TABLE.format(name="main.files"))
        database.execute(_VECTORS_TABLE)
        whole = json.dumps(asdict(origin), sort_keys=True)
        database.execute("INSERT INTO origin VALUES (?)", [whole])
        return
    upgrade_files(database)
    row = database.execute("SELECT json FROM origin").fetchone()
    try:
        fields = json.loads(row[0])
        found = Origin(ModelStamp(**fields.pop("stamp")), **fields)
    except (ValueError, TypeError, KeyError) as error:
        raise sqlite3.DatabaseError from error
    if not origin.fits(found):
        raise _OriginError(
            "An unfinished build with another model or other windows "
            f"({found.stamp.model}) was discarded."
        )
    _upgrade_stamps(database, found.stamp, named=names_files)


def _upgrade_stamps(database: sqlite3.Connection, begun_with: ModelStamp, *, named: bool) -> None:
    """Make room for which file of the model made which vectors in an older record."""
    if not named:
        # From before files were named: what is here was made with the one it was begun with.
        made = database.execute("SELECT 1 FROM vectors LIMIT 1").fetchall()
        database.executemany("INSERT INTO stamps VALUES (?)", [[spelled(begun_with)]] * len(made))
    columns = database.execute("SELECT * FROM vectors LIMIT 0").description
    if "stamp" not in {column[0] for column in columns}:
        database.execute("ALTER TABLE vectors ADD COLUMN stamp INTEGER")


def _has_table(database: sqlite3.Connection, name: str) -> bool:
    found = database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [name])
    return found.fetchone() is not None
