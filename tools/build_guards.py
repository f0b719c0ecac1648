"""What stops a build before it loses something."""

from __future__ import annotations

from pathlib import Path

from index.builder import IndexBuilder
from index.opened import open_index
from index.places import Places
from models.runtime import Runtime
from models.types import CatalogueError
from tools.screen import counted
from tools.sources.gather import Gathered


def refuse_forgetting(directory: Path, runtime: Runtime, found: Gathered) -> None:
    """Refuse where another model would have to hear audio anew that is not named."""
    try:
        with open_index(directory) as index:
            if index.stamp.space == runtime.stamp.space:
                return
            held, model = index.files(), index.stamp.model
    except CatalogueError:
        return  # there is none, or none that could be kept
    places = Places(found.places)
    elsewhere = [path for path, _ in held if path not in places]
    if elsewhere:
        raise CatalogueError(
            f"The index in {directory} was made with {model} and holds "
            f"{counted(len(elsewhere), 'file')} of other folders, such as {elsewhere[0]}: "
            f"{runtime.card.name} would forget them.",
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
