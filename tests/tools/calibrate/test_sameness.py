"""Thresholds lie above the nearest stranger, and cuts of real files are recognised."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.ffmpeg import find_ffmpeg
from models.types import Sameness
from tests.index.making import make_track
from tests.tools.conftest import Cli, only_json, write_piece
from tools.calibrate.cuts import Cut
from tools.calibrate.duplicates import Alike
from tools.calibrate.strangers import (
    FalseAlarms,
    Strangers,
    count_false_alarms,
    thresholds,
    twin_pairs,
)
from tools.evaluate.sources import Heard, Item, Material
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
def tracks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of twelve pieces of different pitches, one of them too short to be cut."""
    monkeypatch.setattr("tools.calibrate.cuts.MOST_CUTS", 1)
    for number in range(11):
        write_piece(tmp_path / "m" / f"{number}.flac", 90 * 1.42**number, number, seconds=19)
    write_piece(tmp_path / "m" / "short.flac", 700, 77, seconds=6)
    return tmp_path / "m"


@pytest.fixture
def uncoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hear the cuts as they are alone, which is quicker."""
    monkeypatch.setattr("tools.calibrate.cuts._WAYS", {"as they are": None})


def cut_of(track: int, strangers: dict[int, float]) -> Cut:
    return Cut(track, "as they are", 10.0, False, 1.0, tuple(strangers.items()), True)


def test_the_nearest_strangers_are_those_of_nearly_all_tracks() -> None:
    cuts = [cut_of(n, {n + 1: 0.5, n + 2: 0.3}) for n in range(300)]
    # A recording that is here twice, in versions that differ.
    cuts += [cut_of(300, {301: 1.0, 5: 0.6}), cut_of(301, {300: 1.0, 5: 0.5})]
    twins = [Alike(n, n + 1, 0.2) for n in range(300)] + [Alike(300, 301, 0.99)]
    strangers = Strangers(tuple(cuts), tuple(twins), frozenset())
    assert strangers.levels() == Sameness(0.5, 0.5, pytest.approx(0.2))
    few = Strangers(tuple(cuts[-20:]), tuple(twins[-20:]), frozenset())
    assert few.levels().short > 0.9
    known = Strangers(tuple(cuts[-20:]), tuple(twins[-20:]), frozenset({frozenset({300, 301})}))
    assert known.levels().short == pytest.approx(0.5, abs=0.09)
    assert known.levels().twin == pytest.approx(0.2)


def test_false_alarms_are_of_tracks_that_were_not_fitted_on() -> None:
    cuts = [cut_of(n, {(n + 7) % 20: 0.5}) for n in range(20)]
    twins = [Alike(n, n + 1, 0.2) for n in range(19)]
    calm = Strangers(tuple(cuts), tuple(twins), frozenset())
    assert count_false_alarms(calm) == FalseAlarms(0, 20, 0, 19)
    # The only ones that are so alike: whichever of them is held out, the other one is too.
    cuts[3], cuts[4] = cut_of(3, {4: 0.9}), cut_of(4, {3: 0.9})
    twins[3] = Alike(3, 4, 0.95)
    odd = Strangers(tuple(cuts), tuple(twins), frozenset())
    assert thresholds(odd.levels()).short > 0.9
    assert count_false_alarms(odd) == FalseAlarms(2, 20, 1, 19)


def material_of(seconds: list[float], vectors: list[list[float]]) -> Material:
    made = [make_track(f"t{n}", vectors[n], seconds=seconds[n]) for n in range(len(seconds))]
    items = tuple(Item(one.track, (), "", "") for one in made)
    return Material(items, (Heard(None, 9.6, tuple(one.windows for one in made)),))


def test_twins_are_of_one_length(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.eye(8)[[0, 1, 0, 1, 2]].tolist()
    material = material_of([60, 60.5, 99, 98.5, 61.4], vectors)
    every, notes = twin_pairs(material)
    assert len(every) == 10
    assert max(pair.likeness for pair in every) == pytest.approx(1)
    assert "only 3 pairs of one length" in notes[0]
    monkeypatch.setattr("tools.calibrate.strangers.LEAST_PAIRS", 3)
    pairs, notes = twin_pairs(material)
    assert {tuple(sorted(pair.both)) for pair in pairs} == {(0, 1), (2, 3), (1, 4)}
    assert max(pair.likeness for pair in pairs) == pytest.approx(0)
    assert notes == ()


def test_tracks_for_twins_are_drawn_from_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.calibrate.strangers.MOST_TWINS", 5)
    rng = np.random.default_rng(1)
    material = material_of([60.0] * 60, rng.standard_normal((60, 8)).tolist())
    pairs, _ = twin_pairs(material)
    drawn = {pair.one for pair in pairs}
    assert len(drawn) == 5
    assert max(drawn) >= 10
    assert len(pairs) == len({pair.both for pair in pairs}) == 5 * 59 - 10
    assert twin_pairs(material)[0] == pairs


@pytest.mark.usefixtures("uncoded")
def test_a_recording_that_is_here_twice_is_no_stranger(
    tiny_model: Path, tracks: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound, rate = soundfile.read(tracks / "4.flac")
    soundfile.write(tracks / "again.ogg", 0.7 * sound[rate // 3 :], rate)
    asked = ("model", "calibrate", "tiny", "--same", tracks, "--json")
    told = only_json(cli(*asked)[1])["same"]
    (pair,) = told["duplicates"]
    assert {Path(path).name for path in pair} == {"4.flac", "again.ogg"}
    monkeypatch.setattr("tools.calibrate.sameness.find_duplicates", lambda *_: frozenset())
    fooled = only_json(cli(*asked)[1])["same"]
    assert "Strangers here come as near" in fooled["notes"][-1]
    for name in ("long", "short", "twin"):
        assert told["strangers"][name] < fooled["strangers"][name]


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


@pytest.mark.usefixtures("uncoded")
def test_the_thresholds_are_on_the_card_and_used(
    tiny_model: Path, tracks: Path, tmp_path: Path, cli: Cli
) -> None:
    card = tiny_model / "tiny.toml"
    card.write_text(f"# What people wrote here.\n{card.read_text()}")
    status, out, _ = cli("model", "calibrate", "tiny", "--same", tracks, "--out", card)
    assert status == 0
    assert "nearest strangers" in out
    assert "False alarms, of tracks held out:" in out
    text = card.read_text()
    assert text.startswith("# What people wrote here.\n")
    assert "11 tracks among 12" in text
    assert "of 22 cuts whose own track is not there" in text
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


@pytest.mark.usefixtures("uncoded")
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
