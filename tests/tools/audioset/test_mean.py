"""AudioSet's release is read as it is, and its mean over music is the one on VGGish's card."""

from __future__ import annotations

import contextlib
import gzip
import io
import tarfile
import tomllib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from models.audioset import dequantise
from models.types import SoundalikeError
from tests.tools.audioset.making import example, segments, write_archive, write_labels
from tests.tools.tensorflow_files import framed
from tools.audioset.mean import main, mean_over_music
from tools.audioset.records import read_segments

PROJECT = Path(__file__).resolve().parents[3]


def test_segments_are_read_as_they_were_written(tmp_path: Path) -> None:
    wanted = segments()
    found = list(read_segments(write_archive(tmp_path / "features.tar.gz", wanted)))
    assert [(one.video, one.labels) for one in found] == [(one.video, one.labels) for one in wanted]
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one.codes, other.codes)


def test_the_mean_is_that_of_the_patches_of_music(tmp_path: Path) -> None:
    wanted = segments()
    archive = write_archive(tmp_path / "features.tar.gz", wanted)
    music = np.concatenate([wanted[0].codes, wanted[2].codes])
    mean = mean_over_music(archive, *write_labels(tmp_path))
    np.testing.assert_allclose(mean, dequantise(music).mean(axis=0, dtype=np.float64), atol=1e-7)


def test_the_mean_of_the_card_is_that_of_the_release(test_data: Path) -> None:
    place = test_data / "audioset"
    done = CliRunner().invoke(
        main,
        [
            str(place / "features.tar.gz"),
            "--labels",
            str(place / "class_labels_indices.csv"),
            "--ontology",
            str(place / "ontology.json"),
        ],
    )
    card = tomllib.loads((PROJECT / "tools" / "install" / "vggish.toml").read_text())
    assert tomllib.loads(done.output)["mean"] == card["mean"]


@pytest.mark.parametrize("cut", [1, 3, 5, 500])
def test_a_record_that_is_cut_off_is_a_sentence(tmp_path: Path, cut: int) -> None:
    archive = write_archive(tmp_path / "features.tar.gz", segments()[:1], cut=cut)
    with pytest.raises(SoundalikeError, match=r"-0\.tfrecord.*: a record in it is cut off"):
        list(read_segments(archive))


@pytest.mark.parametrize("make", [bytes, lambda n: np.random.default_rng(n).bytes(n)])
def test_what_is_no_archive_is_a_sentence(tmp_path: Path, make: type) -> None:
    path = tmp_path / "features.tar.gz"
    for text in (None, make(100), write_archive(path, segments()).read_bytes()[:300]):
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_bytes(text)
        with pytest.raises(SoundalikeError, match="is no archive of AudioSet"):
            list(read_segments(path))


@pytest.mark.parametrize("place", [0, 9, 300, -1])
def test_a_record_of_another_sum_is_refused(tmp_path: Path, place: int) -> None:
    # Below a sum of gzip that is right: only the record's own can tell.
    path = write_archive(tmp_path / "features.tar.gz", segments()[:1])
    content = bytearray(gzip.decompress(path.read_bytes()))
    record = framed(example(segments()[0]))
    content[content.index(record) + place % len(record)] ^= 1
    path.write_bytes(gzip.compress(content))
    with pytest.raises(SoundalikeError, match=r"-0\.tfrecord\): the checksum of a record in it"):
        list(read_segments(path))


def test_an_archive_that_does_not_end_as_one_is_refused(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "features.tar.gz", segments())
    packed = path.read_bytes()
    content = gzip.decompress(packed)
    end = len(content.rstrip(b"\0")) + 511 & -512

    def problem(raw: bytes) -> str:
        path.write_bytes(raw)
        with pytest.raises(SoundalikeError) as caught:
            list(read_segments(path))
        return caught.value.sentence

    assert "Compressed file ended" in problem(packed[:-8])
    assert "CRC check failed" in problem(packed[:-8] + bytes(8))
    # Cut where a file in it ends; cut in a header; a header that is damaged.
    for wrong in (content[:end], content[: end + 511], content[:end] + b"x" * 512 + bytes(1024)):
        assert "its end is missing" in problem(gzip.compress(wrong))
    path.write_bytes(gzip.compress(content[:end] + bytes(512)))
    assert len(list(read_segments(path))) == len(segments())


def test_an_archive_without_records_or_music_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "features.tar.gz"
    with pytest.raises(SoundalikeError, match="it holds no records"):
        list(read_segments(write_archive(path, [])))
    write_archive(path, [segments()[1]])
    with pytest.raises(SoundalikeError, match="holds no embedding of music"):
        mean_over_music(path, *write_labels(tmp_path))


def test_a_file_that_is_too_long_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "features.tar.gz"
    info = tarfile.TarInfo("a.tfrecord")
    info.size = (64 << 20) + 1
    # What it says of itself is enough: nothing follows.
    path.write_bytes(gzip.compress(info.tobuf()))
    with pytest.raises(SoundalikeError, match=r"a\.tfrecord is too long"):
        list(read_segments(path))


@given(junk=st.binary(max_size=200), at=st.integers(0, 1500))
def test_a_damaged_record_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int
) -> None:
    data = bytearray(example(segments()[0]))
    data[at : at + len(junk)] = junk
    record = framed(bytes(data))
    path = tmp_path_factory.mktemp("damaged") / "features.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        info = tarfile.TarInfo("a.tfrecord")
        info.size = len(record)
        tar.addfile(info, io.BytesIO(record))
    with contextlib.suppress(SoundalikeError):
        for segment in read_segments(path):
            assert segment.codes.shape[1] == 128
