"""Previews are cut where they should be, fade, and are of one loudness."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.preview import RATE, SECONDS, Previewer, make_excerpt, make_preview, polish
from models.types import ClipError, ClipSource

CLOCK = 22_050


@pytest.fixture
def track(tmp_path: Path) -> Path:
    """Return 30 seconds in which every second has a pitch of its own."""
    times = np.arange(30 * CLOCK) / CLOCK
    pitch = 200.0 + 100.0 * np.floor(times)
    samples = 0.05 * np.sin(2 * np.pi * np.cumsum(pitch) / CLOCK)
    path = tmp_path / "track.flac"
    soundfile.write(path, samples.astype(np.float32), CLOCK)
    return path


def heard(data: bytes) -> tuple[np.ndarray, int]:
    samples, rate = soundfile.read(io.BytesIO(data), dtype="float32")
    assert rate == RATE
    assert samples.shape[1] == 2
    return samples[:, 0], rate


def second_of(samples: np.ndarray, at: float) -> int:
    """Return which second of the track sounds at a time of the preview."""
    part = samples[int(at * RATE) : int((at + 0.2) * RATE)]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
    return round((np.argmax(spectrum) * RATE / len(part) - 200) / 100)


@pytest.mark.parametrize(("at", "start"), [(0.0, 0.0), (12.0, 12.0), (26.0, 20.0), (99.0, 0.0)])
def test_it_begins_at_its_spot_or_early_enough_to_last(
    track: Path, at: float, start: float
) -> None:
    preview = make_preview(track, at)
    samples, _ = heard(preview.data)
    assert preview.start == pytest.approx(start, abs=0.01)
    assert (preview.seconds, len(samples) / RATE) == pytest.approx((SECONDS, SECONDS), abs=0.1)
    assert second_of(samples, 3.4) == start + 3
    assert second_of(samples, 8.4) == start + 8


def test_a_short_track_is_played_whole(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.sin(np.arange(3 * CLOCK) / 9), CLOCK)
    preview = make_preview(tmp_path / "a.wav", 1.5)
    assert (preview.start, preview.seconds) == pytest.approx((0.0, 3.0), abs=0.01)


@pytest.mark.parametrize("gain", [0.005, 0.1, 1.0])
def test_loud_and_soft_come_out_alike(gain: float) -> None:
    rng = np.random.default_rng(1)
    noise = np.clip(rng.normal(size=(5 * RATE, 2)) / 4, -1, 1)
    level = polish((gain * noise).astype(np.float32))
    middle = level[RATE : 4 * RATE]
    assert 20 * np.log10(np.sqrt((middle**2).mean())) == pytest.approx(-18, abs=1)


def test_left_and_right_stay_where_they_are(tmp_path: Path) -> None:
    times = np.arange(12 * CLOCK)
    both = np.stack([np.sin(times / 9), 0.01 * np.sin(times / 5)], axis=1)
    soundfile.write(tmp_path / "a.flac", both, CLOCK)
    samples, _ = soundfile.read(io.BytesIO(make_preview(tmp_path / "a.flac", 1.0).data))
    left, right = np.sqrt((samples**2).mean(axis=0))
    assert left > 30 * right


def test_nothing_passes_full_scale_and_silence_stays() -> None:
    clicks = np.zeros((RATE, 2), np.float32)
    clicks[::4_000] = 0.9
    assert np.abs(polish(clicks)).max() <= 10 ** (-0.9 / 20)
    assert not polish(np.zeros((RATE, 2), np.float32)).any()


def test_it_fades_in_and_out() -> None:
    tone = np.sin(np.arange(2 * RATE) / 10).astype(np.float32)
    faded = np.abs(polish(np.stack([tone, tone], axis=1)))[:, 0]
    middle = faded[RATE - 4_000 : RATE].max()
    assert faded[: RATE // 500].max() < 0.4 * middle  # 2 of 20 ms
    assert faded[-RATE // 20 :].max() < 0.4 * middle  # the last 50 of 500 ms
    assert faded[RATE // 20 : RATE // 10].max() == pytest.approx(middle, rel=0.05)


async def test_it_is_made_in_a_process_of_its_own(track: Path, tmp_path: Path) -> None:
    with Previewer() as previewer:
        preview = await previewer.make(track, 12.0)
        assert second_of(heard(preview.data)[0], 3.4) == 15
        (tmp_path / "broken.mp3").write_bytes(b"no sound in here")
        with pytest.raises(ClipError):
            await previewer.make(tmp_path / "broken.mp3", 0.0)
        with pytest.raises(ClipError):
            await previewer.make(tmp_path / "missing.mp3", 0.0)


def test_what_is_kept_of_a_track_is_a_minute_and_small(tmp_path: Path) -> None:
    times = np.arange(90 * CLOCK) / CLOCK
    pitch = 200.0 + 100.0 * np.floor(times)
    sound = 0.2 * np.sin(2 * np.pi * np.cumsum(pitch) / CLOCK)
    soundfile.write(tmp_path / "long.wav", np.stack([sound, sound], axis=1), CLOCK)
    kept = make_excerpt(ClipSource(tmp_path / "long.wav", "long.wav"))
    assert len(kept) < 400_000
    samples, rate = soundfile.read(io.BytesIO(kept))
    assert samples.ndim == 1
    assert len(samples) / rate == pytest.approx(60, abs=0.1)
    # And it is what previews are cut of, wherever in the whole track they are wanted.
    preview = make_preview(kept, 30.0)
    assert second_of(heard(preview.data)[0], 3.4) == 33
    assert make_preview(kept, 80.0).start == 0


def test_of_a_short_track_all_is_kept(track: Path) -> None:
    samples, rate = soundfile.read(io.BytesIO(make_excerpt(ClipSource(track.read_bytes(), "a"))))
    assert len(samples) / rate == pytest.approx(30, abs=0.1)
    with pytest.raises(ClipError):
        make_excerpt(ClipSource(b"no sound", "a"))
