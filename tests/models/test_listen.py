"""A file becomes windows, a picture, notes and times; silence is refused."""

from __future__ import annotations

import io
import pickle
from dataclasses import replace
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile

from models import frontend
from models.card import ModelCard
from models.decode import CLIP_LIMITS, TRACK_LIMITS
from models.embedder import OnnxEmbedder
from models.listen import (
    PICTURE_COLUMNS,
    decode_clip,
    embed_clip,
    listen,
    listen_track,
    listen_whole,
)
from models.payload import track_id
from models.runtime import Runtime
from models.types import ClipError, ClipSource, EmbeddedClip, Span

RATE = 16_000


@pytest.fixture
def embedder(card: ModelCard) -> OnnxEmbedder:
    return OnnxEmbedder(Runtime(card, card.file), threads=1)


def chirp(seconds: float) -> np.ndarray:
    t = np.arange(round(seconds * RATE)) / RATE
    return (0.5 * np.sin(2 * np.pi * (200 + 100 * t) * t)).astype(np.float32)


def clip_of(samples: np.ndarray) -> ClipSource:
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="WAV", subtype="FLOAT")
    return ClipSource(file.getvalue(), "clip.wav")


def hear(
    samples: np.ndarray, embedder: OnnxEmbedder, card: ModelCard, span: Span | None = None
) -> EmbeddedClip:
    return listen(clip_of(samples), span or Span(), embedder, card, CLIP_LIMITS)


def test_a_clip_becomes_windows(embedder: OnnxEmbedder, card: ModelCard) -> None:
    samples = chirp(20.0)
    clip = hear(samples, embedder, card)
    embeddings = embedder.embed(samples).embeddings
    assert len(embeddings) == 20
    assert clip.query.windows.starts == pytest.approx([0.0, 4.8, 9.6])
    assert clip.query.dense.starts == pytest.approx(np.arange(11) * 0.96)
    expected = embeddings[5:15].mean(axis=0) - card.mean
    expected /= np.linalg.norm(expected)
    np.testing.assert_allclose(clip.query.windows.vectors[1], expected, atol=1e-5)
    np.testing.assert_allclose(clip.query.dense.vectors[5], expected, atol=1e-5)
    assert clip.query.track_id == track_id(clip_of(samples))
    assert clip.query.seconds == 20.0
    assert clip.stamp == embedder.stamp
    assert set(clip.timing) == {"decode", "embed"}


def test_what_was_heard_can_be_shown(embedder: OnnxEmbedder, card: ModelCard) -> None:
    samples = chirp(12.0)
    heard = hear(samples, embedder, card, Span(1.0, 11.0)).heard
    assert (heard.name, heard.model) == ("clip.wav", "tiny")
    assert (heard.start, heard.end, heard.seconds) == (1.0, 11.0, 10.0)
    assert heard.notes == ()
    assert heard.pictured == (0.0, 12.0)
    np.testing.assert_allclose(heard.log_mel, frontend.log_mel(samples), atol=1e-5)


def test_a_part_is_pictured_with_what_is_around_it(embedder: OnnxEmbedder, card: ModelCard) -> None:
    samples = chirp(30.0)
    part = hear(samples, embedder, card, Span(10.0, 15.0))
    assert part.heard.pictured == pytest.approx((8.5, 16.5))
    shown = frontend.log_mel(samples[round(8.5 * RATE) : round(16.5 * RATE)])
    np.testing.assert_allclose(part.heard.log_mel, shown, atol=1e-4)
    alone = hear(samples[10 * RATE : 15 * RATE], embedder, card)
    np.testing.assert_allclose(part.query.windows.vectors, alone.query.windows.vectors, atol=1e-4)
    assert hear(samples, embedder, card, Span(0.0, 5.0)).heard.pictured == pytest.approx((0.0, 6.5))
    assert hear(samples, embedder, card, Span(20.0)).heard.pictured == pytest.approx((17.0, 30.0))
    for whole in (Span(), Span(0.0, 30.0), Span(0.0, 99.0)):
        assert hear(samples, embedder, card, whole).heard.pictured is None


