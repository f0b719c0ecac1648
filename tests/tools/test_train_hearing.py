"""What models make of recordings: vectors and means, kept from one run to the next."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.cards import load_card
from models.types import PatchEmbeddings, SettingsError
from models.windows import pool
from tests.tools.yardstick_making import RATE, listener, tone, write, write_data
from tools.train import hearing
from tools.train.hearing import Heard, hear
from tools.train.listeners import card_listener, combined
from tools.train.sources import list_recordings
from tools.train.trials import Trial


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"))


def test_vectors_are_centred_and_what_lies_on_the_mean_is_no_error() -> None:
    trial = Trial("x", ("a", "a", "b"), ("1", "2", "3"))
    vectors = np.array([[11, 0], [12, 0], [10, 0]], np.float32)
    heard = Heard(np.array([10, 0], np.float32), {"x": vectors})
    assert heard.unit_vectors(trial).tolist() == [[1, 0], [1, 0], [0, 0]]


def test_silence_takes_part_in_one_reading(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "esc10/001 - Dog/4-half.wav"
    write(path, np.concatenate([tone(700, 2.5), np.zeros(2 * RATE)]))
    recordings = [*list_recordings(data), *list_recordings(tmp_path)]
    known = listener("b", mean=np.ones(64, np.float32))
    found = hear(recordings, [listener("a"), known], kept=tmp_path)
    sound, everything = found.heard["a"], found.with_silence["a"]
    assert everything.mean.mean() < sound.mean.mean() - 0.5  # four of eleven seconds teach silence
    assert everything.vectors["esc10"].mean() < sound.vectors["esc10"].mean() - 0.5
    np.testing.assert_array_equal(everything.vectors["music"], sound.vectors["music"])
    # A mean that ships is that of sound: with silence, every model has its own.
    assert found.heard["b"].mean.tolist() == [1] * 64
    np.testing.assert_array_equal(found.with_silence["b"].mean, everything.mean)


def test_a_silent_piece_is_heard_as_it_is(data: Path, tmp_path: Path) -> None:
    silent = tmp_path / "esc10/001 - Dog/4-silent.wav"
    write(silent, np.zeros(2 * RATE))
    recordings = [*list_recordings(data), *list_recordings(tmp_path)]
    heard = hear(recordings, [listener("a")], kept=tmp_path).heard
    assert heard["a"].vectors["esc10"] == pytest.approx(np.log(0.01))


def test_a_model_listens_once(data: Path, tmp_path: Path) -> None:
    def refuse():
        raise AssertionError("it listened again")

    recordings, done = list_recordings(data), []
    first = hear(recordings, [listener("a")], kept=tmp_path, advance=done.append)
    assert sum(done) == len(recordings)
    again = replace(listener("a"), load=refuse, mean=np.ones(64, np.float32))
    second = hear(recordings, [again], kept=tmp_path, advance=done.append)
    assert second.trials == first.trials
    assert sum(done) == 2 * len(recordings)
    one, two = first.heard["a"], second.heard["a"]
    np.testing.assert_array_equal(one.vectors["music"], two.vectors["music"])
    assert two.mean.tolist() == [1] * 64
    added, other = data / "philharmonia/flute/9.wav", data / "philharmonia/flute/1.wav"
    write(added, tone(300, 1.1))
    try:
        with pytest.raises(AssertionError, match="again"):
            hear(list_recordings(data), [again], kept=tmp_path)
    finally:
        added.unlink()
    # Another sound under the same name and of the same size is another sound.
    hear(list_recordings(data), [again], kept=tmp_path)
    size = other.stat().st_size
    write(other, tone(321, 1.1))
    assert other.stat().st_size == size
    with pytest.raises(AssertionError, match="again"):
        hear(list_recordings(data), [again], kept=tmp_path)


def test_a_slow_model_hears_a_part_of_what_taught(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = hear(list_recordings(data), [listener("a"), listener("b", every=8)], kept=tmp_path).heard
    np.testing.assert_array_equal(few["a"].mean, few["b"].mean)  # of few recordings it hears all
    monkeypatch.setattr(hearing, "LEAST_TAUGHT", 1)
    models = [listener("a"), listener("b", every=2)]
    heard = hear(list_recordings(data), models, kept=tmp_path).heard
    assert not np.allclose(heard["a"].mean, heard["b"].mean)
    np.testing.assert_array_equal(heard["a"].vectors["music"], heard["b"].vectors["music"])


def test_a_model_with_a_mean_of_its_own_need_not_hear_what_taught(
    data: Path, tmp_path: Path
) -> None:
    mean = np.ones(64, np.float32)
    found = hear(list_recordings(data), [listener("a", mean=mean, every=0)], kept=tmp_path)
    (path,) = tmp_path.rglob("*.npz")
    with np.load(path) as stored:
        assert not any(name.startswith("mean/") for name in stored)
    assert found.heard["a"].mean is found.with_silence["a"].mean is mean


def test_the_statistics_take_part_as_the_product_runs_them(data: Path, tmp_path: Path) -> None:
    card = load_card("librosa-stats", tmp_path)
    floor = card_listener(card)
    note = tone(440, 5.0).astype(np.float32)
    embeddings = floor.load()(note)
    assert embeddings.shape == (5, card.dim)
    pooled = floor.pool(embeddings)
    third = card.dim // 3
    np.testing.assert_allclose(pooled[:third], embeddings[:, :third].mean(axis=0), rtol=1e-4)
    np.testing.assert_array_equal(pooled[-third:], embeddings[:, -third:].min(axis=0))
    windows = pool(
        PatchEmbeddings(embeddings, np.zeros(5, np.float32)),
        np.ones(5, bool),
        card.mean,
        scale=card.scale,
        pooling=card.pooling,
    )
    heard = Heard(floor.mean, {"x": pooled[np.newaxis]}, floor.scale)
    unit = heard.unit_vectors(Trial("x", ("a",), ("1",)))
    np.testing.assert_allclose(unit, windows.vectors, atol=1e-5)


def test_a_piece_longer_than_a_window_is_combined_as_a_whole() -> None:
    rows = np.random.default_rng(2).standard_normal((130, 6)).astype(np.float32)
    whole = combined(rows, pooling="mean-max-min")
    np.testing.assert_array_equal(whole[2:4], rows[:, 2:4].max(axis=0))
    np.testing.assert_array_equal(whole[4:], rows[:, 4:].min(axis=0))
    np.testing.assert_allclose(whole[:2], rows[:, :2].mean(axis=0), atol=0.2)


def test_what_finds_nothing_is_said_in_a_sentence(tmp_path: Path) -> None:
    write(tmp_path / "music/OpenHV/song.wav", tone(700, 2))
    write(tmp_path / "esc10/001 - Dog/4-a.wav", tone(900, 2))
    with pytest.raises(SettingsError, match="has anything to find"):
        hear(list_recordings(tmp_path), [listener("a")], kept=tmp_path / "kept")


def test_where_all_that_taught_is_silent_its_mean_is_that_of_silence(tmp_path: Path) -> None:
    write(tmp_path / "music/OpenHV/song.wav", np.zeros(2 * RATE))
    for number in range(2):
        write(tmp_path / f"esc10/001 - Dog/4-{number}.wav", tone(900, 2))
    heard = hear(list_recordings(tmp_path), [listener("a")], kept=tmp_path / "kept").heard["a"]
    assert heard.mean == pytest.approx(np.log(0.01))
