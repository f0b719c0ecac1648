"""The video-level records of YouTube-8M: the labels of a video and the mean of its features."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from models.types import FloatArray, SoundalikeError
from tools.examples import Features
from tools.tfrecord import read_records
from tools.vocabulary import Label, Vocabulary

DIM: Final = 128
"""Numbers that describe the sound of a video; those of its pictures are not read."""

_MOST_BYTES: Final = 512 << 20


class Video(NamedTuple):
    """A record.

    Attributes
    ----------
    name : str
        Four characters that YouTube-8M made up; YouTube's own id in the releases of 2016 and 2017.
    labels : tuple of int
        Their indices in ``vocabulary.csv``.
    audio : FloatArray
        [128]: the mean over the first six minutes of features of each second. Empty in records
        that hold something else, such as the features of every frame.
    """

    name: str
    labels: tuple[int, ...]
    audio: FloatArray


def read_videos(path: Path, damaged: Callable[[int, str], None]) -> Iterator[Video]:
    """Yield the records of one file, checking every sum in it.

    Parameters
    ----------
    path : Path
        A ``.tfrecord`` of the release.
    damaged : callable
        Told of every damaged record, which is passed over: where it begins, and what is wrong.

    Raises
    ------
    SoundalikeError
        The file cannot be read, or is too long.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise SoundalikeError(
                f"{path} is longer than any record file of YouTube-8M.", "Name its .tfrecord files."
            )
        data = path.read_bytes()
    except OSError as error:
        raise SoundalikeError(
            f"{path} cannot be read: {error.strerror or error}.", "Check how the path is written."
        ) from error
    yield from read_records(memoryview(data), _video, damaged)


def read_vocabulary(path: Path) -> Vocabulary:
    """Read ``vocabulary.csv``.

    Raises
    ------
    SoundalikeError
        It cannot be read, or is another file.
    """
    try:
        labels = _labels(path.read_text("utf-8-sig"))
    except (OSError, ValueError, LookupError, TypeError, csv.Error) as error:
        raise SoundalikeError(
            f"{path} is not the vocabulary of YouTube-8M: {error}.",
            "Fetch vocabulary.csv again.",
        ) from None
    return Vocabulary(labels, {})


def _labels(text: str) -> dict[int, Label]:
    # Some have no name.
    labels = {
        int(row["Index"]): Label(row["KnowledgeGraphId"], row["Name"] or row["KnowledgeGraphId"])
        for row in csv.DictReader(text.splitlines())
    }
    if not labels or not all(label.mid for label in labels.values()):
        raise ValueError("labels are missing in it")
    return labels


def _video(record: memoryview) -> Video:
    features = Features(record)
    return Video(
        features.text("id") or features.text("video_id"),
        features.whole_numbers("labels"),
        features.numbers("mean_audio"),
    )
