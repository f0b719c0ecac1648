"""The tables of a store, and the way up from older ones.

A generation has tables of its own, with its number in their names: it is published by one row,
`current`, and dropped whole. Version 1 holds catalogues; what else many bots share comes later,
as further steps.
"""

from __future__ import annotations

from typing import Any

import psycopg

from index.postgres.address import StoreAddress
from models.types import CatalogueError

# Nobody changes a store but who holds this lock; the server lets go of it with the connection.
WRITER_LOCK = 0x50_4E_44_41_4C_4B

_FIRST = """
CREATE TABLE soundalike.generations (
    number int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- never given twice
    state text NOT NULL CHECK (state IN ('building', 'ready')),
    identity text NOT NULL,       -- the checksum of the manifest it was copied from
    manifest text NOT NULL,
    left_out int4 NOT NULL,       -- files that the build had to leave out
    seconds float8 NOT NULL,      -- length of all tracks together
    counts bytea NOT NULL         -- windows of each track by number, uint32, little-endian
);
CREATE TABLE soundalike.current (
    single bool PRIMARY KEY DEFAULT true CHECK (single),
    generation int4 NOT NULL REFERENCES soundalike.generations
);
"""
_STEPS = (_FIRST,)
VERSION = len(_STEPS)

GENERATION = """
CREATE TABLE soundalike.tracks_{n} (
    number int4 NOT NULL,         -- in the order of ids, from 0
    id text COLLATE "C" NOT NULL,
    title text NOT NULL, artist text NOT NULL, album text NOT NULL, artist_known bool NOT NULL,
    seconds float8 NOT NULL, labels text[] NOT NULL, url text NOT NULL, path bytea NOT NULL,
    source text NOT NULL, library text NOT NULL,
    folded text COLLATE "C" NOT NULL,   -- the title in one spelling
    names tsvector NOT NULL,      -- the words of title (A), artist (B) and album (C), likewise
    starts bytea NOT NULL,        -- start of each window in seconds, float32
    vectors bytea NOT NULL        -- its windows one after the other, float32
);
ALTER TABLE soundalike.tracks_{n} ALTER starts SET STORAGE EXTERNAL,
    ALTER vectors SET STORAGE EXTERNAL;
CREATE TABLE soundalike.windows_{n} (
    place int4 NOT NULL,          -- windows of all tracks are counted on, from 0
    track int4 NOT NULL,
    facets int4[] NOT NULL,       -- what its track can be narrowed to
    vector halfvec({dim}) NOT NULL
);
CREATE TABLE soundalike.facets_{n} (
    id int4 NOT NULL,
    kind text COLLATE "C" NOT NULL,     -- label, artist, source or library
    value text COLLATE "C" NOT NULL,    -- in one spelling
    name text NOT NULL,           -- as the first track that has it spells it
    tracks bytea NOT NULL,        -- their numbers, ascending, uint32, little-endian
    PRIMARY KEY (kind, value)
);
"""
INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS tracks_{n}_number ON soundalike.tracks_{n} (number)",
    "CREATE UNIQUE INDEX IF NOT EXISTS tracks_{n}_id ON soundalike.tracks_{n} (id)",
    "CREATE INDEX IF NOT EXISTS tracks_{n}_folded ON soundalike.tracks_{n} (folded, number)",
    "CREATE INDEX IF NOT EXISTS tracks_{n}_names ON soundalike.tracks_{n} USING gin (names)",
    "CREATE INDEX IF NOT EXISTS windows_{n}_track ON soundalike.windows_{n} (track)",
)
GRAPH = """
CREATE INDEX IF NOT EXISTS windows_{n}_graph ON soundalike.windows_{n}
USING hnsw (vector halfvec_ip_ops) WITH (m = {connectivity}, ef_construction = {expansion_add})
"""
DROP = """
DROP TABLE IF EXISTS soundalike.tracks_{n}, soundalike.windows_{n}, soundalike.facets_{n};
DELETE FROM soundalike.generations WHERE number = {n};
"""

_HAS_TABLES = "SELECT to_regclass('soundalike.version') IS NOT NULL"


def version_of(connection: psycopg.Connection[Any]) -> int:
    """Return the number of a store's schema; 0 where there is none yet."""
    if not connection.execute(_HAS_TABLES).fetchall()[0][0]:
        return 0
    return int(connection.execute("SELECT version FROM soundalike.version").fetchall()[0][0])


def check_version(version: int, address: StoreAddress) -> None:
    """Refuse a store that another version of the program made; CatalogueError."""
    if version == 0:
        raise CatalogueError(
            f"There is no index in the store at {address.name}.",
            "Put one there: `soundalike index push DIR --store …`.",
        )
    if version > VERSION:
        raise CatalogueError(
            f"The store at {address.name} was made by a newer Soundalike (schema {version}; this "
            f"one reads {VERSION}).",
            "Update Soundalike.",
        )
    if version < VERSION:
        raise CatalogueError(
            f"The store at {address.name} was made by an older Soundalike.",
            "Bring it up to date: `soundalike index push DIR --store …`.",
        )


def bring_up(connection: psycopg.Connection[Any], address: StoreAddress) -> None:
    """Make the tables that a store lacks, step by step; whoever calls holds the lock.

    Raises
    ------
    CatalogueError
        The store is of a newer version.
    """
    version = version_of(connection)
    if version > VERSION:
        check_version(version, address)
    with connection.transaction():  # all steps or none
        if version == 0:
            if not connection.execute("SELECT to_regnamespace('soundalike')").fetchall()[0][0]:
                connection.execute("CREATE SCHEMA soundalike")
            connection.execute("CREATE TABLE soundalike.version (version int4 NOT NULL)")
            connection.execute("INSERT INTO soundalike.version VALUES (0)")
        for step in _STEPS[version:]:
            connection.execute(step)
        connection.execute("UPDATE soundalike.version SET version = %s", [VERSION])
