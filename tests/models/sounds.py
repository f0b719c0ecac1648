"""Sounds for tests of decoding: made, encoded, and heard."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import numpy as np
import soundfile

from models.decode import CLIP_LIMITS, Audio, DecodeLimits, decode
from models.ffmpeg import find_ffmpeg
from models.types import ClipSource, Span

RATE = 44_100


def tone(seconds: float, rate: int = RATE, hertz: float = 440.0) -> np.ndarray:
    # A rising level tells one part of the tone from another.
    t = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * hertz * t) * t / seconds).astype(np.float32)


def encoded(samples: np.ndarray, rate: int = RATE, **how: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, **{"format": "WAV", **how})
    return file.getvalue()


def hear(data: bytes | Path, span: Span | None = None, limits: DecodeLimits = CLIP_LIMITS) -> Audio:
    return decode(ClipSource(data, "clip"), sample_rate=16_000, span=span or Span(), limits=limits)


def convert(samples: np.ndarray, path: Path, *options: str) -> Path:
    """Encode with ffmpeg what soundfile does not write."""
    command = [str(find_ffmpeg()), "-v", "error", "-i", "pipe:0", *options, str(path)]
    subprocess.run(command, input=encoded(samples), check=True)
    return path
