"""An index opened for asking."""

from __future__ import annotations

from pathlib import Path

from index.asked import AskedShelf
from index.catalogue import Catalogue
from index.damage import reading
from index.facets import Facet
from index.generations import live_generation, read_manifest, verified_generation
from index.manifest import CATALOGUE, MANIFEST, Manifest
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
        self._seen: tuple[int, ...] = ()

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

        A folder may be swapped for another one, or built from nothing, and number its generations
        alike: what counts is what the manifest says.

        Raises
        ------
        CatalogueError
            The index was removed, or `current` or the manifest is damaged.
        """
        folder = live_generation(self.directory)
        if folder.name != self.generation:
            return False
        with reading(folder / MANIFEST):
            stat = (folder / MANIFEST).stat()
        seen = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)
        if seen != self._seen:
            if read_manifest(folder).checksum != self.manifest.checksum:
                return False
            self._seen = seen  # and it need not be read again
        return True
