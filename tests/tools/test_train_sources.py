"""The split: what tests must never teach."""

from pathlib import Path

import pytest

from models.types import SettingsError
from tools.train.sources import (
    Recording,
    check_sides,
    choice_key,
    describe_recordings,
    describe_training,
    list_recordings,
    origin,
)

FILES = {
    "music/FMA/046033.mp3": True,
    "music/Jamendo/song - artist.mp3": True,
    "music/OpenHV/Pink Blue.ogg": False,
    "esc10/001 - Dog bark/1-100032-A.ogg": False,
    "esc10/001 - Dog bark/3-100032-A.ogg": False,
    "esc10/001 - Dog bark/4-100032-A.ogg": True,
    "esc10/002 - Rain/5-100032-A.ogg": True,
    "philharmonia/banjo/banjo_A3.mp3": True,
    "philharmonia/bass clarinet/bass-clarinet_A3.mp3": False,
    "philharmonia/trombone/trombone_A3.mp3": True,
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    others = ["music/Jamendo/JamendoLyrics.csv", "README.md", "formats/music.mp3"]
    for name in [*FILES, *others]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_every_recording_falls_on_its_side(data: Path) -> None:
    sides = {
        recording.path.relative_to(data).as_posix(): recording.test
        for recording in list_recordings(data)
    }
    assert sides == FILES


def test_recordings_know_their_kind_and_label(data: Path) -> None:
    found = {recording.path.name: recording for recording in list_recordings(data)}
    assert found["046033.mp3"].kind == "music"
    assert found["1-100032-A.ogg"].label == "001 - Dog bark"
    assert found["bass-clarinet_A3.mp3"].label == "bass clarinet"


def test_the_real_split_has_its_known_sizes(test_data: Path) -> None:
    tests = [recording for recording in list_recordings(test_data) if recording.test]
    kinds = [recording.kind for recording in tests]
    assert kinds.count("esc10") == 160
    assert kinds.count("philharmonia") == 150
    assert kinds.count("music") == 37


def test_another_choice_of_recordings_has_another_key(data: Path) -> None:
    recordings = list_recordings(data)
    assert choice_key(recordings) == choice_key(recordings)
    assert choice_key(recordings) != choice_key(recordings[:-1])


def test_the_training_data_is_named_and_counted(data: Path) -> None:
    made = [
        Recording(data / f"{number}.flac", kind, kind, test=False)
        for kind, count in (("synthetic", 7), ("speech", 3))
        for number in range(count)
    ]
    words = describe_training([*list_recordings(data), *made])
    assert words.startswith("music: OpenHV (1); ESC-10 folds 1-3 (2 clips); ")
    assert "(1 of 1 instruments); 7 pieces" in words
    assert words.endswith("; 3 voices of espeak-ng")
    assert "FMA" not in words
    recorded = describe_recordings(list_recordings(data))
    assert words.startswith(f"{recorded}; 7 pieces")
    # Nothing is said of what could not be made.
    assert describe_training(list_recordings(data)) == recorded


def test_takes_of_one_recording_are_known_by_its_number(data: Path) -> None:
    def origin_of(kind: str, name: str) -> str:
        return origin(Recording(data / name, kind, "label", test=True))

    takes = [origin_of("esc10", f"5-215658-{take}.ogg") for take in "AB"]
    assert takes == ["5-215658"] * 2
    assert origin_of("esc10", "5-21565-A.ogg") != takes[0]
    assert origin_of("esc10", "4-dog.wav") == "label/4-dog.wav"
    assert origin_of("music", "5-215658-A.ogg") == "label/5-215658-A.ogg"


def test_a_folder_needs_both_sides(data: Path) -> None:
    recordings = list_recordings(data)
    check_sides(recordings)
    with pytest.raises(SettingsError, match="nothing to train on"):
        check_sides([each for each in recordings if each.test])
    with pytest.raises(SettingsError, match="nothing to test with"):
        check_sides([each for each in recordings if not each.test])
