"""Test sets read from folders of real files, and the store of decoded sound."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.cards import check_file, read_card
from tools.evaluate.bootstrap import Estimate
from tools.evaluate.tasks import Scores
from tools.train.card import card_text
from tools.train.components import Components, principal_components
from tools.train.sound import SoundStore, read_sound
from tools.train.sources import list_recordings
from tools.train.trials import Report, Trial, read_trials, spread_windows, training_patches

RATE = 16_000


def write(path: Path, seconds: float, *, channels: int = 1, rate: int = RATE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(seconds * rate)) / rate
    tone = 0.5 * np.sin(2 * np.pi * 440 * time)
    soundfile.write(path, np.stack([tone] * channels, axis=1), rate)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write(tmp_path / "music/FMA/long.wav", 75)
    write(tmp_path / "music/FMA/short.wav", 20)
    write(tmp_path / "music/OpenHV/song.wav", 5)
    write(tmp_path / "esc10/001 - Dog bark/4-bark.wav", 0.3)
    write(tmp_path / "philharmonia/banjo/note.wav", 2.5)
    write(tmp_path / "philharmonia/cello/low.wav", 1)
    write(tmp_path / "philharmonia/cello/high.wav", 1)
    return tmp_path


def test_trials_hold_the_test_side_and_only_it(data: Path) -> None:
    trials = {trial.name: trial for trial in read_trials(list_recordings(data))}
    assert trials["music"].labels == ("long.wav",) * 6
    assert trials["music"].recordings == ("long.wav",) * 6
    assert trials["philharmonia"].recordings == ("note.wav",)
    assert [piece.shape for piece in trials["music"].pieces] == [(10, 96, 64)] * 6
    assert [piece.shape for piece in trials["esc10"].pieces] == [(1, 96, 64)]
    assert trials["philharmonia"].labels == ("banjo",)
    assert len(training_patches(list_recordings(data))) == 5 + 1 + 1


def test_windows_reach_from_the_first_patch_to_the_last() -> None:
    heard = np.arange(100, dtype=np.float32)[:, np.newaxis, np.newaxis] * np.ones((1, 96, 64))
    windows = spread_windows(heard.astype(np.float32))
    starts = [int(window[0, 0, 0]) for window in windows]
    assert starts == [0, 18, 36, 54, 72, 90]
    assert windows[-1][-1, 0, 0] == 99
    assert spread_windows(heard[:71].astype(np.float32)) == ()


def test_a_piece_is_the_mean_of_its_patches() -> None:
    pieces = (np.zeros((2, 96, 64), np.float32), np.ones((3, 96, 64), np.float32))
    pieces[0][1] = 4
    trial = Trial("two", pieces, ("a", "b"), ("1", "2"))
    assert trial.vectors(lambda patches: patches[:, 0, :2]).tolist() == [[2, 2], [1, 1]]


def test_a_trial_is_scored_by_centred_cosine() -> None:
    # The two kinds differ along the mean alone, which no angle from the origin shows.
    rng = np.random.default_rng(0)
    pieces = [np.zeros((1, 96, 64), np.float32) for _ in range(41)]
    for place, piece in enumerate(pieces[:-1]):
        piece[0, 0, :2] = 9.0 + 2 * (place % 2), 0.1 * rng.standard_normal()
    pieces[-1][0, 0, :2] = 10, 0  # nothing is left of it: it is ranked without a warning
    names = [str(place // 4) for place in range(41)]
    trial = Trial("two", tuple(pieces), ("low", "high") * 20 + ("none",), tuple(names))

    def embed(patches: np.ndarray) -> np.ndarray:
        return patches[:, 0, :2]

    centred = trial.score(embed, np.array([10.0, 0.0]))
    assert centred.asked == 40
    assert [centred.measures[name].value for name in ("P@1", "P@5", "MAP")] == [1, 1, 1]
    assert trial.score(embed, np.zeros(2)).measures["MAP"].value < 0.7
    assert trial.chance()["P@1"] == pytest.approx(19 / 40)


def test_pieces_of_one_recording_are_no_independent_proof() -> None:
    rng = np.random.default_rng(3)
    pieces = tuple(rng.standard_normal((40, 1, 96, 64)).astype(np.float32))
    labels, together = ("a", "b") * 20, tuple(str(place // 10) for place in range(40))
    intervals = [
        Trial("one", pieces, labels, recordings)
        .score(lambda patches: patches[:, 0], np.zeros(64))
        .measures["P@1"]
        for recordings in (together, tuple(map(str, range(40))))
    ]
    assert intervals[0].value == intervals[1].value
    assert intervals[0] != intervals[1]


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


def test_flattening_evens_the_components_out() -> None:
    rng = np.random.default_rng(6)
    vectors = rng.standard_normal((2000, 4)) * [4.0, 2.0, 1.0, 0.001] + 3.0
    plain = principal_components(vectors, 3).project(vectors).var(axis=0)
    half = principal_components(vectors, 3, flattening=0.5).project(vectors).var(axis=0)
    white = principal_components(vectors, 3, flattening=1.0).project(vectors).var(axis=0)
    np.testing.assert_allclose(half / half[0], np.sqrt(plain / plain[0]), rtol=1e-3)
    np.testing.assert_allclose(white, white.mean(), rtol=1e-3)
    np.testing.assert_allclose([half.sum(), white.sum()], plain.sum(), rtol=1e-3)


def test_the_card_reads_back_as_the_models_card(tmp_path: Path) -> None:
    model = tmp_path / "vggish_small.onnx"
    model.write_bytes(b"weights")
    values = {"P@1": 0.9, "P@5": 0.8, "MAP": 0.7}
    scores = Scores(160, {name: Estimate(value, 0.5, 1.0) for name, value in values.items()})
    chance = {"esc10": {"P@1": 0.1}}
    text = card_text(
        model,
        mean=np.linspace(-1, 1, 128),
        training_data="sounds",
        command="python -m tools.train",
        report=Report({"teacher": {"esc10": scores}, "student": {"esc10": scores}}, chance),
    )
    path = tmp_path / "vggish-small.toml"
    path.write_text(text)
    card = read_card(path, tmp_path)
    assert check_file(card.file) == model
    assert (card.name, card.space, card.dim) == ("vggish-small", "vggish-small-1", 128)
    np.testing.assert_allclose(card.mean, np.linspace(-1, 1, 128), rtol=1e-5)
    evaluation = tomllib.loads(text)["evaluation"]["esc10"]
    assert evaluation["student"] == {"p1": 0.9, "p5": 0.8, "map": 0.7}
    assert evaluation["chance"] == {"p1": 0.1}
