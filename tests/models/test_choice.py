"""The file that runs is the one that is here, finds the same, and is the fastest."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models import choice, ready
from models.card import ModelCard, ModelFile
from models.choice import candidates, known_choice, note_choice
from models.ready import make_ready, time_files
from models.session import kept_graph
from tests.models.tiny import DIM, write_network


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def worth_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every file count as one that takes a while to time."""
    monkeypatch.setattr(ready, "SMALLEST", 0)


def file_of(path: Path, precision: str = "fp32", overlap: float | None = None) -> ModelFile:
    data = path.read_bytes()
    return ModelFile(path, len(data), hashlib.sha512(data).hexdigest(), precision, overlap=overlap)


@pytest.fixture
def both(card: ModelCard) -> ModelCard:
    """Return a card with a second file, in int8 by its word, that finds the same."""
    path = card.file.path.with_name("int8.onnx")
    write_network(path, mix=np.eye(64, DIM, dtype=np.float32))
    return replace(card, files=(card.file, file_of(path, "int8", 0.97)))


def timing(monkeypatch: pytest.MonkeyPatch, *seconds: float | Exception) -> list[int]:
    """Let the files have taken so long; return a list that grows with every timing."""
    calls: list[int] = []

    def timed(
        timeout_s: float, job: Callable[..., object], files: tuple[ModelFile, ...], cache: Path
    ) -> ready.Future[list[float]]:
        assert job is time_files
        calls.append(len(files))
        future: ready.Future[list[float]] = ready.Future()
        (first, *_) = seconds
        if isinstance(first, Exception):
            future.set_exception(first)
        else:
            future.set_result([float(str(each)) for each in seconds])
        return future

    monkeypatch.setattr(ready, "_in_a_worker", timed)
    return calls