def test_a_long_picture_is_thinned(embedder: OnnxEmbedder, card: ModelCard) -> None:
    samples = chirp(25.0)
    picture = hear(samples, embedder, card).heard.log_mel
    whole = frontend.log_mel(samples)
    assert picture.shape == (len(whole) // 3 + 1, 64)
    assert len(picture) <= PICTURE_COLUMNS
    np.testing.assert_allclose(picture[100], whole[300:303].mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(picture[-1], whole[len(whole) // 3 * 3 :].mean(axis=0), atol=1e-5)


@pytest.mark.parametrize("samples", [1, 200, 400, 15_360, 15_599])
def test_a_short_clip_is_padded_and_says_so(
    samples: int, embedder: OnnxEmbedder, card: ModelCard
) -> None:
    clip = hear(np.full(samples, 0.5, np.float32), embedder, card)
    assert len(clip.query.windows) == len(clip.query.dense) == 1
    assert clip.heard.seconds == samples / RATE
    assert len(clip.heard.notes) == 1
    assert "seconds long" in clip.heard.notes[0]
    assert hear(np.full(15_600, 0.5, np.float32), embedder, card).heard.notes == ()


def test_silence_is_refused(embedder: OnnxEmbedder, card: ModelCard) -> None:
    for samples in (np.zeros(100, np.float32), np.full(5 * RATE, 1e-5, np.float32)):
        with pytest.raises(ClipError, match="only silence"):
            hear(samples, embedder, card)


def test_silence_around_a_sound_does_not_count(embedder: OnnxEmbedder, card: ModelCard) -> None:
    sound = chirp(1.92)
    alone = hear(np.concatenate([sound, np.zeros(400, np.float32)]), embedder, card)
    framed = np.concatenate([np.zeros(4 * 15_360, np.float32), sound, np.zeros(RATE, np.float32)])
    clip = hear(framed, embedder, card)
    assert clip.query.windows.starts == pytest.approx([0.0])
    np.testing.assert_allclose(clip.query.windows.vectors, alone.query.windows.vectors, atol=0.02)
    assert clip.heard.notes == ("More than half of it is silent: only what can be heard counts.",)


def test_the_two_halves_can_run_in_two_processes(embedder: OnnxEmbedder, card: ModelCard) -> None:
    source = clip_of(chirp(3.0))
    decoded = pickle.loads(pickle.dumps(decode_clip(source, Span(), RATE, CLIP_LIMITS)))
    clip = pickle.loads(pickle.dumps(embed_clip(decoded, embedder, card)))
    whole = listen(source, Span(), embedder, card, CLIP_LIMITS)
    np.testing.assert_array_equal(clip.query.windows.vectors, whole.query.windows.vectors)


def test_a_track_has_tags_and_an_identity(
    embedder: OnnxEmbedder, card: ModelCard, tmp_path: Path
) -> None:
    path = tmp_path / "Some Album" / "03 - Some One - A Title.flac"
    path.parent.mkdir()
    soundfile.write(path, chirp(12.0), RATE)
    heard = listen_track(path, embedder, card, TRACK_LIMITS)
    track = heard.track
    assert (track.title, track.artist, track.album) == ("A Title", "Some One", "Some Album")
    assert not track.artist_known
    assert (track.seconds, track.path) == (12.0, str(path))
    assert len(heard.windows) == 2
    file = mutagen.File(path)
    file["artist"], file["genre"] = "Another", "Noise"
    file.save()
    again = listen_track(path, embedder, card, TRACK_LIMITS).track
    assert again.id == track.id
    assert (again.artist, again.artist_known, again.labels) == ("Another", True, ("Noise",))


def test_a_track_without_a_place_is_heard_as_one_that_has_it(
    embedder: OnnxEmbedder, card: ModelCard, tmp_path: Path
) -> None:
    path = tmp_path / "Some One - A Title.flac"
    soundfile.write(path, chirp(12.0), RATE)
    there = listen_track(path, embedder, card, TRACK_LIMITS)
    source = ClipSource(path.read_bytes(), "..\\any/../folder/Some One - A Title.flac")
    here = listen_whole(source, embedder, card, TRACK_LIMITS)
    assert here.track == replace(there.track, path="", album="")
    np.testing.assert_array_equal(here.windows.vectors, there.windows.vectors)
    np.testing.assert_array_equal(here.windows.starts, there.windows.starts)


def test_a_silent_or_broken_track_is_refused(
    embedder: OnnxEmbedder, card: ModelCard, tmp_path: Path
) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, np.zeros(RATE), RATE)
    with pytest.raises(ClipError, match="only silence"):
        listen_track(path, embedder, card, TRACK_LIMITS)
    path.write_bytes(b"broken")
    with pytest.raises(ClipError, match="no sound"):
        listen_track(path, embedder, card, TRACK_LIMITS)
