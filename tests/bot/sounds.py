"""A small catalogue of synthesised sounds on disk, and an ear simple enough to hear them with."""

from __future__ import annotations

import asyncio
import hashlib
import io
from pathlib import Path

import numpy as np
import soundfile

from index.builder import IndexBuilder
from models.frontend import log_mel
from models.preview import make_excerpt
from models.tags import read_tags_of
from models.types import (
    ClipError,
    ClipHeard,
    ClipSource,
    EmbeddedClip,
    EmbeddedTrack,
    FloatArray,
    HeardTrack,
    ModelStamp,
    Query,
    Span,
    Track,
    Windows,
)

RATE = 16_000
KINDS = ("low", "middle", "high", "shrill")
_CENTRES = dict(zip(KINDS, (0.5, 2.2, 3.9, 5.6), strict=True))  # octaves above 125 Hz
STAMP = ModelStamp("mean-mel", "1", "mean-mel-1", 64, "a" * 128)


def sound(kind: str, seed: int, seconds: float = 6.0) -> FloatArray:
    """Synthesise noise of a kind's colour; each seed has a shade of its own within it."""
    rng = np.random.default_rng([KINDS.index(kind), seed])
    octaves = np.log2(np.fft.rfftfreq(int(seconds * RATE), 1 / RATE)[1:] / 125)  # 0 to 6
    decibels = -12 * np.abs(octaves - _CENTRES[kind])
    for wave in range(2, 6):
        decibels += 4 * np.cos(wave * octaves + rng.uniform(0, 2 * np.pi))
    phases = rng.uniform(0, 2 * np.pi, len(octaves))
    spectrum = 10 ** (decibels / 20) * np.exp(1j * phases)
    samples = np.fft.irfft(np.concatenate([[0], spectrum]))
    return (samples / np.abs(samples).max() / 2).astype(np.float32)


def wav(samples: FloatArray, form: str = "WAV") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format=form)
    return file.getvalue()


def title(kind: str, seed: int) -> str:
    return f"The {kind} one, no. {seed}"


def build_index(
    place: Path, titles: dict[str, str] | None = None, music: Path | None = None
) -> None:
    """Index three sounds of each kind; `titles` renames kinds, `music` is where files are put."""
    with IndexBuilder(place, STAMP) as builder:
        for kind in KINDS:
            for seed in range(3):
                samples = sound(kind, seed)
                name = (titles or {}).get(kind, title(kind, seed))
                path = f"{kind}/{seed}.wav"
                track = Track(
                    _id(samples),
                    name,
                    f"Artist {kind} {seed}",
                    artist_known=True,
                    seconds=6.0,
                    url=f"https://example.org/{path}",
                    path=str(music / path) if music else path,
                )
                if music:
                    (music / kind).mkdir(parents=True, exist_ok=True)
                    (music / path).write_bytes(wav(samples))
                builder.add(EmbeddedTrack(track, windows_of(samples)), path, 1, 1)
        builder.publish()


class MelEar:
    """Hears wav, flac and ogg by their mean spectrum: a listener without a model."""

    stamp = STAMP

    async def hear(self, source: ClipSource, span: Span) -> EmbeddedClip:
        return await asyncio.to_thread(self._hear, source, span)

    async def hear_whole(self, source: ClipSource) -> HeardTrack:
        clip = await self.hear(source, Span())
        assert isinstance(source.data, bytes)
        tags = read_tags_of(source.data, source.name)
        track = Track(
            clip.query.track_id,
            tags.title,
            tags.artist,
            artist_known=tags.artist_known,
            seconds=clip.heard.seconds,
            labels=tags.labels,
        )
        preview = await asyncio.to_thread(make_excerpt, source)
        return HeardTrack(EmbeddedTrack(track, clip.query.windows), STAMP, preview)

    async def identify(self, source: ClipSource) -> str:
        assert isinstance(source.data, bytes)
        try:
            return _id(soundfile.read(io.BytesIO(source.data), dtype="float32")[0])
        except soundfile.LibsndfileError:
            return hashlib.sha256(source.data).hexdigest()

    def _hear(self, source: ClipSource, span: Span) -> EmbeddedClip:
        assert isinstance(source.data, bytes)
        try:
            samples, rate = soundfile.read(io.BytesIO(source.data), dtype="float32")
        except soundfile.LibsndfileError:
            raise ClipError(f"{source.name} cannot be read as audio.", "Send another.") from None
        assert rate == RATE
        start = span.start or 0.0
        samples = samples[int(start * RATE) : None if span.end is None else int(span.end * RATE)]
        if not len(samples) or np.abs(samples).max() < 1e-4:
            raise ClipError(f"{source.name} is silent.", "Send a part with sound.")
        windows = windows_of(samples)
        seconds = len(samples) / RATE
        heard = ClipHeard(
            source.name, seconds, start, start + seconds, self.stamp.model, log_mel(samples)
        )
        return EmbeddedClip(heard, Query(windows, windows, _id(samples), seconds), self.stamp)


def windows_of(samples: FloatArray) -> Windows:
    shape = log_mel(samples).mean(axis=0)
    shape -= shape.mean()
    vector = (shape / np.linalg.norm(shape)).astype(np.float32)
    return Windows(vector[None], np.zeros(1, np.float32))


def _id(samples: FloatArray) -> str:
    return hashlib.sha256(samples.tobytes()).hexdigest()
