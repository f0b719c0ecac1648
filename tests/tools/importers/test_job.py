"""The import job beside builds that were stopped: what it publishes, and what it leaves to them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from index.builder import IndexBuilder
from index.generations import generations
from index.opened import open_index
from index.origin import Origin
from models.types import EmbeddedTrack
from tests.index.making import STAMP, random_track
from tools.importers.job import Entry, Imported, NothingChosenError, Unwanted, import_entries
from tools.screen import Screen

ORIGIN = Origin(STAMP, 9.6, 4.8)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def directory(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Return the index of a folder."""
    with IndexBuilder(tmp_path / "index", STAMP) as builder:
        builder.add(random_track("old", rng), "/music/old", 1, 1)
        builder.sources = ("/music",)
        builder.publish()
    return tmp_path / "index"


@pytest.fixture
def entries(rng: np.random.Generator) -> list[Entry]:
    tracks = [random_track(f"entry{n}", rng) for n in range(3)]
    return [
        Entry(f"https://example.org/{one.track.id}", b"as it was", one.track, partial(_give, one))
        for one in tracks
    ]


def _give(embedded: EmbeddedTrack) -> EmbeddedTrack:
    return embedded


def imported(directory: Path, entries: Iterable[Entry | Unwanted]) -> Imported:
    screen = Screen(as_json=True)
    return import_entries(entries, directory, ORIGIN, keep=1, screen=screen, damaged=[])


def stop_after(entries: Iterable[Entry]) -> Iterable[Entry]:
    """Yield entries, and be stopped."""
    yield from entries
    raise KeyboardInterrupt


def paths(directory: Path) -> list[str]:
    with open_index(directory) as index:
        return [path for path, _ in index.files()]


def test_what_a_stopped_build_heard_is_not_published_by_an_import(
    directory: Path,
    entries: list[Entry],
    rng: np.random.Generator,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with IndexBuilder(directory, STAMP) as builder:
        builder.add(random_track("late", rng), "/other/late", 1, 1)
    done = imported(directory, entries[:1])
    assert (done.added, done.manifest.tracks, done.manifest.sources) == (1, 2, ("/music",))
    assert paths(directory) == ["/music/old", entries[0].source]
    assert "left 1 file of other sources, such as /other/late. " in capsys.readouterr().err
    with IndexBuilder(directory, STAMP) as builder:
        assert builder.done("/other/late", 1, 1)
        assert builder.publish().tracks == 3


def test_an_import_that_was_stopped_is_carried_on_past_a_build_of_folders(
    directory: Path, entries: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.importers.job._BATCH", 1)
    with pytest.raises(KeyboardInterrupt):
        imported(directory, stop_after(entries[:2]))
    with IndexBuilder(directory, STAMP) as builder:
        assert len(builder.set_aside(["/music"])) == 2
        assert builder.publish().tracks == 1
    # One of them is not chosen any more: it goes, rather than wait.
    done = imported(directory, [entries[0], Unwanted(entries[1].source), entries[2]])
    assert (done.kept, done.added, done.gone) == (1, 1, 1)
    assert paths(directory) == ["/music/old", entries[0].source, entries[2].source]
    assert not (directory / ".building").exists()


def test_an_import_of_nothing_publishes_nothing_else(
    tmp_path: Path, entries: list[Entry], rng: np.random.Generator
) -> None:
    directory = tmp_path / "index"
    with IndexBuilder(directory, STAMP) as builder:
        builder.add(random_track("late", rng), "/other/late", 1, 1)
    with pytest.raises(NothingChosenError):
        imported(directory, [Unwanted(entries[0].source)])
    assert generations(directory) == []
