"""Building on a cluster of processes: as on one machine, whatever becomes of a worker."""

from __future__ import annotations

import signal
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("distributed", reason="needs the `cluster` extra")

import psutil
from distributed import Client

from index.opened import open_index
from models.cards import load_card
from models.runtime import Runtime
from models.tracks import embed_tracks
from models.types import EmbeddedTrack, PassingError, Track
from tests.tools.cluster.clusters import Cluster, cluster, end, family, readers, waited_for
from tests.tools.conftest import Cli, only_json, start, write_piece
from tools import hearing
from tools.cluster import listeners as on_cluster
from tools.cluster.listeners import ClusterListeners

LONG_S = 3_000

# Processes are started and killed by the dozen: a busy machine takes its time.
pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def runtime(tiny_model: Path) -> Runtime:
    card = load_card("tiny", tiny_model)
    return Runtime(card, card.file)


def vectors(index: Path) -> dict[str, tuple[Track, np.ndarray, np.ndarray]]:
    """Return what an index holds of each file."""
    with open_index(index) as opened:
        held = [(track, windows.vectors, windows.starts) for track, windows in opened.contents()]
        assert len(held) == len(opened) == len(opened.files())
    return {each[0].path: each for each in held}


def heard_then(after: int, then: Callable[[], object]) -> Callable[..., Iterator[Any]]:
    """Embed as ever, and do something once so many are heard."""

    def embedding(*args: Any, **options: Any) -> Iterator[Any]:
        for count, found in enumerate(embed_tracks(*args, **options), 1):
            if count == after:
                then()
            yield found

    return embedding


def pieces(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"Band {number}.wav" for number in range(count)]
    for number, path in enumerate(paths):
        write_piece(path, 100 + 40 * number, seed=number, seconds=3)
    return paths


def long_silence(path: Path) -> Path:
    """Write a file that takes a while to decode, without writing it: a header and a hole."""
    bytes_ = 2 * 48_000 * LONG_S
    header = b"RIFF" + (36 + bytes_).to_bytes(4, "little") + b"WAVEfmt \x10\0\0\0\x01\0\x01\0"
    header += (48_000).to_bytes(4, "little") + (96_000).to_bytes(4, "little") + b"\x02\0\x10\0data"
    with path.open("wb") as file:
        file.write(header + bytes_.to_bytes(4, "little"))
        file.truncate(len(header) + 4 + bytes_)
    return path


def test_a_cluster_hears_what_one_machine_hears(
    tiny_model: Path, music: Path, pair: Cluster, tmp_path: Path, cli: Cli
) -> None:
    (music / "broken.mp3").write_bytes(b"no sound at all" * 50)
    here, there = tmp_path / "here", tmp_path / "there"
    local = only_json(cli("index", "build", music, "--out", here, "--json")[1])
    arguments = ("index", "build", music, "--out", there, "--dask", pair.address, "--json")
    status, out, _ = cli(*arguments)
    built = only_json(out)
    assert (status, built["tracks"], built["heard"]) == (1, 6, 6)
    assert built["left_out"] == local["left_out"]
    expected, found = vectors(here), vectors(there)
    assert expected.keys() == found.keys()
    for path, (track, windows, starts) in expected.items():
        assert found[path][0] == track
        np.testing.assert_array_equal(found[path][1], windows)
        np.testing.assert_array_equal(found[path][2], starts)
    # What is known is not heard again; what was renamed is recognised over there.
    next((music / "Low").iterdir()).rename(music / "Low" / "Another name.flac")
    status, out, _ = cli("index", "update", "--out", there, "--dask", pair.address, "--json")
    built = only_json(out)
    assert (built["tracks"], built["heard"], built["recognised"]) == (6, 0, 1)


