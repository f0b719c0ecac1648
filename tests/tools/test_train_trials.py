"""The pieces of the test sets, the store of decoded sound, the manifest, and the card."""

import hashlib
import tomllib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import mutagen.flac
import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from models.card import check_file
from models.cards import read_card
from models.frontend import log_mel, patches
from tools.cards import toml_text
from tools.evaluate.bootstrap import Estimate
from tools.evaluate.tasks import Scores, measure_labels
from tools.install.cards import describe
from tools.train.card import HALF_NAME, NAME, VERSION, card_of_training, finish_card
from tools.train.components import Components, principal_components
from tools.train.manifest import list_made, manifest_digest, manifest_text
from tools.train.manifest import main as manifest
from tools.train.sound import SoundStore, read_sound
from tools.train.sources import Recording, list_recordings
from tools.train.trials import Trial, cut, group_of, spread_windows, training_patches
from tools.train.yardstick import ALL, Report

RATE = 16_000


def write(path: Path, seconds: float, *, channels: int = 1, rate: int = RATE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(seconds * rate)) / rate
    tone = 0.5 * np.sin(2 * np.pi * 440 * time)
    soundfile.write(path, np.stack([tone] * channels, axis=1), rate)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write(tmp_path / "music/FMA/long.wav", 75)
    write(tmp_path / "music/OpenHV/song.wav", 5)
    write(tmp_path / "philharmonia/banjo/note.wav", 2.5)
    write(tmp_path / "philharmonia/cello/low.wav", 1)
    write(tmp_path / "philharmonia/cello/high.wav", 1)
    return tmp_path


def test_windows_start_in_the_middles_of_sixths() -> None:
    rate = 100
    samples = np.arange(round(105.6 * rate), dtype=np.float32)
    windows = spread_windows(samples, rate)
    # Of the 96 s of starts there are: 16 s each.
    assert [window[0] / rate for window in windows] == [8, 24, 40, 56, 72, 88]
    assert {len(window) / rate for window in windows} == {9.62}
    assert len(spread_windows(samples[: 69 * rate], rate)) == 6
    assert spread_windows(samples[: 69 * rate - 1], rate) == ()


def test_a_window_is_ten_patches_and_shares_no_sound_with_another() -> None:
    windows = spread_windows(np.zeros(69 * RATE, np.float32), RATE)
    assert {len(patches(log_mel(window))) for window in windows} == {10}
    numbered = spread_windows(np.arange(69 * RATE, dtype=np.float32), RATE)
    assert all(one[-1] < other[0] for one, other in pairwise(numbered))


def test_music_is_cut_and_anything_else_is_a_piece_as_it_is(data: Path) -> None:
    test = [each for each in list_recordings(data) if each.test]
    pieces = {each.kind: cut(each, read_sound(each.path), RATE) for each in test}
    assert [piece.label for piece in pieces["music"]] == ["FMA/long.wav"] * 6
    (note,) = pieces["philharmonia"]
    assert (note.label, len(note.samples)) == ("banjo", 2.5 * RATE)


def test_a_trial_knows_what_belongs_together() -> None:
    trial = Trial("music", ("a", "a", "b", "b"), ("1", "2", "1", "3"))
    assert trial.clusters().tolist() == [0, 1, 0, 2]
    # One of three, and one of two where another piece is of the same recording.
    assert trial.chance()["P@1"] == pytest.approx((1 / 3 + 1 / 2) / 2)


def test_takes_of_ones_own_recording_are_no_answers() -> None:
    # The first two are takes of one recording, and nothing is as near as they are.
    trial = Trial("esc10", ("a", "a", "a", "b", "b"), ("1", "1", "2", "3", "4"))
    degrees = np.radians([0, 1, 60, 30, 31])
    unit = np.stack([np.cos(degrees), np.sin(degrees)], axis=1).astype(np.float32)
    measured = measure_labels(unit, trial.judged())
    assert measured.values[:, 0].tolist() == [0, 0, 0, 1, 1]
    # A piece of music seeks the others of its own recording.
    song = Trial("music", ("1", "1", "2", "2"), ("1", "1", "2", "2"))
    assert song.has_answers()
    assert not Trial("esc10", ("a", "a", "b"), ("1", "1", "2")).has_answers()


