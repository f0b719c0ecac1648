"""The classical baseline is an embedder like the others, from a card without files."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models import compiled
from models.card import ModelCard
from models.cards import load_card, read_card
from models.choice import candidates, known_choice
from models.compiled import SETTING, is_compiled, keep_compiled, note_compiled
from models.crew import Crew
from models.embedder import OnnxEmbedder
from models.embedders import open_embedder
from models.librosa_features import DIM, FEATURES, FRAMES, features, statistics
from models.librosa_stats import LibrosaStats
from models.ready import make_ready
from models.runtime import Runtime
from models.types import Embedder, ModelError, PatchEmbeddings
from models.windows import MEAN_MAX_MIN, pool

PROJECT = Path(__file__).resolve().parents[2]
RATE = 16_000
PATCH = 15_360


@pytest.fixture
def stats(tmp_path: Path) -> ModelCard:
    return load_card("librosa-stats", tmp_path)


@pytest.fixture
def embedder(stats: ModelCard) -> Embedder:
    return open_embedder(Runtime(stats, None), threads=1)


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def test_the_card_asks_for_it_and_has_no_files(stats: ModelCard, embedder: Embedder) -> None:
    assert isinstance(embedder, LibrosaStats)
    assert (stats.dim, stats.files, stats.file) == (498, (), None)
    assert (DIM, FEATURES) == (498, 166)
    assert stats.pooling == MEAN_MAX_MIN
    assert stats.scale is not None
    assert embedder.sample_rate == RATE
    assert embedder.stamp == stats.stamp(None)
    assert (candidates(stats), known_choice(stats, Path())) == ((), None)


def test_other_cards_get_the_network_they_name(card: ModelCard) -> None:
    assert isinstance(open_embedder(Runtime(card, card.file), threads=1), OnnxEmbedder)
    other = dataclasses.replace(card, front_end="waveform")
    with pytest.raises(ModelError, match=r"front end 'waveform'.*not known"):
        open_embedder(Runtime(other, card.file), threads=1)


@pytest.mark.parametrize(("samples", "count"), [(0, 0), (15_359, 0), (15_360, 1), (48_000, 3)])
def test_a_row_for_every_whole_patch(embedder: Embedder, samples: int, count: int) -> None:
    made = embedder.embed(noise(samples))
    assert (made.embeddings.shape, made.embeddings.dtype) == ((count, 498), np.float32)
    assert made.timestamps == pytest.approx([0.96 * i for i in range(count)])


def test_a_patch_gets_the_same_numbers_wherever_it_lies(embedder: Embedder) -> None:
    # More than one batch of them.
    made = embedder.embed(noise(40 * PATCH + 100)).embeddings
    for place in (0, 31, 32, 39):
        (alone,) = embedder.embed(noise(40 * PATCH)[place * PATCH :][:PATCH]).embeddings
        np.testing.assert_allclose(made[place], alone, rtol=1e-5, atol=1e-5)


def test_a_window_has_the_statistics_of_all_its_frames(stats: ModelCard) -> None:
    patches = noise(13 * PATCH).reshape(13, PATCH)
    rows = features(patches)
    audible = np.ones(13, bool)
    audible[[3, 7]] = False
    embedded = PatchEmbeddings(statistics(rows), np.arange(13, dtype=np.float32))
    made = pool(embedded, audible, stats.mean, scale=stats.scale, pooling=stats.pooling)
    for vector, cut in zip(made.vectors, (slice(0, 10), slice(5, 13)), strict=True):
        frames = np.concatenate(rows[cut][audible[cut]], axis=1, dtype=np.float64)
        assert frames.shape[1] in {8 * FRAMES, 7 * FRAMES}
        parts = (frames.mean(axis=1), frames.max(axis=1), frames.min(axis=1))
        expected = (np.concatenate(parts) - np.array(stats.mean)) / np.array(stats.scale)
        np.testing.assert_allclose(vector, expected / np.linalg.norm(expected), atol=1e-5)


def test_silence_has_finite_numbers(embedder: Embedder) -> None:
    assert np.isfinite(embedder.embed(np.zeros(2 * PATCH, np.float32)).embeddings).all()


@pytest.mark.parametrize("changes", [{"dim": 495}, {"sample_rate": 22_050}, {"patch_seconds": 0.5}])
def test_a_card_that_asks_for_something_else_is_refused(
    stats: ModelCard, changes: dict[str, float]
) -> None:
    with pytest.raises(ModelError, match="not known here"):
        LibrosaStats(Runtime(dataclasses.replace(stats, **changes), None))


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "2"},
        {"space": "other"},
        {"mean": (1.0,) * 498},
        {"scale": None},
        {"pooling": "mean"},
        {"clip": 2.0},
    ],
)
def test_whatever_decides_its_vectors_changes_its_checksum(
    stats: ModelCard, changes: dict[str, object]
) -> None:
    one, other = stats.stamp(None), dataclasses.replace(stats, **changes).stamp(None)
    assert one.sha512 != other.sha512
    assert (len(one.sha512), one.precision) == (128, "fp32")
    assert dataclasses.replace(stats, licence="another").stamp(None) == one


def test_what_needs_a_network_says_so(stats: ModelCard) -> None:
    with pytest.raises(ModelError, match="librosa-stats has no network"):
        OnnxEmbedder(Runtime(dataclasses.replace(stats, front_end="vggish-log-mel"), None), 1)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('pooling = "mean-max-min"', 'pooling = "max"', "not one of mean, mean-max-min"),
        ("dim = 498", "dim = 497", "three equal parts"),
        ("scale = [", "scale = [0.0, ", "'scale' is not a list of 498"),
        ("scale = [\n    ", "scale = [\n    -", "not above 0"),
        ("mean = [", "files = [{}]\nmean = [", "has none"),
    ],
)
def test_what_such_a_card_cannot_say(before: str, after: str, words: str, tmp_path: Path) -> None:
    text = (PROJECT / "models" / "cards" / "librosa-stats.toml").read_text()
    assert text.count(before) == 1
    path = tmp_path / "librosa-stats.toml"
    path.write_text(text.replace(before, after))
    with pytest.raises(ModelError, match=words):
        read_card(path, tmp_path)


def test_only_who_runs_it_waits_for_librosa() -> None:
    program = (
        "import pkgutil, sys, importlib, models\n"
        "for found in pkgutil.iter_modules(models.__path__):\n"
        "    if found.name != 'librosa_features': importlib.import_module('models.' + found.name)\n"
        "assert not {'librosa', 'numba'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=PROJECT, check=True)


def test_it_is_made_ready_once(stats: ModelCard, tmp_path: Path) -> None:
    notes: list[str] = []
    assert make_ready(stats, tmp_path, notes.append) == Runtime(stats, None, tmp_path)
    assert ["librosa-stats" in note for note in notes] == [True]
    assert is_compiled(tmp_path)
    make_ready(stats, tmp_path, notes.append)
    assert len(notes) == 1


def test_nothing_is_left_to_compile_once_it_is_open() -> None:
    program = (
        "import pathlib, sys, numpy\n"
        "from models.cards import load_card\n"
        "from models.embedders import open_embedder\n"
        "from models.runtime import Runtime\n"
        "model = open_embedder(Runtime(load_card('librosa-stats', pathlib.Path()), None), 1)\n"
        "from numba.core.caching import Cache\n"
        "def asked(*_): raise AssertionError('something is compiled, or loaded, only now')\n"
        "Cache.load_overload = asked\n"
        "before = set(sys.modules)\n"
        "sound = numpy.random.default_rng(1).standard_normal(40 * 15_360)\n"
        "model.embed(0.1 * sound.astype(numpy.float32))\n"
        "assert not {name for name in set(sys.modules) - before if 'librosa' in name}\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=PROJECT, check=True)


def test_a_cache_that_cannot_be_written_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    note_compiled(tmp_path / "file")
    assert not is_compiled(tmp_path / "file")


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let librosa lie where nothing can be written, root or not: below a file."""
    place = tmp_path / "a file"
    place.touch()
    monkeypatch.setattr(compiled, "_librosa", lambda: place)
    monkeypatch.setenv(SETTING, "")
    monkeypatch.delenv(SETTING)
    return place


