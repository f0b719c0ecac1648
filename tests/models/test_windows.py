"""Windows are the centred, normalised means of their audible patches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.types import PatchEmbeddings
from models.windows import MEAN_MAX_MIN, combine, pool, sounding


def patches_of(count: int, dim: int = 4, seed: int = 0) -> PatchEmbeddings:
    embeddings = np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32)
    return PatchEmbeddings(embeddings, np.arange(count, dtype=np.float32) * np.float32(0.96))


@pytest.mark.parametrize(
    ("count", "starts"),
    [(0, []), (1, [0]), (9, [0]), (10, [0]), (11, [0, 5]), (15, [0, 5]), (16, [0, 5, 10])],
)
def test_windows_half_overlap_and_the_tail_is_one(count: int, starts: list[int]) -> None:
    windows = pool(patches_of(count), np.ones(count, bool), (0.0,) * 4)
    assert windows.starts == pytest.approx([start * 0.96 for start in starts])
    assert windows.vectors.shape == (len(starts), 4)


@pytest.mark.parametrize(("count", "windows"), [(0, 0), (3, 1), (10, 1), (11, 2), (30, 21)])
def test_dense_windows_start_at_every_patch(count: int, windows: int) -> None:
    assert len(pool(patches_of(count), np.ones(count, bool), (0.0,) * 4, hop=1)) == windows


@given(
    count=st.integers(1, 60),
    hop=st.integers(1, 10),
    seed=st.integers(0, 1_000),
    share=st.floats(0, 1),
)
def test_a_window_is_the_mean_of_what_is_heard_in_it(
    count: int, hop: int, seed: int, share: float
) -> None:
    patches = patches_of(count, seed=seed)
    audible = np.random.default_rng(seed).random(count) < share
    mean = (0.1, -0.2, 0.3, 0.0)
    windows = pool(patches, audible, mean, hop=hop)
    for vector, start in zip(windows.vectors, windows.starts, strict=True):
        first = round(float(start) / 0.96)
        part = slice(first, first + 10)
        expected = patches.embeddings[part][audible[part]].mean(axis=0) - np.array(mean)
        np.testing.assert_allclose(vector, expected / np.linalg.norm(expected), atol=1e-5)
    covered = {round(float(s) / 0.96) + i for s in windows.starts for i in range(10)}
    assert set(np.flatnonzero(audible)) <= covered


@given(
    count=st.integers(1, 40),
    hop=st.integers(1, 10),
    seed=st.integers(0, 1_000),
    share=st.floats(0, 1),
)
def test_statistics_of_patches_become_those_of_all_frames(
    count: int, hop: int, seed: int, share: float
) -> None:
    rng = np.random.default_rng(seed)
    frames = rng.standard_normal((count, 5, 2)).astype(np.float32)  # five a patch
    thirds = frames.mean(axis=1), frames.max(axis=1), frames.min(axis=1)
    starts = np.arange(count, dtype=np.float32) * np.float32(0.96)
    patches = PatchEmbeddings(np.concatenate(thirds, axis=1), starts)
    audible = rng.random(count) < share
    vectors, begins = combine(patches, audible, pooling=MEAN_MAX_MIN, hop=hop)
    assert vectors.shape == (len(begins), 6)
    assert len(begins) == len(pool(patches, audible, (0.0,) * 6, hop=hop))
    for vector, begin in zip(vectors, begins, strict=True):
        first = round(float(begin) / 0.96)
        part = slice(first, first + 10)
        heard = frames[part][audible[part]].reshape(-1, 2).astype(np.float64)
        expected = (heard.mean(axis=0), heard.max(axis=0), heard.min(axis=0))
        np.testing.assert_allclose(vector, np.concatenate(expected), atol=1e-6)


def test_the_scale_divides_what_is_centred() -> None:
    patches, mean, scale = patches_of(10), (0.1, -0.2, 0.3, 0.0), (1.0, 2.0, 0.5, 4.0)
    (vector,) = pool(patches, np.ones(10, bool), mean, scale=scale).vectors
    expected = (patches.embeddings.mean(axis=0) - np.array(mean)) / np.array(scale)
    np.testing.assert_allclose(vector, expected / np.linalg.norm(expected), atol=1e-6)


def test_silent_patches_take_no_part() -> None:
    patches = patches_of(25)
    audible = np.zeros(25, bool)
    audible[22] = True
    windows = pool(patches, audible, (0.0,) * 4)
    assert windows.starts == pytest.approx([15 * 0.96])
    expected = patches.embeddings[22] / np.linalg.norm(patches.embeddings[22])
    np.testing.assert_allclose(windows.vectors[0], expected, rtol=1e-6)
    assert len(pool(patches, np.zeros(25, bool), (0.0,) * 4)) == 0


def test_a_patch_that_equals_the_mean_gives_a_finite_vector() -> None:
    patches = PatchEmbeddings(np.ones((1, 4), np.float32), np.zeros(1, np.float32))
    assert np.isfinite(pool(patches, np.ones(1, bool), (1.0,) * 4).vectors).all()


@pytest.mark.parametrize(("dbfs", "heard"), [(-71.0, False), (-69.0, True), (0.0, True)])
def test_silence_is_a_level_below_70_db(dbfs: float, heard: bool) -> None:
    tone = np.sin(np.arange(16_000) * 0.3).astype(np.float32)
    tone *= np.float32(np.sqrt(2) * 10 ** (dbfs / 20))
    result = sounding(tone, sample_rate=16_000, patch_seconds=0.96, count=1)
    assert result.tolist() == [heard]


def test_each_patch_has_its_own_level() -> None:
    samples = np.zeros(4 * 15_360 + 240, np.float32)
    samples[15_360 * 2 + 5] = 1.0
    result = sounding(samples, sample_rate=16_000, patch_seconds=0.96, count=4)
    assert result.tolist() == [False, False, True, False]