def test_songs_of_one_artist_belong_together(tmp_path: Path) -> None:
    def song(name: str, artist: str | None) -> str:
        path = tmp_path / "FMA" / f"{name}.flac"
        write(path, 1)
        if artist is not None:
            tags = mutagen.flac.FLAC(path)
            tags["artist"] = [artist]
            tags.save()
        return group_of(Recording(path, "music", "FMA", test=True))

    assert song("one", "Deep Purcell") == song("two", "deep purcell") != song("three", "Another")
    assert song("four", None) != song("five", None)
    trial = Trial("music", ("1", "2", "3"), ("1", "2", "3"), ("x", "y", "x"))
    assert trial.clusters().tolist() == [0, 1, 0]


def test_silence_teaches_nothing(data: Path) -> None:
    assert len(training_patches(list_recordings(data))) == 5 + 1 + 1
    path = data / "music/OpenHV/song.wav"
    sound, rate = soundfile.read(path)
    soundfile.write(path, np.concatenate([sound, np.zeros(rate * 5)]), rate)
    assert len(training_patches(list_recordings(data))) == 6 + 1 + 1  # one is half silent


def test_sound_is_the_mean_of_the_channels_at_16_khz(tmp_path: Path) -> None:
    path = tmp_path / "stereo.wav"
    soundfile.write(path, np.tile([0.5, -0.1], (44_100, 1)), 44_100, subtype="FLOAT")
    sound = read_sound(path)
    assert abs(len(sound) - RATE) <= 1
    np.testing.assert_allclose(sound[100:-100], 0.2, atol=1e-3)


def test_the_store_gives_back_what_was_decoded(data: Path, tmp_path: Path) -> None:
    taught = [each for each in list_recordings(data) if not each.test]
    SoundStore.build(tmp_path, taught, range(len(taught)))
    store = SoundStore(tmp_path)
    assert store.names == ["OpenHV/song.wav", "cello/high.wav", "cello/low.wav"]
    assert store.length(0) == 5 * RATE
    whole = read_sound(taught[0].path)
    np.testing.assert_allclose(store.read(0, 1000, 500), whole[1000:1500], atol=1e-4)
    assert len(store.read(1, RATE - 10, 500)) == 10
    song, high, low = store.groups()
    assert high == low != song


