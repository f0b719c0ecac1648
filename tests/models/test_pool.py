"""Workers hear clips, and outlive whatever a file does to them."""

from __future__ import annotations

import asyncio
import io
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from models.cards import read_card
from models.crew import Crew
from models.decode import CLIP_LIMITS, decode
from models.embedder import OnnxEmbedder
from models.listen import listen
from models.payload import track_id
from models.pool import WorkerPool, clip_timeout, decode_apart
from models.runtime import Runtime
from models.tracks import embed_tracks
from models.types import (
    ClipError,
    ClipSource,
    EmbeddedTrack,
    ModelError,
    PassingError,
    Span,
    Track,
)
from tests.models.tiny import card_text, write_network

RATE = 22_050


def noise(path: Path, seconds: float, seed: int = 0) -> Path:
    samples = np.random.default_rng(seed).normal(0, 0.1, (round(seconds * RATE), 2))
    soundfile.write(path, samples, RATE)
    return path


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    folder = tmp_path_factory.mktemp("models")
    write_network(folder / "tiny.onnx")
    (folder / "tiny.toml").write_text(card_text(folder / "tiny.onnx"))
    card = read_card(folder / "tiny.toml", folder)
    return Runtime(card, card.file)


@pytest.fixture(scope="module")
def pool(tiny: Runtime) -> Iterator[WorkerPool]:
    with WorkerPool(tiny, decoders=1, threads=1, timeout_s=3) as opened:
        yield opened


async def test_a_clip_is_heard_as_it_is_in_one_process(
    pool: WorkerPool, tiny: Runtime, tmp_path: Path
) -> None:
    clip = ClipSource(noise(tmp_path / "clip.flac", 12).read_bytes(), "clip.flac")
    heard = await pool.hear(clip, Span(1.0, 11.5))
    embedder = OnnxEmbedder(tiny, 1)
    alone = listen(clip, Span(1.0, 11.5), embedder, tiny.card, CLIP_LIMITS)
    np.testing.assert_allclose(heard.query.windows.vectors, alone.query.windows.vectors, atol=1e-6)
    assert heard.query.track_id == alone.query.track_id
    assert heard.stamp == pool.stamp
    assert (heard.heard.start, heard.heard.end) == (1.0, 11.5)
    assert set(heard.timing) >= {"decode", "embed"}


async def test_a_track_to_be_kept_is_heard_as_a_build_hears_it(
    pool: WorkerPool, tiny: Runtime, tmp_path: Path
) -> None:
    path = noise(tmp_path / "Ann - Bells.flac", 31)
    ((_, built),) = embed_tracks([path], tiny, jobs=1)
    assert isinstance(built, EmbeddedTrack)
    whole = await pool.hear_whole(ClipSource(path.read_bytes(), path.name))
    assert await pool.identify(ClipSource(path.read_bytes(), "other")) == whole.embedded.track.id
    assert whole.embedded.track == replace(built.track, path="", album="")
    np.testing.assert_array_equal(whole.embedded.windows.vectors, built.windows.vectors)
    np.testing.assert_array_equal(whole.embedded.windows.starts, built.windows.starts)
    assert whole.stamp == pool.stamp
    samples, rate = soundfile.read(io.BytesIO(whole.preview))
    assert len(samples) / rate == pytest.approx(31, abs=0.1)
    with pytest.raises(ClipError, match="no sound in the file"):
        await pool.hear_whole(ClipSource(b"ID3 nothing of the kind" * 50, "broken.mp3"))


async def test_a_broken_file_is_a_sentence_and_the_next_is_heard(
    pool: WorkerPool, tmp_path: Path
) -> None:
    with pytest.raises(ClipError, match="no sound in the file"):
        await pool.hear(ClipSource(b"ID3 nothing of the kind" * 50, "broken.mp3"), Span())
    clip = ClipSource(noise(tmp_path / "fine.wav", 2), "fine.wav")
    assert len((await pool.hear(clip, Span())).query.windows) == 1


