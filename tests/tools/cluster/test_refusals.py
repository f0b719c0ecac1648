"""What keeps a cluster from listening is a sentence, and what was done is kept."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="needs the `cluster` extra")

from models.cards import load_card
from models.runtime import Runtime
from models.types import ListenersError
from tests.models.tiny import card_text, write_network
from tests.tools.cluster.clusters import PROJECT, Cluster, end
from tests.tools.cluster.test_building import heard_then, pieces, written
from tests.tools.conftest import Cli, only_json
from tools import hearing
from tools.cluster.listeners import ClusterListeners

pytestmark = pytest.mark.timeout(400)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("tcp://127.0.0.1:9", "No scheduler answers at tcp://127.0.0.1:9."),
        ("pigeon://post:1", "pigeon://post:1 is no address of a scheduler."),
        ("tcp://127.0.0.1:post", "tcp://127.0.0.1:post is no address of a scheduler."),
    ],
)
def test_a_scheduler_that_is_not_there_is_a_sentence(
    address: str,
    sentence: str,
    tiny_model: Path,
    music: Path,
    tmp_path: Path,
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ClusterListeners.__init__, "__kwdefaults__", hasty(2.0))
    status, _, err = cli("index", "build", music, "--out", tmp_path / "index", "--dask", address)
    assert status == 2
    assert sentence in err
    # The same folder can be built here after that.
    assert cli("index", "build", music, "--out", tmp_path / "index")[0] == 0


def test_without_the_extra_it_says_what_to_install(
    tiny_model: Path, music: Path, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "tools.cluster.listeners")
    monkeypatch.delitem(sys.modules, "tools.cluster.worker")
    arguments = ("index", "build", music, "--out", tmp_path / "index", "--dask", "tcp://here:1")
    status, _, err = cli(*arguments)
    assert status == 2
    assert "needs the package distributed" in err
    assert "`cluster` extra" in err


def test_processes_are_asked_for_here_or_there(tiny_model: Path, music: Path, cli: Cli) -> None:
    status, _, err = cli("index", "build", music, "--dask", "tcp://here:1", "--jobs", "2")
    assert status == 2
    assert "--nthreads" in err


def test_workers_that_would_hear_otherwise_are_refused(
    tiny_model: Path,
    music: Path,
    lonely: Cluster,
    workers_home: Path,
    tmp_path: Path,
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    card = load_card("tiny", tiny_model)
    with pytest.raises(ListenersError, match="has no worker"):
        ClusterListeners(lonely.address, Runtime(card, card.file), connect_s=0.5)
    arguments = ("index", "build", music, "--out", tmp_path / "index", "--dask", lonely.address)

    def refused(*options: str, **settings: str) -> str:
        worker = lonely.work("--no-nanny", *options, **settings)
        lonely.workers[:] = [worker]
        lonely.await_workers()
        status, _, err = cli(*arguments)
        end(worker)
        assert status == 2
        return err

    other = tmp_path / "other" / "models"
    other.mkdir(parents=True)
    write_network(other / "tiny.onnx")
    (other / "tiny.toml").write_text(card_text(other / "tiny.onnx"))
    err = refused(SOUNDALIKE_HOME=str(other.parent))
    assert "The worker tcp://127.0.0.1:" in err
    assert "its model tiny is not the one that builds, in version or checksum." in err
    err = refused(SOUNDALIKE_HOME=str(tmp_path / "nothing"))
    assert "There is no model named 'tiny' here." in err
    (tmp_path / "soundalike-99.dist-info").mkdir()
    (tmp_path / "soundalike-99.dist-info" / "METADATA").write_text("Version: 99\n")
    newer = f"{tmp_path}:{PROJECT}"
    err = refused(SOUNDALIKE_HOME=str(workers_home), PYTHONPATH=newer)
    assert "runs Soundalike 99, and this is" in err
    (tmp_path / "hollow" / "tools").mkdir(parents=True)
    (tmp_path / "hollow" / "tools" / "__init__.py").touch()
    # Where the project is installed it would be found all the same.
    (tmp_path / "hollow" / "tools" / "cluster.py").write_text("raise ModuleNotFoundError(__name__)")
    err = refused(SOUNDALIKE_HOME=str(workers_home), PYTHONPATH=str(tmp_path / "hollow"))
    assert "has not what Soundalike needs" in err


def test_a_cluster_that_goes_away_leaves_what_was_done(
    tiny_model: Path,
    lonely: Cluster,
    workers_home: Path,
    tmp_path: Path,
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pieces(tmp_path / "music", 20)
    worker = lonely.work("--no-nanny", SOUNDALIKE_HOME=str(workers_home))
    lonely.await_workers()
    monkeypatch.setattr(ClusterListeners.__init__, "__kwdefaults__", hasty())
    arguments = ("index", "build", tmp_path / "music", "--out", tmp_path / "index")
    with monkeypatch.context() as patch:
        patch.setattr(hearing, "embed_tracks", heard_then(3, lambda: end(worker)))
        status, _, err = cli(*arguments, "--dask", lonely.address)
    assert status == 2
    assert "No worker of the cluster" in err
    assert (done := written(tmp_path / "index")) >= 3
    lonely.work("--no-nanny", SOUNDALIKE_HOME=str(workers_home))
    with monkeypatch.context() as patch:
        patch.setattr(hearing, "embed_tracks", heard_then(3, lambda: end(lonely.scheduler)))
        status, _, err = cli(*arguments, "--dask", lonely.address)
    assert status == 2
    assert f"The scheduler at {lonely.address} went away." in err
    assert (more := written(tmp_path / "index")) >= done + 3, err
    built = only_json(cli(*arguments, "--json")[1])
    assert (built["tracks"], built["kept"]) == (20, more)


def hasty(connect_s: float = 30.0) -> dict[str, float]:
    """Return the patience of listeners, made short."""
    usual = ClusterListeners.__init__.__kwdefaults__
    return {**usual, "connect_s": connect_s, "patience_s": 3.0}
