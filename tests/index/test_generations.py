"""Generations follow each other; what is live is always whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import index.checksums
from index.builder import IndexBuilder
from index.generations import check_home, generations, live_generation
from index.opened import open_index
from models.types import CatalogueError, SearchOptions
from tests.index.making import STAMP, build, make_query, random_track


def names(directory: Path) -> list[str]:
    return [folder.name for folder in generations(directory)]


def test_two_older_generations_are_kept_and_leftovers_go(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    build(tmp_path, [random_track("one", rng)])
    build(tmp_path, [random_track("two", rng)])
    # As if the machine had stopped after the folder was named and before `current` was.
    shutil.copytree(tmp_path / "generation-000002", tmp_path / "generation-000003")
    assert live_generation(tmp_path).name == "generation-000002"
    build(tmp_path, [random_track("three", rng)])
    assert names(tmp_path) == ["generation-000002", "generation-000003", "generation-000004"]
    with open_index(tmp_path) as index:
        assert len(index) == 3
    with IndexBuilder(tmp_path, STAMP, keep=1) as builder:
        builder.add(random_track("four", rng), "/music/4", 1, 1)
        builder.publish()
    assert names(tmp_path) == ["generation-000004", "generation-000005"]


def test_an_opened_index_notices_a_new_generation(tmp_path: Path, rng: np.random.Generator) -> None:
    tracks = [random_track(name, rng) for name in ("one", "two", "three", "four")]
    build(tmp_path, tracks[:1])
    with open_index(tmp_path) as old:
        assert old.is_current()
        for embedded in tracks[1:]:
            build(tmp_path, [embedded])
        assert not old.is_current()
        # Its files are removed from the folder by now, and still it answers.
        assert "generation-000001" not in names(tmp_path)
        ranking = old.search(make_query(tracks[0].windows.vectors), SearchOptions())
        assert [one.track.id for one in ranking.results] == []
        assert ranking.same is not None
    with open_index(tmp_path) as new:
        assert new.is_current()
        assert len(new) == 4


def test_a_folder_that_is_swapped_or_built_from_nothing_is_noticed(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    place, other = tmp_path / "index", tmp_path / "other"
    build(place, [random_track("one", rng)])
    build(other, [random_track("two", rng)])
    with open_index(place) as old:
        assert old.is_current()
        place.rename(tmp_path / "away")
        other.rename(place)  # its generation bears the same name
        assert live_generation(place).name == old.generation
        assert not old.is_current()
    with open_index(place) as new:
        shutil.copytree(place, tmp_path / "copy")
        place.rename(other)
        (tmp_path / "copy").rename(place)
        assert new.is_current()  # other files, which say the same
        shutil.rmtree(place)
        with pytest.raises(CatalogueError, match="no index"):
            new.is_current()
        build(place, [random_track("two", rng)])
        assert not new.is_current()


def test_a_verified_generation_is_not_hashed_again(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path, [random_track("one", rng)])
    hashed = []
    file_sum = index.checksums.file_sum
    monkeypatch.setattr(
        "index.checksums.file_sum", lambda path: (hashed.append(path.name), file_sum(path))[1]
    )
    open_index(tmp_path).close()
    assert hashed == []
    vectors = live_generation(tmp_path) / "windows.f32"
    vectors.write_bytes(vectors.read_bytes())  # the same bytes at another time
    open_index(tmp_path).close()
    assert sorted(hashed) == ["catalogue.sqlite", "windows.f32", "windows.usearch"]
    open_index(tmp_path).close()
    assert len(hashed) == 3


def test_a_damaged_stamp_is_no_stamp(tmp_path: Path, rng: np.random.Generator) -> None:
    build(tmp_path, [random_track("one", rng)])
    (live_generation(tmp_path) / "verified.json").write_bytes(b"\xff{")
    open_index(tmp_path).close()


def test_the_same_tracks_give_the_same_bytes(tmp_path: Path, rng: np.random.Generator) -> None:
    tracks = [random_track(f"track {number}", rng) for number in range(30)]
    one = build(tmp_path / "one", tracks)
    other = build(tmp_path / "other", tracks[::-1])
    assert one.files == other.files


@pytest.mark.parametrize("content", ["", "../elsewhere", "generation-000009", "\x00" * 9999])
def test_current_that_names_no_generation_is_refused(
    tmp_path: Path, rng: np.random.Generator, content: str
) -> None:
    build(tmp_path, [random_track("one", rng)])
    (tmp_path / "current").write_text(content)
    with pytest.raises(CatalogueError, match="current"):
        open_index(tmp_path)


def test_a_second_builder_is_refused(tmp_path: Path, rng: np.random.Generator) -> None:
    with (
        IndexBuilder(tmp_path, STAMP),
        pytest.raises(CatalogueError, match="Another build"),
        IndexBuilder(tmp_path, STAMP),
    ):
        pass
    build(tmp_path, [random_track("one", rng)])  # the lock is free again


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "song.ogg").touch()
    with pytest.raises(CatalogueError, match="holds other files"), IndexBuilder(tmp_path, STAMP):
        pass
    with pytest.raises(CatalogueError, match="is a file"):
        check_home(tmp_path / "song.ogg")
    assert [path.name for path in tmp_path.iterdir()] == ["song.ogg"]


def refused(directory: Path) -> bool:
    before = sorted(path.name for path in directory.iterdir())
    with pytest.raises(CatalogueError, match="holds other files"), IndexBuilder(directory, STAMP):
        pass
    return sorted(path.name for path in directory.iterdir()) == before


def test_a_foreign_current_is_left_alone(tmp_path: Path) -> None:
    current = tmp_path / "current"
    current.write_text("the current state of my novel")
    assert refused(tmp_path)
    current.unlink()
    current.mkdir()
    assert refused(tmp_path)
    current.rmdir()
    (tmp_path / "generation-000001").mkdir()
    for target in ("elsewhere", "generation-000001"):
        current.symlink_to(target)
        assert refused(tmp_path)
        current.unlink()
    (tmp_path / ".lock").symlink_to(tmp_path / "elsewhere")
    assert refused(tmp_path)


def test_a_pointer_of_ours_is_known(tmp_path: Path, rng: np.random.Generator) -> None:
    for text in ("generation-000004\n", "\x00" * 20):  # the second: what a power cut can leave
        (tmp_path / "current").write_text(text)
        (tmp_path / "notes.txt").touch()
        build(tmp_path, [random_track("one", rng)])
        with open_index(tmp_path) as index:
            assert len(index) == 1


def test_what_is_written_beside_does_not_follow_a_link(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    build(tmp_path / "index", [random_track("one", rng)])
    novel = tmp_path / "novel.txt"
    novel.write_text("Once upon a time")
    (tmp_path / "index" / "current.new").symlink_to(novel)
    build(tmp_path / "index", [random_track("two", rng)])
    assert novel.read_text() == "Once upon a time"
    with open_index(tmp_path / "index") as index:
        assert len(index) == 2
