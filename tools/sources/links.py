"""Audio behind the addresses of a list: fetched one at a time, heard, and not kept."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Protocol

from models.fetch import GuardedFetcher
from models.runtime import Runtime
from models.tracks import Listeners, embed_tracks
from models.types import (
    ClipError,
    ClipSource,
    EmbeddedTrack,
    PassingError,
    SoundalikeError,
    Track,
)

_MOST_BYTES: Final = 200_000_000
_MOST_SECONDS: Final = 300.0
_LONGEST_NAME: Final = 100

Result = EmbeddedTrack | Track | SoundalikeError


class Fetcher(Protocol):
    """Brings what lies behind an address."""

    async def fetch(self, url: str) -> ClipSource:
        """Download one file under limits; ClipError where that cannot be done."""


def list_fetcher() -> GuardedFetcher:
    """Return what fetches the addresses that the owner of the machine lists."""
    return GuardedFetcher(max_bytes=_MOST_BYTES, seconds=_MOST_SECONDS)


def embed_links(
    links: Iterable[str],
    runtime: Runtime,
    fetcher: Fetcher,
    *,
    jobs: int | None = None,
    known: Callable[[str], bool] | None = None,
    hire: Callable[[], Listeners] | None = None,
) -> Generator[tuple[str, Result], None, None]:
    """Fetch and embed what lies behind addresses, and yield them as they finish.

    Only a few files are in hand at a time, in a temporary folder that goes with them.

    Parameters
    ----------
    links : iterable of str
    runtime : Runtime
        The model that listens.
    fetcher : Fetcher
    jobs, known, hire
        As `embed_tracks` takes them.

    Yields
    ------
    (str, EmbeddedTrack or Track or SoundalikeError)
        An address, and what `embed_tracks` yields of its file. A track names the address as its
        link. What could not be fetched is a PassingError: another time it may.
    """
    failed: list[tuple[str, Result]] = []
    with TemporaryDirectory(prefix="soundalike-") as folder:
        fetched: dict[Path, str] = {}
        paths = _fetch(links, fetcher, Path(folder), fetched, failed)
        heard = embed_tracks(paths, runtime, jobs=jobs, known=known, hire=hire)
        with closing(heard) as results:
            for path, result in results:
                path.unlink()
                url = fetched.pop(path)
                yield url, _behind(url, path, result)
                yield from _drain(failed)
        yield from _drain(failed)


def _fetch(
    links: Iterable[str],
    fetcher: Fetcher,
    folder: Path,
    fetched: dict[Path, str],
    failed: list[tuple[str, Result]],
) -> Iterator[Path]:
    for number, url in enumerate(links):
        try:
            source = asyncio.run(fetcher.fetch(url))
        except ClipError as error:
            failed.append((url, PassingError(error.sentence, error.fix)))
            continue
        assert isinstance(source.data, bytes)
        # A file without tags takes its title from its name.
        name = re.sub(r"[^\w .,()&+-]", "_", source.name).strip(". ")[-_LONGEST_NAME:] or "track"
        path = folder / str(number) / name
        path.parent.mkdir()
        path.write_bytes(source.data)
        fetched[path] = url
        yield path


def _drain(failed: list[tuple[str, Result]]) -> Iterator[tuple[str, Result]]:
    while failed:
        yield failed.pop(0)


def _behind(url: str, path: Path, found: Result) -> Result:
    match found:
        case EmbeddedTrack():
            return replace(found, track=_moved(url, path, found.track))
        case Track():
            return _moved(url, path, found)
        case _:
            return found


def _moved(url: str, path: Path, track: Track) -> Track:
    """Return a track as it is known by its address, not by the place where its file was put."""
    # The album may be guessed from the folder, which was ours.
    album = "" if track.album == path.parent.name else track.album
    return replace(track, path="", url=track.url or url, album=album)
