"""The manifest: what a generation was made with, how much it holds, a checksum of every file."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from index.damage import REBUILD
from index.origin import Origin
from models.types import CatalogueError, ModelStamp

FORMAT = 2
MANIFEST = "manifest.json"
VECTORS = "windows.f32"
GRAPH = "windows.usearch"
CATALOGUE = "catalogue.sqlite"
FILES = (CATALOGUE, VECTORS, GRAPH)
"""The files of a generation that is of one piece."""
LIMIT = 64 << 20
"""Bytes of a manifest: nobody reads a longer one."""
SOURCES_LIMIT = 63 << 20
"""Bytes that its sources may take; the rest is a few kilobytes, however large the index is."""


@dataclass(frozen=True, slots=True)
class FileSum:
    """Size in bytes and BLAKE2b-256 of a file, in hexadecimal."""

    size: int
    blake2b: str


@dataclass(frozen=True, slots=True)
class Segment:
    """Windows that were written together: one vectors file and the graph over it.

    Attributes
    ----------
    windows : int
        Rows of the vectors file; at least 1.
    live : int
        Rows that belong to a track; the others are left over from tracks that are gone.
    """

    windows: int
    live: int


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """How the usearch graph is built: all pinned, as its own defaults follow the processor.

    Vectors are of unit length, so the inner product is the cosine and needs no norms.
    """

    metric: str = "ip"
    dtype: str = "f16"
    connectivity: int = 16
    expansion_add: int = 128
    expansion_search: int = 128


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation says of itself.

    Attributes
    ----------
    created : str
        When it was published, in ISO 8601 and UTC.
    stamp : ModelStamp
        The model its vectors were made with: of the files that made some of them, the latest.
    window_seconds, hop_seconds : float
        Length of a window, and from the start of one to the start of the next.
    tracks, windows : int
        How many it holds; at least 1 each.
    segments : tuple of Segment
        Where the windows are: their rows count on from one segment to the next.
    files : mapping of str to FileSum
        Every other file of the generation.
    others : tuple of ModelStamp
        Other files of the same model that made some of its vectors, or once did.
    sources : tuple of str
        The folders and files of audio it was built from; empty where that is not known.
    dtype : str
        Type of the numbers in the vectors file: always ``float32``.
    """

    created: str
    stamp: ModelStamp
    window_seconds: float
    hop_seconds: float
    tracks: int
    windows: int
    segments: tuple[Segment, ...]
    files: Mapping[str, FileSum]
    others: tuple[ModelStamp, ...] = ()
    sources: tuple[str, ...] = ()
    graph: GraphSettings = field(default_factory=GraphSettings)
    dtype: str = "float32"
    format: int = FORMAT

    @property
    def origin(self) -> Origin:
        """What its vectors come from."""
        return Origin(self.stamp, self.window_seconds, self.hop_seconds)

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.files.values())

    @property
    def checksum(self) -> str:
        """What tells this generation from every other: BLAKE2b-256 of all the manifest says."""
        return _checksum(asdict(self))

    def to_json(self) -> str:
        """Return the manifest as JSON, in Unicode, that carries a checksum of itself."""
        fields = asdict(self)
        text = json.dumps({**fields, "checksum": _checksum(fields)}, indent=2, ensure_ascii=False)
        return _in_unicode(text).decode() + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read a manifest; CatalogueError where it is not one, is changed, or is of the future."""
        try:
            fields = json.loads(text)
            version = fields["format"]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise _broken("is not one of an index") from error
        if isinstance(version, int) and version > FORMAT:
            raise CatalogueError(
                f"The index was made by a newer Soundalike (format {version}; "
                f"this one reads {FORMAT}).",
                "Update Soundalike, or build the index again.",
            )
        try:
            checksum = fields.pop("checksum")
            if checksum != _checksum(fields):
                raise _broken("was changed after it was written")
            return cls._from_fields(fields)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise _broken("is incomplete") from error

    @classmethod
    def _from_fields(cls, fields: dict[str, Any]) -> Manifest:
        if fields["format"] == 1:  # written in one piece, always
            whole = {"windows": fields["windows"], "live": fields["windows"]}
            fields |= {"format": FORMAT, "segments": [whole]}
        stamp = ModelStamp(**fields.pop("stamp"))
        graph = GraphSettings(**fields.pop("graph"))
        files = {name: FileSum(**value) for name, value in fields.pop("files").items()}
        others = tuple(ModelStamp(**value) for value in fields.pop("others", ()))
        segments = tuple(Segment(**value) for value in fields.pop("segments"))
        sources = tuple(map(str, fields.pop("sources", ())))
        manifest = cls(
            stamp=stamp,
            graph=graph,
            files=files,
            others=others,
            segments=segments,
            sources=sources,
            **fields,
        )
        if not manifest.is_sensible():
            raise _broken("contradicts itself")
        return manifest

    def is_sensible(self) -> bool:
        """Whether the numbers agree with each other and with this version of the program."""
        return (
            self.format == FORMAT
            and self.dtype == "float32"
            and set(self.files) == {CATALOGUE, *_names(self.segments)}
            and 1 <= self.tracks <= self.windows == sum(one.live for one in self.segments)
            and self.stamp.dim >= 1
            and all(map(self._fits, range(len(self.segments))))
            and math.isfinite(self.window_seconds)
            and 0 < self.hop_seconds <= self.window_seconds
        )

    def _fits(self, number: int) -> bool:
        segment, size = self.segments[number], self.files[segment_files(number)[0]].size
        sensible = 0 <= segment.live <= segment.windows >= 1
        return sensible and size == segment.windows * self.stamp.dim * 4


def check_sources(sources: Sequence[str]) -> None:
    """Refuse more sources than a manifest can hold, before anything else is done about them.

    Raises
    ------
    CatalogueError
        Spelt out, they take more than `SOURCES_LIMIT` bytes.
    """
    lines = (_in_unicode(json.dumps(source, ensure_ascii=False)) for source in sources)
    if sum(len(line) + len("    ,\n") for line in lines) > SOURCES_LIMIT:
        raise CatalogueError(
            f"The index would be of {len(sources):,} folders and files that were each named: more "
            "than its manifest can hold.",
            "Name the folders they lie in instead; what was heard is kept.",
        )


def segment_files(number: int) -> tuple[str, str]:
    """Return the names of a segment's vectors and graph; segments count from 0."""
    if number == 0:
        return VECTORS, GRAPH
    return f"windows-{number}.f32", f"windows-{number}.usearch"


def _names(segments: Sequence[Segment]) -> Iterator[str]:
    for number in range(len(segments)):
        yield from segment_files(number)


def _in_unicode(text: str) -> bytes:
    """Encode JSON; a file's name that is no UTF-8 has half characters, which are escaped."""
    return text.encode(errors="backslashreplace")


def _checksum(fields: Mapping[str, Any]) -> str:
    """BLAKE2b-256 of the fields in one canonical spelling."""
    spelled = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.blake2b(spelled, digest_size=32).hexdigest()


def _broken(how: str) -> CatalogueError:
    return CatalogueError(f"The index is damaged: its manifest {how}.", REBUILD)
