"""A cluster of two workers that several tests share, with the tiny model in a home of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.tools.conftest import make_tiny_model

if TYPE_CHECKING:
    from tests.tools.cluster.clusters import Cluster


@pytest.fixture(scope="session")
def workers_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data directory of workers: with the builder's model, and yet another folder."""
    folder = tmp_path_factory.mktemp("workers")
    make_tiny_model(folder)
    return folder


@pytest.fixture(scope="module")
def pair(workers_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Return a cluster of two workers, looked after by nannies."""
    from tests.tools.cluster.clusters import cluster  # noqa: PLC0415  (needs the extra)

    with cluster(tmp_path_factory.mktemp("pair")) as opened:
        for _ in range(2):
            opened.work(SOUNDALIKE_HOME=str(workers_home))
        opened.await_workers()
        yield opened


@pytest.fixture
def lonely(tmp_path: Path) -> Iterator[Cluster]:
    """Return a scheduler without workers."""
    from tests.tools.cluster.clusters import cluster  # noqa: PLC0415  (needs the extra)

    folder = tmp_path / "cluster"
    folder.mkdir()
    with cluster(folder) as opened:
        yield opened