def test_a_worker_killed_in_mid_build_costs_nothing(
    tiny_model: Path,
    lonely: Cluster,
    workers_home: Path,
    tmp_path: Path,
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paths = pieces(tmp_path / "music", 30)
    workers = [lonely.work("--no-nanny", SOUNDALIKE_HOME=str(workers_home)) for _ in range(2)]
    lonely.await_workers()
    monkeypatch.setattr(hearing, "embed_tracks", heard_then(5, lambda: end(workers[0])))
    arguments = ("index", "build", tmp_path / "music", "--out", tmp_path / "index", "--json")
    status, out, _ = cli(*arguments, "--dask", lonely.address)
    built = only_json(out)
    assert (status, built["tracks"], built["heard"], built["left_out"]) == (0, 30, 30, [])
    assert workers[0].poll() is not None
    assert workers[1].poll() is None
    assert set(vectors(tmp_path / "index")) == {str(path) for path in paths}


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="asks Linux who reads a file")
@pytest.mark.parametrize(
    ("victim", "why"),
    [
        (lambda reader: reader, "process that listened died"),
        (lambda reader: reader.parent(), "workers that listened to it died"),
    ],
    ids=["listener", "worker"],
)
def test_a_file_that_kills_whoever_hears_it_is_left_out(
    victim: Callable[[psutil.Process], psutil.Process],
    why: str,
    tiny_model: Path,
    workers_home: Path,
    tmp_path: Path,
    cli: Cli,
) -> None:
    pieces(tmp_path / "music", 6)
    poison = long_silence(tmp_path / "music" / "poison.wav")
    (folder := tmp_path / "cluster").mkdir()
    arguments = ("index", "build", tmp_path / "music", "--out", tmp_path / "index", "--json")
    # With one worker, others always wait their turn where the file is heard.
    with cluster(folder, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0") as strict:
        nanny = strict.work(SOUNDALIKE_HOME=str(workers_home))
        strict.await_workers()
        with murder(lambda: map(victim, readers(poison, nanny))):
            status, out, _ = cli(*arguments, "--dask", strict.address)
    built = only_json(out)
    assert (status, built["tracks"]) == (1, 6)
    assert [file["path"] for file in built["left_out"]] == [str(poison)]
    assert why in built["left_out"][0]["why"]


def test_a_file_that_takes_too_long_is_left_out(
    runtime: Runtime, pair: Cluster, tmp_path: Path
) -> None:
    slow = long_silence(tmp_path / "slow.wav")

    def hire() -> ClusterListeners:
        return ClusterListeners(pair.address, runtime, timeout_s=0.2)

    answers = dict(embed_tracks([slow], runtime, hire=hire))
    assert isinstance(answers[slow], PassingError)
    assert "too long" in str(answers[slow])


def test_what_workers_do_not_see_is_sent(
    runtime: Runtime, pair: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "Album"
    pieces(folder, 2)
    (folder / "broken.wav").write_bytes(b"no sound" * 99)
    monkeypatch.chdir(tmp_path)
    # Workers run elsewhere: these lead nowhere for them.
    names = ("Band 0.wav", "Band 1.wav", "broken.wav", "gone.wav")
    paths = [Path("Album") / name for name in names]
    expected = dict(embed_tracks(paths, runtime, jobs=1))
    with closing(ClusterListeners(pair.address, runtime)) as listeners:
        heard = [listeners.hear(path) for path in paths]
        for path, future in zip(paths[:2], heard, strict=False):
            track, same = future.result(), expected[path]
            assert isinstance(same, EmbeddedTrack)
            assert track.track == same.track
            assert (track.track.path, track.track.album) == (str(path), "Album")
            np.testing.assert_array_equal(track.windows.vectors, same.windows.vectors)
        for path, future in zip(paths[2:], heard[2:], strict=True):
            assert str(future.exception()) == str(expected[path])
        named = listeners.identify(paths[0]).result()
        assert named == replace(heard[0].result().track, seconds=0.0)
        monkeypatch.setattr(on_cluster, "MOST_SENT", 1_000)
        assert "too large to be sent" in str(listeners.hear(paths[0]).exception())


def test_an_interrupt_leaves_nobody_at_work(
    tiny_model: Path, pair: Cluster, tmp_path: Path, cli: Cli
) -> None:
    pieces(tmp_path / "music", 40)
    index = tmp_path / "index"
    arguments = ("index", "build", tmp_path / "music", "--out", index)
    with start([*arguments, "--dask", pair.address]) as process:
        waited_for(lambda: written(index) > 2)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Run the same command again: what was done is kept." in errors
    assert "Traceback" not in errors
    assert 2 < (done := written(index)) < 40
    waited_for(lambda: not listening(pair))
    with Client(pair.address, set_as_default=False) as client:
        assert client.processing() == dict.fromkeys(client.ncores(), ())
    built = only_json(cli(*arguments, "--json")[1])
    assert (built["tracks"], built["heard"], built["kept"]) == (40, 40 - done, done)


@contextmanager
def murder(victims: Callable[[], Iterable[psutil.Process]]) -> Iterator[None]:
    """Kill whoever is named, again and again."""
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.05):
            for victim in victims():
                with suppress(psutil.NoSuchProcess):
                    victim.kill()

    murderer = threading.Thread(target=kill)
    murderer.start()
    try:
        yield
    finally:
        over.set()
        murderer.join()


def listening(at: Cluster) -> list[psutil.Process]:
    """List the processes that listen for workers: they are their nannies' grandchildren."""
    nannies = [psutil.Process(process.pid) for process in at.workers]
    workers = [worker for nanny in nannies for worker in nanny.children()]
    found = [each for worker in workers for each in family(worker.pid)]
    return [each for each in found if "resource_tracker" not in " ".join(command(each))]


def command(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []


def written(index: Path) -> int:
    """Count the files that are in the journal."""
    with suppress(sqlite3.Error):
        file = f"file:{index / '.building' / 'journal.sqlite'}?mode=ro"
        with closing(sqlite3.connect(file, uri=True)) as journal:
            return int(journal.execute("SELECT count(*) FROM files").fetchone()[0])
    return 0