def test_numba_keeps_things_beside_librosa_where_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    monkeypatch.setattr(compiled, "_librosa", lambda: tmp_path)
    keep_compiled(tmp_path / "cache")
    assert SETTING not in os.environ


def test_numba_keeps_things_in_the_cache_else(closed: Path, tmp_path: Path) -> None:
    keep_compiled(tmp_path / "cache")
    assert os.environ[SETTING] == str(tmp_path / "cache" / "numba")
    keep_compiled(tmp_path / "another")
    assert os.environ[SETTING] == str(tmp_path / "cache" / "numba")


def test_numba_keeps_things_for_one_process_at_least(
    closed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    keep_compiled(closed)
    assert Path(os.environ[SETTING]).parent == tmp_path
    monkeypatch.delenv(SETTING)
    monkeypatch.setattr("tempfile.tempdir", str(closed))
    with pytest.raises(ModelError, match=f"no folder.*{SETTING}"):
        keep_compiled(None)


def test_what_lasts_for_a_run_only_is_removed_with_it(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, sys\n"
        "from models import compiled\n"
        "compiled._librosa = lambda: pathlib.Path(sys.executable)\n"
        "compiled.keep_compiled(None)\n"
        "print(os.environ[compiled.SETTING])\n"
        "assert os.path.isdir(os.environ[compiled.SETTING])\n"
    )
    without = {name: value for name, value in os.environ.items() if name != SETTING}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env={**without, "TMPDIR": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert Path(done.stdout.strip()).parent == tmp_path
    assert not any(tmp_path.iterdir())


def test_workers_share_the_place_they_are_given(
    stats: ModelCard, closed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    keep_compiled(cache)
    note_compiled(cache)
    monkeypatch.delenv(SETTING)
    make_ready(stats, cache)
    assert os.environ[SETTING] == str(cache / "numba")
    monkeypatch.delenv(SETTING)
    monkeypatch.setattr("tempfile.tempdir", str(closed))
    make_ready(stats, closed)  # what is wrong is said where it is opened
    assert SETTING not in os.environ


def test_a_worker_that_may_take_little_memory_has_enough(stats: ModelCard) -> None:
    crew = Crew(1, 1 << 30)
    try:
        made = crew.submit(100, _embed, stats).result()
    finally:
        crew.close()
    assert made.shape == (3, 498)


def _embed(card: ModelCard) -> np.ndarray:
    return open_embedder(Runtime(card, None), 1).embed(noise(3 * PATCH)).embeddings
