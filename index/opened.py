"""An index opened for asking."""

from __future__ import annotations

from pathlib import Path

from index.asked import AskedShelf
from index.catalogue import Catalogue
from index.facets import Facet
from index.generations import live_generation, verified_generation
from index.manifest import CATALOGUE, Manifest
from index.segments import open_vectors
from index.shelf import Shelf
from models.types import CatalogueError


def open_index(directory: Path) -> Index:
    """Open the live generation of an index.

    Its files are checked before they are used: by their checksums the first time, afterwards by
    size, times and inode.

    Raises
    ------
    CatalogueError
        There is no index in this folder, or it is damaged.
    """
    while True:
        folder, manifest = verified_generation(directory)
        try:
            return _open(directory, folder, manifest)
        except CatalogueError:
            # A builder may have published and cleaned up in between: then open the new one.
            if live_generation(directory) == folder:
                raise


def _open(directory: Path, folder: Path, manifest: Manifest) -> Index:
    catalogue = Catalogue(folder / CATALOGUE)
    try:
        return Index(directory, folder.name, manifest, catalogue)
    except BaseException:
        catalogue.close()
        raise


class Index(AskedShelf):
    """One generation of an index on disk, opened; made by `open_index`.

    Attributes
    ----------
    directory : Path
        The index it belongs to.
    generation : str
        Name of the generation.
    manifest : Manifest
        What the generation says of itself.
    """

    def __init__(
        self, directory: Path, generation: str, manifest: Manifest, catalogue: Catalogue
    ) -> None:
        folder = directory / generation
        shelf = Shelf(catalogue, *open_vectors(folder, manifest, catalogue.layout()))
        super().__init__(str(directory), manifest, shelf)
        self.directory = directory
        self.generation = generation
        self._catalogue = catalogue

    def files(self) -> list[tuple[str, str]]:
        """Return the path of every file that holds a track, by name, and the id of the track.

        Several files may hold the same audio: they are one track, which bears the first one's path.
        """
        with self._read():
            return self._catalogue.files()

    def facets(self) -> list[Facet]:
        """Return every label, artist, source and library, with the tracks that have it."""
        with self._read():
            return self._catalogue.facets()

    def is_current(self) -> bool:
        """Whether this is still the live generation: cheap enough to ask every few seconds.

        Raises
        ------
        CatalogueError
            The index was removed, or `current` is damaged.
        """
        return live_generation(self.directory).name == self.generation