def test_components_find_the_plane_that_holds_the_data(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    plane = np.linalg.qr(rng.standard_normal((10, 2)))[0]
    spread = rng.standard_normal((500, 2)) * [3.0, 1.0]
    found = principal_components(spread @ plane.T + 7.0, 2)
    assert found.kept == pytest.approx(1.0)
    assert abs(float(found.axes[:, 0] @ plane[:, 0])) > 0.99
    projected = found.project(spread @ plane.T + 7.0)
    np.testing.assert_allclose(projected.mean(axis=0), 0, atol=1e-4)
    found.save(tmp_path / "components.npz")
    np.testing.assert_array_equal(Components.load(tmp_path / "components.npz").axes, found.axes)
    assert [path.name for path in tmp_path.glob("*.npz")] == ["components.npz"]


def test_flattening_evens_the_components_out() -> None:
    rng = np.random.default_rng(6)
    vectors = rng.standard_normal((2000, 4)) * [4.0, 2.0, 1.0, 0.001] + 3.0
    plain = principal_components(vectors, 3).project(vectors).var(axis=0)
    half = principal_components(vectors, 3, flattening=0.5).project(vectors).var(axis=0)
    white = principal_components(vectors, 3, flattening=1.0).project(vectors).var(axis=0)
    np.testing.assert_allclose(half / half[0], np.sqrt(plain / plain[0]), rtol=1e-3)
    np.testing.assert_allclose(white, white.mean(), rtol=1e-3)
    np.testing.assert_allclose([half.sum(), white.sum()], plain.sum(), rtol=1e-3)


def test_a_manifest_names_what_taught_and_only_that(data: Path, tmp_path: Path) -> None:
    write(tmp_path / "made/solo-0001.wav", 1)
    recordings = [*list_recordings(data), *list_made(tmp_path / "made")]
    text = manifest_text(recordings)
    names = [line.split("  ")[1] for line in text.splitlines()]
    assert names == [
        "made/made/solo-0001.wav",
        "music/OpenHV/song.wav",
        "philharmonia/cello/high.wav",
        "philharmonia/cello/low.wav",
    ]
    song = (data / "music/OpenHV/song.wav").read_bytes()
    assert hashlib.blake2b(song, digest_size=16).hexdigest() == text.splitlines()[1].split()[0]
    assert manifest_digest(text) == hashlib.sha256(text.encode()).hexdigest()
    assert manifest_text(reversed(recordings)) == text
    write(data / "music/OpenHV/song.wav", 5.1)
    assert manifest_digest(manifest_text(recordings)) != manifest_digest(text)


def test_the_manifest_is_written_by_a_command(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "data.txt"
    ran = CliRunner().invoke(manifest, [str(data), "--out", str(out)])
    assert ran.exit_code == 0
    assert ran.output == f"3 recordings; SHA-256 {manifest_digest(out.read_text())}\n"


def test_a_model_of_half_the_width_lives_in_a_space_of_its_own() -> None:
    whole, half = (
        card_of_training(training_data="sounds", command="python", manifest=None, name=name)
        for name in (NAME, HALF_NAME)
    )
    assert (whole["name"], half["name"]) == ("vggish-small", "vggish-small-half")
    assert whole["embedding_space"] != half["embedding_space"] == f"{HALF_NAME}-{VERSION}"


def test_the_card_reads_back_as_the_models_card(tmp_path: Path) -> None:
    files = []
    for name, precision in (("vggish_small.onnx", "fp16"), ("vggish_small_int8.onnx", "int8")):
        (tmp_path / name).write_bytes(name.encode())
        files.append(describe(tmp_path / name, precision))
    files[1] = replace(files[1], overlap=0.98)
    trial = Trial("esc10", ("a", "a"), ("1", "2"))
    values = {"P@1": 0.9, "P@5": 0.8, "MAP": 0.7004}
    scores = Scores(160, {name: Estimate(value, 0.5, 1.0) for name, value in values.items()})
    report = Report(
        trials=(trial,),
        scores={"teacher": {"esc10": scores}, "vggish-small": {"esc10": scores}},
        chance={"esc10": {"P@1": 0.1}},
        differences={},
        agreement={"vggish-small": {"esc10": 0.91, ALL: 0.95}},
    )
    known = card_of_training(training_data="sounds", command="python", manifest="ab" * 32)
    table = finish_card(
        {**known, "calibration": {"reference": "kept", "knots": [[-1, 0], [1, 1]]}},
        mean=np.linspace(-1, 1, 128),
        files=files,
        report=report,
    )
    path = tmp_path / "vggish-small.toml"
    path.write_text(toml_text(table))
    card = read_card(path, tmp_path)
    assert [check_file(file).name for file in card.files] == [file.path.name for file in files]
    assert [file.overlap for file in card.files] == [None, 0.98]
    assert (card.name, card.dim) == ("vggish-small", 128)
    assert card.space == f"vggish-small-{card.version}"
    assert card.calibration is not None
    np.testing.assert_allclose(card.mean, np.linspace(-1, 1, 128), rtol=1e-5)
    read = tomllib.loads(path.read_text())
    assert read["data_manifest_sha256"] == "ab" * 32
    assert read["evaluation"]["esc10"] == {
        "teacher": {"p1": 0.9, "p5": 0.8, "map": 0.7},
        "vggish-small": {"p1": 0.9, "p5": 0.8, "map": 0.7, "rank_agreement": 0.91},
        "chance": {"p1": 0.1},
    }
