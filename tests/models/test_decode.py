"""Any file decodes to bounded mono sound or is refused in a sentence."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from models.decode import CLIP_LIMITS, DecodeLimits
from models.types import ClipError, PassingError, Span
from tests.models.sounds import RATE, convert, encoded, hear, tone

DAMAGED = "The file is damaged: only what could be read of it was listened to."


@pytest.mark.parametrize(
    "how",
    [
        {"format": "WAV", "subtype": "PCM_16"},
        {"format": "WAV", "subtype": "FLOAT"},
        {"format": "AIFF"},
        {"format": "FLAC"},
        {"format": "OGG", "subtype": "VORBIS"},
        {"format": "MP3"},
    ],
    ids=lambda how: "-".join(how.values()),
)
def test_common_formats_decode_alike(how: dict[str, str]) -> None:
    samples = tone(2.0)
    audio = hear(encoded(samples, **how))
    expected = soxr.resample(samples, RATE, 16_000)
    assert audio.sample_rate == 16_000
    assert audio.samples.dtype == np.float32
    assert audio.seconds == pytest.approx(2.0, abs=0.06)
    assert (audio.start, audio.end) == (0.0, audio.seconds)
    assert audio.notes == ()
    error = audio.samples[1_600:30_000] - expected[1_600:30_000]
    assert np.sqrt(np.mean(error**2)) < 0.005


@pytest.mark.parametrize(
    ("ending", "options"),
    [
        ("m4a", ["-c:a", "aac", "-b:a", "192k"]),
        ("mp4", ["-c:a", "alac"]),
        ("webm", ["-c:a", "libopus", "-ar", "48000"]),
        ("mka", ["-c:a", "flac"]),
        ("wma", ["-c:a", "wmav2", "-b:a", "192k"]),
        ("aac", ["-c:a", "aac", "-b:a", "192k"]),
        ("wv", []),
    ],
)
def test_other_formats_go_through_ffmpeg(ending: str, options: list[str], tmp_path: Path) -> None:
    samples = tone(2.0)
    path = convert(samples, tmp_path / f"x.{ending}", *options)
    audio = hear(path)
    assert audio.seconds == pytest.approx(2.0, abs=0.15)
    level = np.sqrt(np.mean(audio.samples**2))
    assert level == pytest.approx(np.sqrt(np.mean(samples**2)), rel=0.03)
    np.testing.assert_array_equal(hear(path.read_bytes()).samples, audio.samples)


def test_blocks_resample_as_if_they_were_one() -> None:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, 300_001).astype(np.float32)
    audio = hear(encoded(samples, subtype="FLOAT"))
    np.testing.assert_allclose(audio.samples, soxr.resample(samples, RATE, 16_000), atol=1e-6)


@pytest.mark.parametrize("ending", ["wav", "m4a"])
def test_channels_are_averaged(ending: str, tmp_path: Path) -> None:
    left = tone(1.0)
    path = tmp_path / f"x.{ending}"
    opposite = np.stack([left, -left], axis=1)
    same = np.stack([left, left], axis=1)
    levels = []
    for samples in (opposite, same):
        path.unlink(missing_ok=True)
        if ending == "wav":
            path.write_bytes(encoded(samples))
        else:
            convert(samples, path, "-c:a", "alac")
        levels.append(np.abs(hear(path).samples).max())
    assert levels[0] < 1e-3
    assert levels[1] == pytest.approx(0.5, rel=0.02)


@pytest.mark.parametrize("name", ["x.raw", "x.txt", "x", "x.m3u8", "x.mp3", "-i x.wav"])
def test_the_content_tells_the_format_not_the_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(encoded(tone(1.0)))
    assert hear(path).seconds == 1.0
    path.unlink()
    convert(tone(1.0), path, "-c:a", "alac", "-f", "mp4")
    assert hear(path).seconds == pytest.approx(1.0, abs=0.01)


def test_mp3_blocks_follow_on_from_each_other() -> None:
    samples = tone(8.0)
    audio = hear(encoded(samples, format="MP3", subtype="MPEG_LAYER_III"))
    error = audio.samples - soxr.resample(samples, RATE, 16_000)[: len(audio.samples)]
    assert np.abs(error[1_600:-1_600]).max() < 0.02


@pytest.mark.parametrize("how", [{"format": "FLAC"}, {"format": "MP3"}, {"format": "alac"}])
def test_a_span_is_cut_out(how: dict[str, str], tmp_path: Path) -> None:
    if how["format"] == "alac":
        data = convert(tone(4.0), tmp_path / "x.m4a", "-c:a", "alac").read_bytes()
    else:
        data = encoded(tone(4.0), **how)
    whole, part = hear(data).samples, hear(data, Span(1.0, 2.5))
    assert (part.start, part.end, part.seconds) == (1.0, 2.5, 1.5)
    assert len(part.samples) == 24_000
    np.testing.assert_allclose(part.samples[50:-50], whole[16_050:39_950], atol=1e-5)
    rest = hear(data, Span(start=3.0))
    assert rest.end == pytest.approx(4.0, abs=0.06)
    assert hear(data, Span(end=99.0)).seconds == pytest.approx(4.0, abs=0.06)


@pytest.mark.parametrize(
    "how", [{"format": "MP3"}, {"format": "OGG", "subtype": "OPUS"}], ids=lambda how: how["format"]
)
def test_a_span_far_into_a_file_sounds_as_it_does_in_the_whole(how: dict[str, str]) -> None:
    data = encoded(tone(5.0, 48_000), 48_000, **how)
    whole, part = hear(data).samples, hear(data, Span(2.5, 3.5))
    np.testing.assert_allclose(part.samples[50:-50], whole[40_050:55_950], atol=1e-4)


@pytest.mark.parametrize("start", [2.0, 5.0, 1e300])
@pytest.mark.parametrize("ending", ["wav", "m4a"])
def test_a_start_beyond_the_end_tells_the_length(start: float, ending: str, tmp_path: Path) -> None:
    if ending == "wav":
        data = encoded(tone(2.0))
    else:
        data = convert(tone(2.0), tmp_path / "x.m4a", "-c:a", "alac").read_bytes()
    with pytest.raises(ClipError, match="over after 0:02, before"):
        hear(data, Span(start=start))


@pytest.mark.parametrize(
    "span", [Span(-1.0), Span(2.0, 2.0), Span(3.0, 1.0), Span(float("nan")), Span(float("inf"))]
)
def test_a_span_that_makes_no_sense_is_refused(span: Span) -> None:
    with pytest.raises(ClipError, match="must start at 0"):
        hear(encoded(tone(1.0)), span)


@pytest.mark.parametrize("seconds", [1e-6, 0.009])
def test_a_span_too_short_for_a_sound_is_refused(seconds: float) -> None:
    with pytest.raises(ClipError, match="too short to hold a sound"):
        hear(encoded(tone(2.0)), Span(1.0, 1.0 + seconds))


def test_a_length_is_told_in_minutes() -> None:
    data = encoded(np.zeros(85_500, np.float32), 1_000)
    with pytest.raises(ClipError, match=r"over after 1:25\.5, before"):
        hear(data, Span(start=3_000_000))


def test_too_little_sound_for_one_sample_is_none() -> None:
    with pytest.raises(ClipError, match="no sound in the file"):
        hear(encoded(np.ones(1, np.float32), 3_000_000))


def test_a_long_file_is_cut_and_says_so() -> None:
    data = encoded(tone(3.0))
    audio = hear(data, limits=DecodeLimits(max_seconds=2.0))
    assert audio.seconds == 2.0
    assert audio.notes == ("Only 2 seconds of the file were listened to.",)
    assert hear(data, Span(0.5, 1.0), DecodeLimits(max_seconds=2.0)).notes == ()
    assert hear(data, limits=DecodeLimits(max_seconds=3.0)).notes == ()


def test_less_is_taken_of_a_file_with_many_samples_a_second() -> None:
    data = encoded(np.zeros((2 * 192_000, 8), np.float32), 192_000)
    audio = hear(data, limits=DecodeLimits(max_seconds=1.0))
    assert audio.seconds == 0.25
    assert audio.notes == ("Only 0.2 seconds of the file were listened to.",)


@pytest.mark.parametrize("start", [0.0, 1.5])
@pytest.mark.parametrize("ending", ["wav", "m4a"])
def test_every_decoder_keeps_to_the_time(ending: str, start: float, tmp_path: Path) -> None:
    if ending == "wav":
        data = encoded(tone(2.0))
    else:
        data = convert(tone(2.0), tmp_path / "x.m4a", "-c:a", "alac").read_bytes()
    with pytest.raises(PassingError, match="longer than 0 seconds"):
        hear(data, Span(start=start), DecodeLimits(timeout=0.0))


def test_hours_of_silence_cost_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.flac"
    with soundfile.SoundFile(path, "w", 8_000, 1) as file:
        for _ in range(120):
            file.write(np.zeros(8_000 * 60, np.int16))
    assert path.stat().st_size < 1_000_000
    tracemalloc.start()
    try:
        audio = hear(path, limits=DecodeLimits(max_seconds=30.0))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert audio.seconds == 30.0
    assert peak < 16_000_000


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e38, 1e4])
def test_values_that_are_no_sound_are_refused(value: float) -> None:
    samples = np.stack([tone(1.0)] * 2, axis=1)
    samples[5_000:5_002] = value
    with pytest.raises(ClipError, match="no sound: not numbers"):
        hear(encoded(samples, subtype="FLOAT"))


@pytest.mark.parametrize(("rate", "channels"), [(500, 1), (8_000, 65)])
def test_absurd_layouts_are_refused(rate: int, channels: int) -> None:
    data = encoded(np.zeros((1_000, channels), np.float32), rate)
    with pytest.raises(ClipError, match=f"{channels} channels at {rate} Hz"):
        hear(data)


def test_what_is_not_there_or_empty_is_refused(tmp_path: Path) -> None:
    for place in (tmp_path / "absent", Path("/dev/zero")):
        with pytest.raises(PassingError, match="no such file"):  # it may come back
            hear(place)
    with pytest.raises(ClipError, match="That is a folder"):
        hear(tmp_path)
    with pytest.raises(ClipError, match="The file is empty"):
        hear(b"")
    with pytest.raises(ClipError, match="no sound in the file"):
        hear(encoded(np.zeros(0, np.float32)))
    with pytest.raises(ClipError, match=r"larger than 0\.001 MB"):
        hear(encoded(tone(1.0)), limits=DecodeLimits(max_bytes=1_000))


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("memory", [True, False])
def test_a_clip_that_cannot_be_taken_in_whole_is_refused(
    memory: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not memory:
        monkeypatch.delattr(os, "memfd_create", raising=False)
    data = encoded(tone(1.0))
    assert hear(data).seconds == 1.0
    with no_file_larger_than(20_000), pytest.raises(PassingError, match="no room"):
        hear(data)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps files in memory alone")
def test_a_clip_reaches_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    assert hear(encoded(tone(1.0))).seconds == 1.0
    alac = convert(tone(1.0), tmp_path / "x.m4a", "-c:a", "alac").read_bytes()
    assert hear(alac).seconds == pytest.approx(1.0, abs=0.01)


def test_without_a_place_for_files_a_clip_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    with pytest.raises(PassingError, match="no room"):
        hear(encoded(tone(1.0)))


@pytest.mark.parametrize("form", ["FLAC", "MP3", "OGG", "WAV"])
def test_a_truncated_file_is_heard_as_far_as_it_goes(form: str) -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 4 * RATE).astype(np.float32)
    data = encoded(noise, format=form)
    audio = hear(data[: len(data) // 2])
    assert 0.5 < audio.seconds < 3.9
    assert len(audio.samples) == pytest.approx(audio.seconds * 16_000, abs=2)


@pytest.mark.parametrize(
    ("ending", "options"),
    [
        ("m4a", ["-c:a", "aac", "-movflags", "+faststart"]),
        ("webm", ["-c:a", "libopus", "-ar", "48000"]),
        ("mka", ["-c:a", "flac"]),
        ("aac", ["-c:a", "aac"]),
        ("wma", ["-c:a", "wmav2"]),
        ("wv", []),
    ],
)
def test_damage_in_what_ffmpeg_reads_is_noted(
    ending: str, options: list[str], tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 4 * RATE).astype(np.float32)
    data = convert(noise, tmp_path / f"x.{ending}", *options).read_bytes()
    assert hear(data).notes == ()
    audio = hear(data[: len(data) // 2])
    assert 0.5 < audio.seconds < 3.9
    assert audio.notes == (DAMAGED,)
    # Nobody knows of damage where nobody listened.
    assert hear(data[: len(data) // 2], Span(end=0.4)).notes == ()
    with pytest.raises(ClipError, match=r"over after 0:0[12].*, before"):
        hear(data[: len(data) // 2], Span(start=3.95))


@pytest.mark.parametrize(
    "playlist",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{path}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{path}'\n",
        "[playlist]\nFile1={path}\nNumberOfEntries=1\n",
        "#EXTM3U\n{path}\n",
    ],
)
@pytest.mark.parametrize("name", ["song.mp3", "song.m3u8", "song.ffconcat"])
def test_playlists_do_not_lead_to_other_files(playlist: str, name: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    secret.write_bytes(encoded(tone(1.0)))
    path = tmp_path / name
    path.write_text(playlist.format(path=secret))
    for data in (path, path.read_bytes()):
        with pytest.raises(ClipError, match="no sound in the file that can be read"):
            hear(data)


@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=1, max_size=2_000))
def test_any_bytes_are_heard_or_refused(data: bytes) -> None:
    with pytest.raises(ClipError):
        hear(data)


@settings(max_examples=60, deadline=None)
@given(
    form=st.sampled_from(["WAV", "FLAC", "OGG", "MP3"]),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=20),
)
def test_damaged_files_are_heard_or_refused(form: str, edits: list[tuple[float, int]]) -> None:
    data = bytearray(encoded(tone(0.5, 8_000), 8_000, format=form))
    for where, value in edits:
        data[int(where * (len(data) - 1))] = value
    try:
        audio = hear(bytes(data))
    except ClipError:
        return
    assert np.isfinite(audio.samples).all()
    assert audio.seconds <= CLIP_LIMITS.max_seconds


def test_real_files_decode_or_are_refused(test_data: Path) -> None:
    refused = set()
    for path in sorted((test_data / "formats").rglob("*.*")):
        try:
            assert hear(path).seconds > 0.05
        except ClipError:
            refused.add(path.name)
    broken = {"empty.dsf", "unparseable.dsf", "oldape.ape", "test1_empty.wav"}
    wma = {"empty.wma", "full.wma", "image.wma", "pure.wma", "unparseable.wma"}
    assert refused == broken | wma


@pytest.mark.parametrize("ending", ["ogg", "opus", "mp3", "m4a"])
def test_the_same_recording_decodes_alike_in_every_format(ending: str, test_data: Path) -> None:
    flac = hear(test_data / "formats/music.flac").samples
    other = hear(test_data / f"formats/music.{ending}").samples
    # The codecs delay the sound by some milliseconds.
    part = flac[16_000:48_000]
    lags = np.correlate(other[15_000:49_000], part, "valid")
    best = lags.max() / (np.linalg.norm(part) ** 2)
    assert best == pytest.approx(1.0, abs=0.03)
