"""A graph that is kept answers as its file does, and whatever befalls it costs only time."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models import graphs, session
from models.card import ModelCard, ModelFile
from models.cards import read_card
from models.graphs import KeptGraph
from models.session import check_model, keep_graph, kept_graph, open_session
from models.types import ModelError
from tests.models.tiny import card_text, write_network

PATCHES = np.random.default_rng(3).normal(0, 1, (16, 96, 64)).astype(np.float32)


@pytest.fixture(autouse=True)
def keep_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the graphs of models small enough for a test."""
    monkeypatch.setattr(graphs, "SMALLEST", 1)


@pytest.fixture
def file(models_dir: Path) -> ModelFile:
    """Return a file with weights that are large enough to lie beside the graph."""
    mix = np.random.default_rng(5).standard_normal((64, 128)).astype(np.float32)
    return written(models_dir, mix)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def written(models_dir: Path, mix: np.ndarray) -> ModelFile:
    path = models_dir / "tiny.onnx"
    path.unlink()
    write_network(path, dim=mix.shape[1], mix=mix)
    dim = mix.shape[1]
    (models_dir / "tiny.toml").write_text(card_text(path, dim=str(dim), mean=str([0.5] * dim)))
    return read_card(models_dir / "tiny.toml", models_dir).file


def answer(file: ModelFile, cache: Path | None) -> np.ndarray:
    (out,) = open_session(file, 1, cache).run(None, {"patches": PATCHES})
    return np.asarray(out)


def kept_folder(cache: Path) -> Path:
    (folder,) = (path for path in (cache / "graphs").iterdir() if path.is_dir())
    return folder


def test_a_kept_graph_answers_as_its_file(file: ModelFile, cache: Path) -> None:
    assert kept_graph(file, cache).is_wanted()
    assert kept_graph(file, cache).find() is None
    keep_graph(file, cache)
    graph = kept_graph(file, cache).find()
    assert graph is not None
    assert {path.name for path in graph.parent.iterdir()} == {
        *("graph.onnx", "weights.bin", "record.json")
    }
    assert not kept_graph(file, cache).is_wanted()
    np.testing.assert_allclose(answer(file, cache), answer(file, None), rtol=1e-6)


def test_the_kept_graph_is_what_runs(file: ModelFile, cache: Path) -> None:
    keep_graph(file, cache)
    expected = answer(file, cache)
    weights = kept_folder(cache) / "weights.bin"
    # Other numbers in the same file, behind the back of its stamp.
    weights.write_bytes(bytes(weights.stat().st_size))
    record = json.loads((kept_folder(cache) / "record.json").read_text())
    record["weights"] = graphs._stat(weights)
    (kept_folder(cache) / "record.json").write_text(json.dumps(record))
    assert not np.array_equal(answer(file, cache), expected)


