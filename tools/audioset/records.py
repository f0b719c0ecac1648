"""The released embeddings of AudioSet, read from their archive as it lies on disk.

The archive is never unpacked: names of its files differ in nothing but upper and lower case, which
not every disk tells apart. Each file is a TFRecord of ``SequenceExample`` messages.
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Callable, Iterator, Set
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.types import SoundalikeError
from tools.examples import Features, rows_of_bytes
from tools.protobuf import MessageError
from tools.tfrecord import read_records

DIM: Final = 128
_MOST_BYTES: Final = 64 << 20
_MOST_SECONDS: Final = 1e6


class Segment(NamedTuple):
    """A clip of a video, ten seconds as a rule.

    Attributes
    ----------
    video : str
        YouTube's id of the video.
    labels : tuple of int
        Their indices in ``class_labels_indices.csv``.
    codes : NDArray[np.uint8]
        [n, 128]: its embeddings, as `models.audioset` reads them.
    start, end : float
        Where in the video it lies, in seconds.
    part : str
        Of the release: ``bal_train``, ``eval`` or ``unbal_train``.
    """

    video: str
    labels: tuple[int, ...]
    codes: NDArray[np.uint8]
    start: float = 0.0
    end: float = 0.0
    part: str = ""


Damaged = Callable[[str, str], None]
"""Told of a damaged record: where in the archive it lies, and what is wrong with it."""


def read_segments(
    archive: Path,
    labels: Set[int] | None = None,
    *,
    damaged: Damaged | None = None,
    progress: Callable[[int], None] = lambda _read: None,
) -> Iterator[Segment]:
    """Yield the segments of an archive of AudioSet's embeddings, checking every sum in it.

    Parameters
    ----------
    archive : Path
        ``features.tar.gz`` of the release.
    labels : set of int or None
        Yield only segments that have one of these; None for all.
    damaged : callable or None
        Told of every damaged record, which is then passed over; None takes none of them.
    progress : callable
        Told after each file in it how many bytes of the archive were read.

    Raises
    ------
    SoundalikeError
        The archive cannot be read, is cut off, holds something else, or is damaged where nobody
        wants to be told.
    """
    name, held = "", 0

    def pass_over(at: int, why: str) -> None:
        if damaged:
            damaged(f"{name}, byte {at:,}", why)

    try:
        with archive.open("rb") as file, _Unpacked(fileobj=file) as unpacked:
            for name, data in _files(unpacked):
                held += len(data)
                for segment in read_records(data, _segment, pass_over if damaged else None):
                    if labels is None or not labels.isdisjoint(segment.labels):
                        yield segment._replace(part=PurePosixPath(name).parent.name)
                name = ""  # noqa: PLW2901  (what goes wrong next is not its fault)
                progress(file.tell())
        if not held:
            raise MessageError("it holds no records")
    except (OSError, EOFError, tarfile.TarError, zlib.error, ValueError) as error:
        where = f" ({name})" if name else ""
        raise SoundalikeError(
            f"{archive} is no archive of AudioSet's embeddings, or is damaged{where}: {error}.",
            "Fetch features.tar.gz again.",
        ) from None


class _Unpacked(gzip.GzipFile):
    """An archive on its way to `tarfile`: tells how long it was, and where its zeros began."""

    length = 0
    zeros = 0

    def read(self, size: int | None = -1) -> bytes:
        """Read on."""
        data = super().read(size)
        used = len(data.rstrip(b"\0"))
        if used:
            self.zeros = self.length + used
        self.length += len(data)
        return data


def _files(archive: _Unpacked) -> Iterator[tuple[str, memoryview]]:
    """Yield the names and the content of the record files, then see whether the end is there."""
    with tarfile.open(fileobj=archive, mode="r|") as tar:
        for member in tar:
            opened = tar.extractfile(member) if member.name.endswith(".tfrecord") else None
            if opened is None:
                continue
            if member.size > _MOST_BYTES:
                raise MessageError(f"{member.name} is too long")
            yield member.name, memoryview(opened.read())
        # gzip looks at its own sum at the very end.
        while archive.read(tarfile.RECORDSIZE):
            pass
        # tarfile takes a cut, and a header it cannot read, for the end, which is a block of zeros.
        if archive.zeros > tar.offset or archive.length < tar.offset + tarfile.BLOCKSIZE:
            raise MessageError("its end is missing")


def _segment(record: memoryview) -> Segment:
    context = Features(record)
    codes = b"".join(rows_of_bytes(record, "audio_embedding"))
    if len(codes) % DIM:
        raise MessageError("an embedding in it has not 128 numbers")
    return Segment(
        video=context.text("video_id"),
        labels=context.whole_numbers("labels"),
        codes=np.frombuffer(codes, np.uint8).reshape(-1, DIM),
        start=_second(context, "start_time_seconds"),
        end=_second(context, "end_time_seconds"),
    )


def _second(context: Features, name: str) -> float:
    found = context.numbers(name)
    second = float(found[-1]) if len(found) else 0.0
    if not 0 <= second < _MOST_SECONDS:
        raise MessageError("a time in it makes no sense")
    return second
