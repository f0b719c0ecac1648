"""Pairs of windows, as they were and after a codec."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.types import SettingsError
from tools.train import coded
from tools.train.coded import CODECS, Codec, code, make_pairs
from tools.train.sources import Recording

RATE = 44_100


def strings(seconds: float, *, channels: int = 2) -> np.ndarray:
    """A chord with a different noise in each channel, [frames, channels]."""
    time = np.arange(round(seconds * RATE)) / RATE
    chord = sum(np.sin(2 * np.pi * hertz * time) for hertz in (220, 277, 330, 1760))
    noise = np.random.default_rng(4).standard_normal((len(time), channels))
    return 0.1 * np.asarray(chord)[:, np.newaxis] + 0.02 * noise


def recording(path: Path, kind: str, seconds: float, *, channels: int = 2) -> Recording:
    soundfile.write(path, strings(seconds, channels=channels), RATE)
    return Recording(path, kind, kind, test=False)


@pytest.fixture
def recordings(tmp_path: Path) -> tuple[Recording, ...]:
    return (
        recording(tmp_path / "song.flac", "music", 12),
        recording(tmp_path / "bark.ogg", "esc10", 0.4, channels=1),
    )


@pytest.fixture
def two_a_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coded, "SHARD", 2)


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.encoder)
def test_a_coded_sound_is_smaller_and_still_that_sound(codec: Codec) -> None:
    wav = io.BytesIO()
    soundfile.write(wav, strings(coded.SECONDS), RATE, format="WAV")
    data = code(wav.getvalue(), codec, min(codec.kilobits))
    assert len(data) < len(wav.getvalue()) / 5
    clean, heard = (coded._window(each, 640) for each in (wav.getvalue(), data))
    assert clean.shape == heard.shape == (10, 96, 64)
    assert 0.001 < np.abs(clean - heard).mean() < 0.7
    assert np.corrcoef(clean.mean((0, 1)), heard.mean((0, 1)))[0, 1] > 0.7


@pytest.mark.usefixtures("two_a_shard")
def test_pairs_are_alike_and_repeat_with_their_seed(
    recordings: tuple[Recording, ...], tmp_path: Path
) -> None:
    def draw(name: str, seed: int) -> np.ndarray:
        counts: list[int] = []
        pairs = make_pairs(
            recordings, tmp_path / name, count=5, seed=seed, jobs=2, advance=counts.append
        )
        assert counts == [2, 2]
        return pairs

    pairs, again, other = draw("a", 1), draw("b", 1), draw("c", 2)
    assert pairs.shape == (4, 2, 10, 96, 64)
    assert np.isfinite(pairs).all()
    np.testing.assert_array_equal(pairs, again)
    assert not np.array_equal(pairs, other)
    for clean, heard in pairs.astype(np.float32):
        assert 0 < np.abs(clean - heard).mean() < 1


@pytest.mark.usefixtures("two_a_shard")
def test_a_codec_that_will_not_take_a_sound_is_passed_over(
    recordings: tuple[Recording, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(*codecs: Codec) -> np.ndarray:
        monkeypatch.setattr(coded, "CODECS", codecs)
        folder = tmp_path / str(len(codecs))
        return make_pairs(recordings, folder, count=2, seed=1, jobs=1, advance=lambda count: None)

    unknown = Codec("no-such-codec", "ogg", (64,), 1)
    assert np.isfinite(draw(unknown, Codec("libopus", "ogg", (64,), 1))).all()
    with pytest.raises(SettingsError, match="cannot be coded"):
        draw(unknown)


@pytest.mark.usefixtures("two_a_shard")
def test_a_finished_shard_is_not_made_again(
    recordings: tuple[Recording, ...], tmp_path: Path
) -> None:
    kept = np.full((2, 2, 10, 96, 64), 7, np.float16)
    (tmp_path / "pairs").mkdir()
    np.save(tmp_path / "pairs/coded-000.npy", kept)
    pairs = make_pairs(
        recordings, tmp_path / "pairs", count=4, seed=1, jobs=1, advance=lambda count: None
    )
    np.testing.assert_array_equal(pairs[:2], kept)
    assert not (pairs[2:] == 7).all()