def test_the_faster_one_runs_and_is_timed_once(
    both: ModelCard, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = timing(monkeypatch, 1.0, 0.3)
    notes: list[str] = []
    assert known_choice(both, cache) is None
    runtime = make_ready(both, cache, notes.append)
    assert runtime.file is both.files[1]
    assert runtime.cache == cache
    assert runtime.stamp.precision == "int8"
    assert notes == ["Timing the files of tiny on this machine."]
    assert make_ready(both, cache, notes.append) == runtime
    assert known_choice(both, cache) is both.files[1]
    assert (len(notes), calls) == (1, [2])


def test_small_files_are_timed_without_a_word(
    both: ModelCard, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "SMALLEST", both.files[0].size + both.files[1].size)
    calls = timing(monkeypatch, 1.0, 0.3)
    notes: list[str] = []
    assert make_ready(both, cache, notes.append).file is both.files[1]
    assert (calls, notes) == ([2], [])


@pytest.mark.parametrize("other", [0.95, 1.0, 3.0])
def test_one_that_is_hardly_faster_is_not_worth_it(
    other: float, both: ModelCard, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timing(monkeypatch, 1.0, other)
    assert make_ready(both, cache).file is both.files[0]
    assert known_choice(both, cache) is both.files[0]


def test_another_processor_or_version_is_timed_anew(
    both: ModelCard, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = timing(monkeypatch, 1.0, 0.3)
    make_ready(both, cache)
    monkeypatch.setattr(choice, "describe_cpu", lambda: "another")
    make_ready(both, cache)
    monkeypatch.setattr(choice, "_version", lambda: "0.0")
    make_ready(both, cache)
    make_ready(both, cache)
    assert len(calls) == 3


def test_files_are_really_timed_in_a_worker(both: ModelCard, cache: Path) -> None:
    assert all(0 < seconds < 60 for seconds in time_files(both.files, cache))
    assert make_ready(both, cache).file in both.files
    assert known_choice(both, cache)


def test_a_broken_rival_is_named_and_the_first_one_runs(both: ModelCard, cache: Path) -> None:
    both.files[1].path.write_bytes(b"broken")
    notes: list[str] = []
    assert make_ready(both, cache, notes.append).file is both.files[0]
    assert "int8.onnx is not the one its card describes" in notes[1]
    assert known_choice(both, cache) is None


@pytest.mark.parametrize("failure", [TimeoutError(), MemoryError(), BrokenProcessPool()])
def test_a_timing_that_comes_to_nothing_is_repeated_on_another_day(
    failure: Exception, both: ModelCard, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = timing(monkeypatch, failure)
    notes: list[str] = []
    assert make_ready(both, cache, notes.append).file is both.files[0]
    assert "could not be timed this time: tiny.onnx (fp32) runs" in notes[1]
    assert make_ready(both, cache, notes.append).file is both.files[0]
    assert (len(calls), len(notes)) == (1, 2)
    timing(monkeypatch, 1.0, 0.3)
    now = time.time()
    monkeypatch.setattr(choice.time, "time", lambda: now + 86_500)
    assert make_ready(both, cache, notes.append).file is both.files[1]
    monkeypatch.setattr(choice.time, "time", lambda: now + 1e9)
    assert known_choice(both, cache) is both.files[1]


def test_a_clock_that_was_ahead_delays_nothing(
    both: ModelCard, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_choice(both.files, both.files[0], cache, for_good=False)
    assert known_choice(both, cache) is both.files[0]
    now = time.time()
    monkeypatch.setattr(choice.time, "time", lambda: now - 1e6)
    assert known_choice(both, cache) is None


def test_nothing_is_timed_for_one_file(
    card: ModelCard, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "_in_a_worker", lambda *_: pytest.fail("a worker was started"))
    assert make_ready(card, cache).file is card.file
    assert not cache.exists()


@pytest.mark.parametrize(
    ("overlap", "count"), [(None, 1), (0.0, 1), (0.949, 1), (0.95, 2), (1.0, 2)]
)
def test_another_file_has_to_find_the_same(
    overlap: float | None, count: int, both: ModelCard
) -> None:
    first, other = both.files
    card = replace(both, files=(first, replace(other, overlap=overlap)))
    assert len(candidates(card)) == count
    assert candidates(card)[0] is first


def test_what_is_not_here_does_not_run(both: ModelCard) -> None:
    first, other = both.files
    other.path.unlink()
    assert candidates(both) == (first,)
    first.path.unlink()
    assert candidates(both) == (first,)


@pytest.mark.parametrize(
    ("precision", "overlap", "stands_in"),
    [("int8", 0.97, True), ("int8", 0.9, False), ("int8", None, False), ("fp16", None, True)],
)
def test_who_stands_in_for_a_first_file_that_is_gone(
    precision: str, overlap: float | None, stands_in: bool, both: ModelCard
) -> None:
    first, other = both.files
    first.path.unlink()
    other = replace(other, precision=precision, overlap=overlap)
    card = replace(both, files=(first, other))
    assert candidates(card) == (other if stands_in else first,)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "7", '{"sha512": "abc"}', '{"sha512": "abc", "until": "noon"}']
)
def test_a_note_that_makes_no_sense_is_made_anew(
    text: str, both: ModelCard, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = timing(monkeypatch, 1.0, 0.3)
    make_ready(both, cache)
    (note,) = (cache / "choices").iterdir()
    note.write_text(text)
    assert make_ready(both, cache).file is both.files[1]
    assert len(calls) == 2


def test_without_a_place_to_note_it_the_choice_is_made_all_the_same(
    both: ModelCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timing(monkeypatch, 1.0, 0.3)
    (tmp_path / "a file").touch()
    notes: list[str] = []
    assert make_ready(both, tmp_path / "a file", notes.append).file is both.files[1]
    assert notes[0] == "Timing the files of tiny on this machine."
    assert "cannot be written to: they are timed again at the next start" in notes[1]


@pytest.fixture
def large(card: ModelCard) -> ModelCard:
    """Return a card whose file is large enough for its graph to be kept."""
    path = card.file.path.with_name("large.onnx")
    mix = np.random.default_rng(9).standard_normal((64, 65_536)).astype(np.float32)
    write_network(path, dim=mix.shape[1], mix=mix)
    return replace(card, files=(file_of(path),))


def test_the_graph_of_a_large_file_is_kept_by_a_worker(
    large: ModelCard, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onnxruntime.InferenceSession", lambda *_: pytest.fail("it ran here"))
    notes: list[str] = []
    runtime = make_ready(large, cache, notes.append)
    assert kept_graph(runtime.file, cache).find()
    make_ready(large, cache, notes.append)
    assert notes == ["Laying out tiny for this machine."]


def test_the_graph_of_a_file_that_runs_no_more_goes(
    large: ModelCard, both: ModelCard, cache: Path
) -> None:
    make_ready(large, cache)
    mix = np.random.default_rng(10).standard_normal((64, 65_536)).astype(np.float32)
    write_network(both.files[1].path, dim=mix.shape[1], mix=mix)
    second = replace(file_of(both.files[1].path), overlap=1.0)
    files = (*large.files, second)
    assert note_choice(files, second, cache)
    assert make_ready(replace(large, files=files), cache).file is second
    assert kept_graph(second, cache).find()
    assert kept_graph(large.file, cache).find() is None


def test_the_graph_of_a_file_that_runs_no_more_goes_though_nothing_takes_its_place(
    large: ModelCard, both: ModelCard, cache: Path
) -> None:
    make_ready(large, cache)
    small = replace(both.files[1], overlap=1.0)
    files = (*large.files, small)
    assert note_choice(files, small, cache)
    assert make_ready(replace(large, files=files), cache).file is small
    assert kept_graph(large.file, cache).find() is None


def test_a_worker_that_fails_to_keep_it_is_not_asked_every_time(
    large: ModelCard, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes: list[str] = []
    monkeypatch.setattr(ready, "keep_graph", crash)
    assert make_ready(large, cache, notes.append).file is large.file
    make_ready(large, cache, notes.append)
    assert len(notes) == 2
    assert f"could not be kept in {cache}" in notes[1]


def crash(*_: object) -> None:
    os.abort()
