"""A damaged index is refused with a sentence; the process lives on."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from index.builder import IndexBuilder
from index.checksums import write_stamp
from index.generations import live_generation, read_manifest
from index.manifest import FILES, MANIFEST
from index.opened import open_index
from index.verify import describe_index, verify_index
from models.types import CatalogueError, SearchOptions
from tests.index.making import STAMP, build, make_query, random_track


@pytest.fixture
def directory(tmp_path: Path, rng: np.random.Generator) -> Path:
    build(tmp_path / "index", [random_track(f"track{n}", rng) for n in range(40)])
    return tmp_path / "index"


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def replace_with_foreign(path: Path) -> None:
    size = path.stat().st_size
    path.write_bytes((b"\x89PNG not what it was " * size)[:size])


def remove(path: Path) -> None:
    path.unlink()


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES = [truncate, empty, flip, replace_with_foreign, remove, make_folder]


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
@pytest.mark.parametrize("damage", DAMAGES)
def test_every_damage_to_every_file_is_refused(directory: Path, name: str, damage: object) -> None:
    assert verify_index(directory) == []
    damage(live_generation(directory) / name)
    with pytest.raises(CatalogueError, match="damaged") as caught:
        open_index(directory)
    assert "soundalike index build" in caught.value.fix
    problems = verify_index(directory)
    assert len(problems) == 1
    assert problems[0].endswith(".")


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_generation_is_refused(
    directory: Path, tmp_path: Path, rng: np.random.Generator, name: str
) -> None:
    build(tmp_path / "other", [random_track(f"other{n}", rng) for n in range(40)])
    shutil.copy2(live_generation(tmp_path / "other") / name, live_generation(directory) / name)
    with pytest.raises(CatalogueError, match="damaged"):
        open_index(directory)


def test_damage_under_a_forged_stamp_is_found_by_verify(directory: Path) -> None:
    """What keeps size, times and inode is not looked for at every opening: a stated limit."""
    folder = live_generation(directory)
    flip(folder / "windows.f32")
    write_stamp(folder, read_manifest(folder))
    open_index(directory).close()
    assert describe_index(directory).tracks == 40
    assert any("windows.f32" in problem for problem in verify_index(directory))


def test_an_opened_index_is_not_disturbed_by_a_new_one_in_its_place(
    directory: Path, rng: np.random.Generator
) -> None:
    with open_index(directory) as index:
        shutil.rmtree(directory)
        build(directory, [random_track("new", rng)])
        assert len(index.search(make_query(np.eye(1, 8)), SearchOptions()).results) == 10


def test_a_build_over_a_damaged_index_hears_every_track_again(
    directory: Path, rng: np.random.Generator
) -> None:
    flip(live_generation(directory) / "windows.f32")
    embedded = random_track("track0", rng)
    with IndexBuilder(directory, STAMP) as builder:
        assert "damaged" in builder.notes[0]
        assert not builder.done("/music/track0.ogg", 1000, 1)
        builder.add(embedded, "/music/track0.ogg", 1000, 1)
        builder.publish()
    with open_index(directory) as index:
        assert len(index) == 1


def test_a_build_over_a_broken_pointer_starts_anew(
    directory: Path, rng: np.random.Generator
) -> None:
    (directory / "current").write_text("generation-000077")
    build(directory, [random_track("new", rng)])
    with open_index(directory) as index:
        assert len(index) == 1
        assert index.generation == "generation-000002"
