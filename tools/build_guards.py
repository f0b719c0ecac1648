"""What stops a build before it loses something."""

from __future__ import annotations

from pathlib import Path

from index.builder import IndexBuilder
from index.opened import open_index
from index.origin import Origin
from index.places import Places
from models.types import CatalogueError, ModelStamp
from tools.screen import counted
from tools.sources.gather import Gathered


def refuse_forgetting(directory: Path, origin: Origin, found: Gathered) -> None:
    """Refuse where vectors of another origin would let audio drop out that is not named."""
    try:
        with open_index(directory) as index:
            made = index.manifest
            if origin.fits(made.origin):
                return
            held = index.files()
    except CatalogueError:
        return  # there is none, or none that could be kept
    places = Places(found.places)
    elsewhere = [path for path, _ in held if path not in places]
    if elsewhere:
        raise CatalogueError(
            f"The index in {directory} was made with {_named(made.stamp)} and holds "
            f"{counted(len(elsewhere), 'file')} of other folders, such as {elsewhere[0]}: "
            f"{_named(origin.stamp)} would forget them.",
            "Name all its folders, or build another index with --out; --drop-empty forgets them.",
        )


def refuse_emptied(found: Gathered, builder: IndexBuilder) -> None:
    """Refuse to let a disk that is not mounted take its tracks out of the index."""
    emptied = {source: [source] for source in found.empty} | found.emptied
    for source, places in emptied.items():
        if tracks := builder.tracks_below(places):
            raise CatalogueError(
                f"{source} holds no audio any more, and the index has "
                f"{counted(tracks, 'track')} from there.",
                "If its disk is not mounted, mount it and run the same command; "
                "if the music is gone for good, add --drop-empty.",
            )


def _named(stamp: ModelStamp) -> str:
    return f"{stamp.model} {stamp.version}"
