"""Thresholds lie above the nearest stranger, and cuts of real files are recognised."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from models.ffmpeg import find_ffmpeg
from models.types import Sameness
from tests.tools.conftest import Cli, only_json, write_piece
from tools.calibrate.sameness import thresholds
from tools.train.coded import Codec, code


def encoders_here() -> bool:
    try:
        for name, container in (("aac", "matroska"), ("libopus", "ogg")):
            code(b"", Codec(name, container, (96,), 1), 96)
    except FileNotFoundError:
        return False
    except Exception:  # noqa: BLE001  (nothing to encode)
        return find_ffmpeg() is not None
    return True


needs_ffmpeg = pytest.mark.skipif(not encoders_here(), reason="there is no ffmpeg here")


def test_a_third_of_the_way_is_margin_and_two_thirds_for_twins() -> None:
    # The nearest strangers of the model's first measurement, and the thresholds it had.
    assert thresholds(Sameness(0.9546, 0.971, 0.9512)) == Sameness(0.97, 0.981, 0.984)
    assert thresholds(Sameness(0.4, 0.7, 0.1)) == Sameness(0.6, 0.8, 0.7)
    assert thresholds(Sameness(1, 1, 1)) == Sameness(1, 1, 1)


@pytest.fixture
def tracks(tmp_path: Path) -> Path:
    """Return a folder of twelve pieces of different pitches, one of them too short to be cut."""
    for number in range(11):
        write_piece(tmp_path / "m" / f"{number}.flac", 90 * 1.42**number, number, seconds=19)
    write_piece(tmp_path / "m" / "short.flac", 700, 77, seconds=6)
    return tmp_path / "m"


@needs_ffmpeg
def test_cuts_of_a_catalogue_are_told_apart(tiny_model: Path, tracks: Path, cli: Cli) -> None:
    status, out, err = cli("model", "calibrate", "tiny", "--same", tracks, "--json")
    assert status == 0, err
    found = only_json(out)
    same = found["same"]
    assert found["calibration"] is None
    assert (same["tracks"], same["catalogue"]) == (11, 12)
    kinds = [(each["way"], each["seconds"], each["cuts"]) for each in same["recognised"]]
    ways = ("as they are", "through AAC at 96 kbit/s", "through Opus at 32 kbit/s")
    assert sorted(kinds) == sorted((way, seconds, 11) for way in ways for seconds in (10, 15))
    for name, margin in (("long", 1 / 3), ("short", 1 / 3), ("twin", 2 / 3)):
        stranger = same["strangers"][name]
        assert stranger < same[name] < 1
        assert same[name] == pytest.approx(stranger + margin * (1 - stranger), abs=6e-4)
    assert same["strangers"]["short"] >= same["strangers"]["long"]
    plain = [each for each in same["recognised"] if each["way"] == "as they are"]
    assert [each["first"] for each in plain] == [1, 1]
    assert all(each["twins"] is None for each in plain)


@needs_ffmpeg
def test_the_thresholds_are_on_the_card_and_used(
    tiny_model: Path, tracks: Path, tmp_path: Path, cli: Cli
) -> None:
    card = tiny_model / "tiny.toml"
    card.write_text(f"# What people wrote here.\n{card.read_text()}")
    status, out, _ = cli("model", "calibrate", "tiny", "--same", tracks, "--out", card)
    assert status == 0
    assert "nearest stranger" in out
    text = card.read_text()
    assert text.startswith("# What people wrote here.\n")
    assert "11 tracks among 12" in text
    cli("index", "build", tracks, "--out", tmp_path / "index")
    sound, rate = soundfile.read(tracks / "4.flac")
    soundfile.write(tmp_path / "cut.wav", sound[3 * rate + 77 : 13 * rate], rate)
    asked = ("ask", tmp_path / "cut.wav", "--index", tmp_path / "index")
    assert only_json(cli(*asked, "--json")[1])["is"]["title"] == "4"
    card.write_text(f"{text.split('[same]')[0]}[same]\nlong = 1\nshort = 1\ntwin = 1\n")
    assert only_json(cli(*asked, "--json")[1])["is"] is None


def test_too_few_tracks_are_a_sentence(tiny_model: Path, music: Path, cli: Cli) -> None:
    (music / "Low" / "broken.mp3").write_bytes(b"no sound at all" * 50)
    status, out, _ = cli("model", "calibrate", "tiny", "--same", music / "Low", "--json")
    found = only_json(out)
    assert status == 2
    assert "too few" in found["error"]
    assert len(found["left_out"]) == 1


def test_without_an_encoder_there_is_a_sentence(
    tiny_model: Path, tracks: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.train.coded.find_ffmpeg", lambda: None)
    status, out, _ = cli("model", "calibrate", "tiny", "--same", tracks, "--json")
    assert status == 2
    assert "ffmpeg" in only_json(out)["fix"]


def test_a_file_that_is_gone_is_left_out(
    tiny_model: Path, tracks: Path, tmp_path: Path, cli: Cli
) -> None:
    cli("index", "build", tracks, "--out", tmp_path / "index")
    (tracks / "3.flac").unlink()
    (tracks / "5.flac").write_bytes(b"no sound at all" * 50)
    status, out, _ = cli("model", "calibrate", "tiny", "--same", tmp_path / "index", "--json")
    found = only_json(out)
    assert status == 2
    assert {Path(file["path"]).name for file in found["left_out"]} == {"3.flac", "5.flac"}
    assert "too few" in found["error"]