def test_a_known_model_file_is_not_read_again(
    file: ModelFile, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_graph(file, cache)
    monkeypatch.setattr(session, "check_file", lambda _file: pytest.fail("it was read"))
    check_model(file, cache)
    open_session(file, 1, cache)


def test_a_changed_model_file_is_found_out_all_the_same(file: ModelFile, cache: Path) -> None:
    keep_graph(file, cache)
    data = bytearray(file.path.read_bytes())
    data[-1] ^= 1
    file.path.write_bytes(data)
    with pytest.raises(ModelError, match="not the one its card describes"):
        check_model(file, cache)
    with pytest.raises(ModelError, match="not the one its card describes"):
        open_session(file, 1, cache)
    file.path.unlink()
    with pytest.raises(ModelError, match="not there"):
        open_session(file, 1, cache)


def truncate(folder: Path) -> None:
    os.truncate(folder / "weights.bin", 100)


def flip(folder: Path) -> None:
    data = bytearray((folder / "graph.onnx").read_bytes())
    data[len(data) // 2] ^= 255
    (folder / "graph.onnx").write_bytes(data)


def touch(folder: Path) -> None:
    (folder / "weights.bin").touch()


def lose(folder: Path) -> None:
    (folder / "weights.bin").unlink()


def scribble(folder: Path) -> None:
    (folder / "record.json").write_text("[1, 2")


def empty(folder: Path) -> None:
    (folder / "record.json").write_text("[]")


@pytest.mark.parametrize("damage", [truncate, flip, touch, lose, scribble, empty])
def test_a_damaged_one_is_not_used_and_made_again(
    damage: Callable[[Path], None], file: ModelFile, cache: Path
) -> None:
    keep_graph(file, cache)
    expected = answer(file, None)
    damage(kept_folder(cache))
    kept = kept_graph(file, cache)
    assert kept.find() is None
    np.testing.assert_allclose(answer(file, cache), expected, rtol=1e-6)
    assert kept.is_wanted()
    keep_graph(file, cache)
    assert kept.find()
    assert kept_folder(cache)  # and nothing beside it


def test_one_that_cannot_be_opened_gives_way_to_the_file(file: ModelFile, cache: Path) -> None:
    keep_graph(file, cache)
    folder = kept_folder(cache)
    (folder / "graph.onnx").write_bytes(b"no network")
    record = json.loads((folder / "record.json").read_text())
    record["graph"] = graphs._digest(folder / "graph.onnx")
    (folder / "record.json").write_text(json.dumps(record))
    assert kept_graph(file, cache).find()
    np.testing.assert_array_equal(answer(file, cache), answer(file, None))
    assert not folder.exists()


def test_one_that_goes_once_it_was_found_gives_way_to_the_file(
    file: ModelFile, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_graph(file, cache)
    find = KeptGraph.find

    def find_and_lose(kept: KeptGraph) -> Path | None:
        graph = find(kept)
        shutil.rmtree(kept_folder(cache))
        return graph

    monkeypatch.setattr(KeptGraph, "find", find_and_lose)
    np.testing.assert_array_equal(answer(file, cache), answer(file, None))


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o755), (0o077, 0o700)])
def test_the_folder_is_open_to_whom_the_umask_lets_in(
    umask: int, mode: int, file: ModelFile, cache: Path
) -> None:
    before = os.umask(umask)
    try:
        keep_graph(file, cache)
    finally:
        os.umask(before)
    assert kept_folder(cache).stat().st_mode & 0o777 == mode


