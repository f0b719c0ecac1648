"""Labels, artists and albums as folders, tags and indexes tell them."""

from __future__ import annotations

import shutil
from pathlib import Path

import mutagen
import pytest

from models.runtime import Runtime
from tests.tools.conftest import write_piece
from tools.compose import runtime_of
from tools.evaluate.sources import (
    EvaluationError,
    Material,
    folder_labels,
    is_index,
    read_folder,
    read_index,
)
from tools.screen import Screen
from tools.settings import read_settings

SCREEN = Screen(as_json=True)


def tag(path: Path, **tags: str) -> None:
    file = mutagen.File(path)
    for name, value in tags.items():
        file[name] = value
    file.save()


@pytest.fixture
def runtime(tiny_model: Path) -> Runtime:
    return runtime_of(read_settings())


def heard(folder: Path, *runtimes: Runtime, kept: Path) -> Material:
    return read_folder(folder, runtimes, kept, screen=SCREEN, jobs=1)


def by_name(material: Material) -> dict[str, tuple[tuple[str, ...], str, str]]:
    return {
        Path(item.track.path).stem: (item.labels, item.artist, item.album)
        for item in material.items
    }


@pytest.mark.parametrize("above", ["/m", "/m/GTZAN", "/m/GTZAN/genres"])
def test_the_labels_folders_are_found_wherever_they_lie(above: str) -> None:
    files = [f"{above}/{name}" for name in ("jazz/1.au", "rock/2.au", "rock/Queen/A/3.au")]
    assert list(folder_labels(files).values()) == [("jazz", ""), ("rock", ""), ("rock", "Queen")]


def test_what_lies_beside_them_has_no_label() -> None:
    files = ["/m/jazz/1.au", "/m/rock/2.au", "/m/3.au"]
    assert folder_labels(files)["/m/3.au"] == ("", "")
    assert folder_labels([]) == {}


def test_a_folder_of_labels(runtime: Runtime, music: Path, tmp_path: Path) -> None:
    write_piece(music / "Low" / "Somebody" / "deep.flac", 90, seed=90)
    tag(music / "Low" / "Low Band - Take 1.flac", artist="Low Band", album="Low")
    tag(music / "Low" / "Low Band - Take 2.flac", artist="Low Band", album="Deeper")
    (music / "High" / "broken.mp3").write_bytes(b"no sound at all" * 50)
    found = heard(music, runtime, kept=tmp_path / "kept")
    assert by_name(found) == {
        # A tag is a tag, if it says what the folder says too.
        "Low Band - Take 1": (("Low",), "Low Band", "Low"),
        "Low Band - Take 2": (("Low",), "Low Band", "Deeper"),
        "deep": (("Low",), "Somebody", ""),
        # What was guessed from a file's name is not known.
        "Middle Band - Take 1": (("Middle",), "", ""),
        "Middle Band - Take 2": (("Middle",), "", ""),
        "High Band - Take 1": (("High",), "", ""),
        "High Band - Take 2": (("High",), "", ""),
    }
    assert [Path(file.path).name for file in found.left_out] == ["broken.mp3"]
    assert [item.track.id for item in found.items] == sorted(item.track.id for item in found.items)
    (one,) = found.heard
    assert len(one.windows) == 7
    assert (one.stamp, one.window_seconds) == (runtime.stamp, 9.6)


def test_one_recording_under_two_labels_has_both(
    runtime: Runtime, music: Path, tmp_path: Path
) -> None:
    shutil.copy(music / "Low" / "Low Band - Take 1.flac", music / "Middle" / "zz copy.flac")
    found = heard(music, runtime, kept=tmp_path / "kept")
    assert len(found.items) == 6
    assert found.repeated == 1
    assert by_name(found)["Low Band - Take 1"][0] == ("Low", "Middle")


def test_only_what_all_models_hear_takes_part(
    runtime: Runtime, tiny_model: Path, music: Path, tmp_path: Path
) -> None:
    text = (tiny_model / "tiny.toml").read_text().replace('"tiny', '"other')
    (tiny_model / "other.toml").write_text(text)
    shutil.copy(tiny_model / "tiny.onnx", tiny_model / "other.onnx")
    other = runtime_of(read_settings(), "other")
    kept = tmp_path / "kept"
    both = heard(music, runtime, other, kept=kept)
    assert [one.stamp.model for one in both.heard] == ["tiny", "other"]
    assert len(both.items) == len(both.heard[0].windows) == len(both.heard[1].windows) == 6


def test_what_was_heard_is_not_heard_again_and_changes_are_followed(
    runtime: Runtime, music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    heard(music, runtime, kept=kept)
    shutil.rmtree(music / "High")

    def nothing(files: object, *_: object, **__: object) -> object:
        assert not list(files)
        return iter(())

    monkeypatch.setattr(
        "tools.hearing.embed_tracks", lambda files, *_, **__: (f for f in nothing(files))
    )
    again = heard(music, runtime, kept=kept)
    assert {item.labels for item in again.items} == {("Low",), ("Middle",)}


def test_a_folder_without_audio_is_a_sentence(runtime: Runtime, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(EvaluationError, match=r"There is no audio in .*none that can be heard"):
        heard(tmp_path / "none", runtime, kept=tmp_path / "kept")
    (tmp_path / "none" / "broken.mp3").write_bytes(b"no sound at all" * 50)
    with pytest.raises(EvaluationError) as caught:
        heard(tmp_path / "none", runtime, kept=tmp_path / "kept")
    assert [Path(file.path).name for file in caught.value.left_out] == ["broken.mp3"]


def test_an_index_brings_its_labels(runtime: Runtime, music: Path, tmp_path: Path) -> None:
    tag(music / "Low" / "Low Band - Take 1.flac", genre="Drone; Bass", artist="Low Band")
    heard(music, runtime, kept=tmp_path / "kept")
    (place,) = (tmp_path / "kept").iterdir()
    assert is_index(place)
    assert not is_index(music)
    found = read_index(place)
    assert by_name(found)["Low Band - Take 1"] == (("Drone", "Bass"), "Low Band", "")
    assert by_name(found)["High Band - Take 1"] == ((), "", "")
    assert found.indexed
