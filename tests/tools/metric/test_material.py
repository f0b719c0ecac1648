"""What a metric learns from and what it is judged on do not mix."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.audioset import dequantise
from models.types import SoundalikeError
from tests.tools.audioset.making import records, write_files
from tests.tools.metric.making import segments, write_release
from tools.install.cards import published_fields
from tools.metric.material import deal, read_material


def test_genres_are_read_part_by_part(tmp_path: Path) -> None:
    learnt, held_out = read_material(*write_release(tmp_path))
    assert (len(learnt), len(held_out)) == (60, 40)
    assert learnt.names == ("Jazz", "Rock")
    assert learnt.labels[:3].tolist() == [[True, False], [False, True], [True, False]]
    assert (learnt.videos[:3], held_out.videos[0]) == (("1-0", "1-1", "1-3"), "2-0")
    first = dequantise(segments(1, 1)[0].codes).mean(axis=0) - published_fields()["mean"]
    np.testing.assert_allclose(learnt.vectors[0], first / np.linalg.norm(first), atol=1e-6)
    some = held_out.only(np.array([5, 2]))
    assert some.videos == (held_out.videos[5], held_out.videos[2])
    np.testing.assert_array_equal(some.vectors[1], held_out.vectors[2])


def test_a_video_is_in_one_fold(tmp_path: Path) -> None:
    learnt, _ = read_material(*write_release(tmp_path))
    folds = deal(learnt, 3)
    assert set(folds) == {0, 1, 2}
    again = np.arange(len(learnt))[::-1]
    np.testing.assert_array_equal(deal(learnt.only(again), 3), folds[again])


def test_a_release_without_both_parts_is_refused(tmp_path: Path) -> None:
    archive, *others = write_release(tmp_path)
    write_files(archive, {"release/eval/00.tfrecord": records(segments(3, 2))})
    with pytest.raises(SoundalikeError, match="no genres in its part bal_train"):
        read_material(archive, *others)