def test_a_folder_that_cannot_be_written_is_left_alone(file: ModelFile, tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    assert not kept_graph(file, tmp_path / "a file").is_wanted()
    with pytest.raises(OSError, match=r"Not a directory|File exists"):
        keep_graph(file, tmp_path / "a file")
    assert answer(file, tmp_path / "a file").shape == (16, 128)


def test_too_little_room_is_known_beforehand(
    file: ModelFile, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(cache.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=4 * file.size))
    assert not kept_graph(file, cache).is_wanted()


def test_small_models_are_not_worth_it(
    file: ModelFile, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphs, "SMALLEST", file.size + 1)
    assert not kept_graph(file, cache).is_wanted()
    assert not cache.exists()


def test_a_failure_is_remembered_for_a_day(file: ModelFile, cache: Path) -> None:
    kept = kept_graph(file, cache)
    assert kept.is_wanted()
    kept.note_failure()
    assert not kept.is_wanted()
    (note,) = (cache / "graphs").iterdir()
    os.utime(note, (0, 0))
    assert kept.is_wanted()
    kept.tidy()
    assert not note.exists()


def keep_on_a_full_disk(file: ModelFile, cache: Path) -> None:
    """Let no file grow beyond some bytes: what a full disk comes to, for this process alone."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
    try:
        keep_graph(file, cache)
    except OSError:
        os._exit(3)


def test_a_full_disk_leaves_nothing_behind(file: ModelFile, cache: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(
        target=keep_on_a_full_disk, args=(file, cache)
    )
    process.start()
    process.join()
    assert process.exitcode == 3
    assert list((cache / "graphs").iterdir()) == []
    assert answer(file, cache).shape == (16, 128)


def keep_once_all_are_there(file: ModelFile, cache: Path, start: float) -> None:
    time.sleep(max(0.0, start - time.time()))
    keep_graph(file, cache)


def test_processes_that_make_it_at_once_do_not_hurt_each_other(
    file: ModelFile, cache: Path
) -> None:
    context = multiprocessing.get_context("spawn")
    start = time.time() + 2
    arguments = (file, cache, start)
    makers = [context.Process(target=keep_once_all_are_there, args=arguments) for _ in range(3)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert [maker.exitcode for maker in makers] == [0, 0, 0]
    assert kept_graph(file, cache).find()
    assert list((cache / "graphs").iterdir()) == [kept_folder(cache)]


def test_what_is_of_no_more_use_goes(
    file: ModelFile, cache: Path, models_dir: Path, card: ModelCard
) -> None:
    other = replace(file, path=models_dir / "other.onnx")
    shutil.copy(file.path, other.path)
    for version, cpu in (("0.1", "this"), ("0.1", "another")):
        made_for(other, cache, version, cpu)
    abandoned = cache / "graphs" / ".new-abandoned"
    abandoned.mkdir()
    os.utime(abandoned, (0, 0))
    at_work = cache / "graphs" / ".new-at-work"
    at_work.mkdir()
    (cache / "graphs" / "note.txt").touch()

    def left() -> int:
        now = KeptGraph(file, cache, version="0.2", cpu="this")
        now.tidy()
        return len(list((cache / "graphs").iterdir()))

    made_for(file, cache, "0.2", "this")
    # The older version's goes; another processor's stays: another machine may be using it.
    assert left() == 4
    assert at_work.exists()
    assert not abandoned.exists()
    other.path.unlink()
    assert left() == 3


def test_where_nothing_was_kept_there_is_nothing_to_tidy(file: ModelFile, cache: Path) -> None:
    kept_graph(file, cache).tidy()
    assert not cache.exists()


def made_for(file: ModelFile, cache: Path, version: str, cpu: str) -> None:
    kept = KeptGraph(file, cache, version=version, cpu=cpu)
    with kept.staging() as folder:
        (folder / "graph.onnx").write_bytes(b"a graph")
        (folder / "weights.bin").write_bytes(b"weights")
        kept.publish(folder, kept.model_stat())
    assert kept.find()


def test_another_version_or_processor_has_a_graph_of_its_own(file: ModelFile, cache: Path) -> None:
    made_for(file, cache, "1", "a")
    for version, cpu in (("2", "a"), ("1", "b")):
        assert KeptGraph(file, cache, version=version, cpu=cpu).find() is None
    assert KeptGraph(file, cache, version="1", cpu="a").find()
    assert KeptGraph(replace(file, sha512="0" * 128), cache, version="1", cpu="a").find() is None


def test_a_model_file_that_is_replaced_meanwhile_is_not_vouched_for(
    file: ModelFile, cache: Path
) -> None:
    kept = kept_graph(file, cache)
    model = kept.model_stat()
    with kept.staging() as folder:
        (folder / "graph.onnx").touch()
        (folder / "weights.bin").touch()
        file.path.touch()
        with pytest.raises(OSError, match=r"[Ss]tale"):
            kept.publish(folder, model)
    assert kept.find() is None


def test_a_graph_that_answers_otherwise_is_not_kept(
    file: ModelFile, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([np.ones(3), np.ones(3) * 1.01])
    monkeypatch.setattr(session, "_answer", lambda _session: [next(answers)])
    with pytest.raises(OSError, match="does not answer as"):
        keep_graph(file, cache)
    assert list((cache / "graphs").iterdir()) == []