@pytest.mark.parametrize(
    ("job", "argument", "words"),
    [
        (os._exit, 3, "process that listened died"),
        (time.sleep, 60, "took too long"),
        pytest.param(
            bytearray,
            4 << 30,
            "too much memory",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds memory"),
        ),
        (int, "no number", "went wrong while listening"),
    ],
)
async def test_whatever_a_file_does_costs_one_worker_at_most(
    pool: WorkerPool, tmp_path: Path, job: Callable[..., object], argument: object, words: str
) -> None:
    with pytest.raises(ClipError, match=words):
        await pool._run(pool._decoders, job, argument)
    clip = ClipSource(noise(tmp_path / "fine.wav", 2), "fine.wav")
    assert (await pool.hear(clip, Span())).heard.seconds == pytest.approx(2, abs=0.01)


async def test_a_clip_is_tried_again_when_its_worker_was_killed(
    pool: WorkerPool, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    once = (
        f"(p := __import__('pathlib').Path({str(mark)!r})).exists() "
        "or (p.touch(), (os := __import__('os')).kill(os.getpid(), 9))"
    )
    assert await pool._run(pool._decoders, eval, once) is True


@pytest.mark.parametrize("job", [os._exit, time.sleep])
async def test_the_file_is_not_blamed_for_the_models_worker(
    pool: WorkerPool, job: Callable[..., object]
) -> None:
    with pytest.raises(PassingError) as caught:
        await pool._run(pool._embedders, job, 60)
    assert "damaged" not in str(caught.value)
    assert "the file" not in caught.value.sentence.lower()


async def test_longer_clips_are_given_more_time(
    tiny: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit, given = Crew.submit, []

    def noting(crew: Crew, timeout_s: float, *job: Any) -> Future[Any]:
        given.append(timeout_s)
        return submit(crew, timeout_s, *job)

    monkeypatch.setattr(Crew, "submit", noting)
    clip = ClipSource(noise(tmp_path / "fine.wav", 2), "fine.wav")
    hour = replace(CLIP_LIMITS, max_seconds=3_600.0)
    with WorkerPool(tiny, limits=hour, decoders=1, threads=1) as patient:
        await patient.hear(clip, Span())
    assert given == [clip_timeout(hour)] * 2 == [210.0] * 2
    assert clip_timeout(replace(hour, timeout=300.0)) > 300.0


async def test_giving_up_on_a_clip_frees_its_worker(pool: WorkerPool, tmp_path: Path) -> None:
    waiting = asyncio.create_task(pool._run(pool._decoders, time.sleep, 2.9))
    await asyncio.sleep(0.3)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    clip = ClipSource(noise(tmp_path / "fine.wav", 2), "fine.wav")
    assert await pool.hear(clip, Span())


async def test_many_clips_at_once_are_all_heard(pool: WorkerPool, tmp_path: Path) -> None:
    sources = [
        ClipSource(noise(tmp_path / f"{n}.wav", 2 + n, seed=n), f"{n}.wav") for n in range(6)
    ]
    heard = await asyncio.gather(*(pool.hear(source, Span()) for source in sources))
    assert [round(clip.heard.seconds) for clip in heard] == [2, 3, 4, 5, 6, 7]


async def test_what_decoders_print_stays_off_the_terminal(
    pool: WorkerPool, capfd: pytest.CaptureFixture[str]
) -> None:
    await pool._run(pool._decoders, os.write, 2, b"mpg123: a complaint")
    assert capfd.readouterr().err == ""


def test_a_missing_model_is_said_at_once(tiny: Runtime, tmp_path: Path) -> None:
    tiny.file.path.rename(tmp_path / "aside")
    try:
        with pytest.raises(ModelError, match="not there"):
            WorkerPool(tiny)
    finally:
        (tmp_path / "aside").rename(tiny.file.path)


def test_tracks_are_embedded_and_the_broken_ones_named(tiny: Runtime, tmp_path: Path) -> None:
    good = [noise(tmp_path / f"good {n}.flac", 3, seed=n) for n in range(4)]
    broken = tmp_path / "broken.ogg"
    broken.write_bytes(b"OggS and nothing more")
    answers = dict(embed_tracks([*good, broken], tiny, jobs=2))
    assert set(answers) == {*good, broken}
    assert isinstance(answers[broken], ClipError)
    tracks = [answers[path] for path in good]
    assert all(isinstance(track, EmbeddedTrack) and len(track.windows) for track in tracks)
    assert len({track.track.id for track in tracks if isinstance(track, EmbeddedTrack)}) == 4


def test_what_is_known_by_its_sound_is_not_heard(tiny: Runtime, tmp_path: Path) -> None:
    known, fresh = (
        noise(tmp_path / f"{name}.flac", 3, seed=len(name)) for name in ("one", "other")
    )
    gone = tmp_path / "gone.flac"
    known_id = track_id(ClipSource(known, known.name))
    asked: list[str] = []

    def is_known(found: str) -> bool:
        asked.append(found)
        return found == known_id

    answers = dict(embed_tracks([known, fresh, gone], tiny, jobs=1, known=is_known))
    track = answers[known]
    assert isinstance(track, Track)
    assert (track.id, track.title, track.seconds, track.path) == (known_id, "one", 0.0, str(known))
    assert isinstance(answers[fresh], EmbeddedTrack)
    assert answers[fresh].track.id in asked
    assert isinstance(answers[gone], ClipError)


def test_a_track_is_tried_again_when_all_workers_went_down(
    tiny: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit, broken = Crew.submit, BrokenProcessPool()
    downfalls = {"once.flac": 1, "always.flac": 9}

    def flaky(
        crew: Crew, timeout_s: float, job: Callable[..., object], path: Path, *rest: object
    ) -> Future[object]:
        if downfalls[path.name]:
            downfalls[path.name] -= 1
            future: Future[object] = Future()
            future.set_exception(broken)
            return future
        return submit(crew, timeout_s, job, path, *rest)

    monkeypatch.setattr(Crew, "submit", flaky)
    once, always = (noise(tmp_path / name, 2) for name in downfalls)
    answers = dict(embed_tracks([once, always], tiny, jobs=1))
    assert isinstance(answers[once], EmbeddedTrack)
    assert isinstance(answers[always], ClipError)


def test_stopping_early_leaves_no_worker(tiny: Runtime, tmp_path: Path) -> None:
    asked = 0

    def paths() -> Iterator[Path]:
        nonlocal asked
        for number in range(1_000):
            asked += 1
            yield noise(tmp_path / f"{number}.wav", 2, seed=number)

    before = set(multiprocessing.active_children())
    answers = embed_tracks(paths(), tiny, jobs=1)
    next(answers)
    answers.close()
    assert asked < 10
    assert set(multiprocessing.active_children()) <= before


def test_a_clip_is_decoded_apart_as_it_is_here(tmp_path: Path) -> None:
    clip = ClipSource(noise(tmp_path / "clip.flac", 3).read_bytes(), "clip.flac")
    here = decode(clip, sample_rate=16_000, span=Span(1), limits=CLIP_LIMITS)
    apart = decode_apart(clip, sample_rate=16_000, span=Span(1))
    np.testing.assert_array_equal(apart.samples, here.samples)
    assert (apart.start, apart.end) == (here.start, here.end)


def test_a_clip_that_cannot_be_decoded_apart_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ClipError, match="no sound in the file"):
        decode_apart(ClipSource(b"no sound" * 99, "x.mp3"), sample_rate=16_000, span=Span())
    clip = ClipSource(noise(tmp_path / "clip.wav", 1), "clip.wav")
    monkeypatch.setattr("models.pool.decode", crash)
    with pytest.raises(ClipError, match="process that listened died"):
        decode_apart(clip, sample_rate=16_000, span=Span())


def crash(*_: object, **__: object) -> None:
    os.abort()
