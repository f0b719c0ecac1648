"""What the index in a store holds, without reading its vectors."""

from __future__ import annotations

from index.manifest import Manifest
from index.postgres.address import StoreAddress
from index.postgres.connections import connect, explained
from index.postgres.tables import check_version, version_of
from index.postgres.writing import one
from index.verify import GenerationInfo, IndexInfo

_READY = """
SELECT number, manifest, left_out, seconds, number = generation
FROM soundalike.generations JOIN soundalike.current ON true
WHERE state = 'ready' ORDER BY number
"""
_SIZE = """
SELECT sum(pg_total_relation_size(format('soundalike.%%s_%%s', name, %s::int4)::regclass))::int8
FROM unnest(ARRAY['tracks', 'windows', 'facets']) AS name
"""


def describe_store(address: StoreAddress) -> IndexInfo:
    """Return what the index in a store holds; its windows are always in one piece.

    Raises
    ------
    CatalogueError
        The store cannot be reached, or holds no index.
    """
    with explained(address), connect(address) as connection:
        check_version(version_of(connection), address)
        rows = connection.execute(_READY).fetchall()
        live = [row for row in rows if row[-1]]
        if not live:
            check_version(0, address)
        number, text, left_out, seconds, _ = live[0]
        manifest = Manifest.from_json(text)
        size = one(connection, _SIZE, number)
    return IndexInfo(
        directory=address.name,
        generation=str(number),
        generations=[_brief(*row) for row in rows],
        created=manifest.created,
        stamp=manifest.stamp,
        others=manifest.others,
        window_seconds=manifest.window_seconds,
        hop_seconds=manifest.hop_seconds,
        tracks=manifest.tracks,
        windows=manifest.windows,
        segments=1,
        sources=manifest.sources,
        left_out=left_out,
        seconds=seconds,
        size=size,
    )


def _brief(number: int, text: str, _left_out: int, _seconds: float, live: bool) -> GenerationInfo:
    manifest = Manifest.from_json(text)
    return GenerationInfo(str(number), manifest.created, manifest.tracks, manifest.windows, live)
