"""AudioSet's archive, labels and ontology as the release has them, made up."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tests.tools.tensorflow_files import entry, field, floats, framed, integers, strings
from tools.audioset.labels import MUSIC
from tools.audioset.records import Segment


def example(segment: Segment) -> bytes:
    """Write a SequenceExample as the release has it."""
    context = entry("labels", integers(*segment.labels))
    context += entry("video_id", strings(segment.video.encode()))
    context += entry("start_time_seconds", floats(segment.start))
    context += entry("end_time_seconds", floats(segment.end))
    rows = b"".join(field(1, strings(row.tobytes())) for row in segment.codes)
    return field(1, context) + field(2, entry("audio_embedding", rows))


def records(segments: Sequence[Segment]) -> bytes:
    """Write a record file."""
    return b"".join(framed(example(segment)) for segment in segments)


def write_archive(path: Path, segments: Sequence[Segment], *, cut: int = 0) -> Path:
    """Write an archive with one record file, `cut` bytes too short."""
    written = records(segments)
    return write_files(path, {"release/bal_train/-0.tfrecord": written[: len(written) - cut]})


def write_files(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write an archive with these files, and another one that is no record file."""
    with tarfile.open(path, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("release/readme"), None)
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def write_labels(folder: Path) -> tuple[Path, Path]:
    """Write three labels, of which the first and the last are music."""
    labels, ontology = folder / "labels.csv", folder / "ontology.json"
    labels.write_text(
        f'index,mid,display_name\n0,{MUSIC},"Music"\n1,/m/1,"Dog, barking"\n2,/m/2,"Rock"\n'
    )
    tree = {
        MUSIC: ("Music", ["/t/inner"]),
        "/t/inner": ("Music genre", ["/m/2", MUSIC]),
        "/m/1": ("Dog, barking", []),
        "/m/2": ("Rock", []),
    }
    entries = [{"id": k, "name": name, "child_ids": ids} for k, (name, ids) in tree.items()]
    ontology.write_text(json.dumps(entries))
    return labels, ontology


def segments(seed: int = 3) -> list[Segment]:
    rng = np.random.default_rng(seed)
    shapes = (("abc", (0,), 10), ("dEf", (1,), 3), ("-hi", (1, 2, 300), 1), ("none", (), 0))
    return [
        Segment(video, labels, rng.integers(0, 256, (count, 128), np.uint8), 30, 40)
        for video, labels, count in shapes
    ]
