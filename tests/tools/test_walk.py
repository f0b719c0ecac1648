"""Folders are walked in a steady order, once each, and nothing is skipped in silence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models.types import CatalogueError
from tools.walk import walk


def fill(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(files: list[Path], folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in files]


def test_audio_by_its_ending_sorted_and_nothing_hidden(tmp_path: Path) -> None:
    fill(tmp_path, "b/2.OGG", "b/1.mp3", "a.flac", "cover.jpg", "notes.txt", ".hidden.mp3")
    fill(tmp_path, ".git/x.wav", "b/._1.mp3", "noending")
    assert names(walk([tmp_path]).files, tmp_path) == ["a.flac", "b/1.mp3", "b/2.OGG"]


def test_each_file_once_and_named_files_whatever_their_ending(tmp_path: Path) -> None:
    fill(tmp_path, "a/1.mp3", "a/odd.data")
    sources = [tmp_path / "a" / "odd.data", tmp_path / "a", tmp_path, tmp_path / "a" / "1.mp3"]
    assert names(walk(sources).files, tmp_path) == ["a/odd.data", "a/1.mp3"]


def test_loops_end_and_linked_folders_count(tmp_path: Path) -> None:
    music, elsewhere = tmp_path / "music", tmp_path / "elsewhere"
    fill(music, "1.mp3")
    fill(elsewhere, "2.mp3")
    (music / "loop").symlink_to(music)
    (music / "more").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(music)
    assert names(walk([music]).files, music) == ["1.mp3", "more/2.mp3"]


def test_pipes_are_no_files_and_links_to_nothing_are_kept_for_the_list(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    (tmp_path / "gone.mp3").symlink_to(tmp_path / "nothing")
    assert names(walk([tmp_path]).files, tmp_path) == ["gone.mp3"]


def test_a_source_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"nothing at .*absent"):
        walk([tmp_path / "absent"])


def test_a_folder_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Permissions mean nothing to root, who runs many a container: the system's answer is staged.
    fill(tmp_path, "open/1.mp3", "shut/2.mp3")
    scandir = os.scandir

    def guarded(path: str) -> object:
        if Path(path).name == "shut":
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    found = walk([tmp_path])
    assert names(found.files, tmp_path) == ["open/1.mp3"]
    assert {path.name: str(error) for path, error in found.closed.items()} == {
        "shut": "The folder cannot be read. Mend its permissions, or leave it out."
    }


def test_one_spelling_for_every_way_to_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, "music/sub/1.mp3", "music/2.mp3")
    music = tmp_path / "music"
    monkeypatch.chdir(music / "sub")
    for sources in (
        [Path()],
        [music / "sub" / ".." / "sub"],
        [Path(), Path("../sub/1.mp3"), Path("./1.mp3")],
    ):
        assert walk(sources).files == [music / "sub" / "1.mp3"]
    found = walk([Path("..")])
    assert (found.sources, found.files) == ([music], [music / "2.mp3", music / "sub" / "1.mp3"])


def test_links_are_named_as_the_person_knows_them(tmp_path: Path) -> None:
    fill(tmp_path, "disk/deep/1.mp3", "disk/2.mp3", "2.mp3")
    (tmp_path / "link").symlink_to(tmp_path / "disk" / "deep")
    assert walk([tmp_path / "link"]).files == [tmp_path / "link" / "1.mp3"]
    # Beyond a link, `..` is where the system says it is, not what the words say.
    assert walk([tmp_path / "link" / ".." / "2.mp3"]).files == [tmp_path / "disk" / "2.mp3"]


def test_sources_without_audio_are_told(tmp_path: Path) -> None:
    fill(tmp_path, "full/sub/1.mp3", "bare/notes.txt", "one.mp3")
    full, bare = tmp_path / "full", tmp_path / "bare"
    sub = full / "sub"
    (tmp_path / "link").symlink_to(full)
    for sources in ([full], [sub, full], [full, sub], [full, tmp_path / "link"]):
        assert walk(sources).empty == []
    assert walk([bare, full, tmp_path / "one.mp3"]).empty == [bare]
    assert walk([bare, tmp_path]).empty == [bare]


def test_one_bad_entry_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, "fine/1.mp3", "listed/2.mp3", "listed/below/3.mp3", "vanishes/4.mp3")
    (tmp_path / "long.mp3").symlink_to("x" * 300)
    stat = Path.stat

    def guarded(path: Path, **options: bool) -> os.stat_result:
        # A folder of mode 444: its names can be read, and nothing may be known of them.
        if path.parent.name == "listed":
            raise PermissionError(13, "Permission denied", str(path))
        if path.name == "vanishes":
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", guarded)
    found = walk([tmp_path])
    assert names(found.files, tmp_path) == ["long.mp3", "fine/1.mp3", "listed/2.mp3"]
    assert sorted(path.name for path in found.closed) == ["below", "vanishes"]


def test_a_source_of_a_user_who_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="nothing at"):
        walk([Path("~nobody at all/music")])
