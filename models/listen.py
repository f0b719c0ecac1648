"""Listening: an encoded file to the vectors it is found by, in two halves that can run apart."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from models import frontend
from models.card import ModelCard
from models.decode import Audio, DecodeLimits, decode
from models.metric import project
from models.payload import track_id
from models.tags import read_tags, read_tags_of
from models.types import (
    ClipError,
    ClipHeard,
    ClipSource,
    EmbeddedClip,
    EmbeddedTrack,
    Embedder,
    FloatArray,
    PatchEmbeddings,
    Query,
    Span,
    Track,
    Windows,
)
from models.windows import WINDOW_HOP, pool, sounding

PICTURE_COLUMNS: Final = 1_200
"""The most columns of the log-mel spectrogram that comes with a clip."""

_MOSTLY = 0.5

# How much is pictured before and after a part that was asked for, as a share of it and in seconds.
_AROUND, _LEAST_AROUND_S, _MOST_AROUND_S = 0.3, 1.0, 15.0
_AROUND_TIMEOUT_S = 5.0
_TINY_S = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A clip between the two halves: decoded, not yet embedded.

    Attributes
    ----------
    name : str
    audio : Audio
        At least one patch long.
    track_id : str
    took : float
        Seconds spent so far.
    around : Audio or None
        What was asked for with a little before and after it, to be shown; None for a whole clip.
    """

    name: str
    audio: Audio
    track_id: str
    took: float
    around: Audio | None = None


def listen(
    source: ClipSource, span: Span, embedder: Embedder, card: ModelCard, limits: DecodeLimits
) -> EmbeddedClip:
    """Decode, embed and window a clip.

    Raises
    ------
    ClipError
        The clip cannot be decoded, or is silent.
    """
    return embed_clip(decode_clip(source, span, embedder.sample_rate, limits), embedder, card)


def decode_clip(source: ClipSource, span: Span, sample_rate: int, limits: DecodeLimits) -> Decoded:
    """Do the half that touches a stranger's file: decode it and take its hash.

    Raises
    ------
    ClipError
        The clip cannot be decoded.
    """
    began = time.perf_counter()
    audio = decode(source, sample_rate=sample_rate, span=span, limits=limits)
    around = None if span == Span() else _around(source, audio, limits)
    payload = track_id(source)
    return Decoded(source.name, audio, payload, time.perf_counter() - began, around)


def embed_clip(decoded: Decoded, embedder: Embedder, card: ModelCard) -> EmbeddedClip:
    """Do the half that needs the model.

    Raises
    ------
    ClipError
        The clip is silent.
    """
    began = time.perf_counter()
    audio = decoded.audio
    samples, notes = _at_least_a_patch(audio)
    patches, audible = _embed(samples, embedder, card)
    if audible.mean() < _MOSTLY:
        notes += ("More than half of it is silent: only what can be heard counts.",)
    pictured = decoded.around or audio
    heard = ClipHeard(
        name=decoded.name,
        seconds=audio.seconds,
        start=audio.start,
        end=audio.end,
        model=card.name,
        log_mel=_picture(_at_least_a_patch(pictured)[0], audio.sample_rate),
        notes=audio.notes + notes,
        pictured=(pictured.start, pictured.end) if decoded.around else None,
    )
    query = Query(
        windows=_pool(patches, audible, card),
        dense=_pool(patches, audible, card, hop=1),
        track_id=decoded.track_id,
        seconds=audio.seconds,
    )
    timing = {"decode": decoded.took, "embed": time.perf_counter() - began}
    return EmbeddedClip(heard, query, embedder.stamp, timing)


def listen_track(
    path: Path, embedder: Embedder, card: ModelCard, limits: DecodeLimits
) -> EmbeddedTrack:
    """Listen to a file of the owner's library and read its tags.

    Raises
    ------
    ClipError
        The file cannot be decoded, or is silent.
    """
    return listen_whole(ClipSource(path, path.name), embedder, card, limits)


def listen_whole(
    source: ClipSource, embedder: Embedder, card: ModelCard, limits: DecodeLimits
) -> EmbeddedTrack:
    """Listen to a track wherever it lies, as a build does, and read its tags.

    Raises
    ------
    ClipError
        The file cannot be decoded, or is silent.
    """
    audio = decode(source, sample_rate=embedder.sample_rate, span=Span(), limits=limits)
    samples, notes = _at_least_a_patch(audio)
    patches, audible = _embed(samples, embedder, card)
    track = replace(_identify(source), seconds=audio.seconds)
    return EmbeddedTrack(track, _pool(patches, audible, card), audio.notes + notes)


def identify_track(path: Path) -> Track:
    """Return what can be told of a file without decoding it: all but its length.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    return _identify(ClipSource(path, path.name))


def _identify(source: ClipSource) -> Track:
    data = source.data
    tags = read_tags_of(data, source.name) if isinstance(data, bytes) else read_tags(data)
    return Track(
        id=track_id(source),
        title=tags.title,
        artist=tags.artist,
        album=tags.album,
        artist_known=tags.artist_known,
        labels=tags.labels,
        url=tags.url,
        path="" if isinstance(data, bytes) else str(data),
    )


def _around(source: ClipSource, audio: Audio, limits: DecodeLimits) -> Audio | None:
    """Decode a part once more, with a little before and after it; None where there is no more."""
    margin = min(max(audio.seconds * _AROUND, _LEAST_AROUND_S), _MOST_AROUND_S)
    span = Span(max(0.0, audio.start - margin), audio.end + margin)
    brief = replace(limits, timeout=min(limits.timeout, _AROUND_TIMEOUT_S))
    try:
        around = decode(source, sample_rate=audio.sample_rate, span=span, limits=brief)
    except ClipError:
        return None  # an ornament: what was asked for is there
    is_wider = around.seconds > audio.seconds + _LEAST_AROUND_S / 4
    return around if is_wider and around.end >= audio.end - _TINY_S else None


def _at_least_a_patch(audio: Audio) -> tuple[FloatArray, tuple[str, ...]]:
    # In samples of the front end's rate; another rate is in proportion.
    least = math.ceil(frontend.MIN_SAMPLES * audio.sample_rate / frontend.SAMPLE_RATE)
    missing = least - len(audio.samples)
    if missing <= 0:
        return audio.samples, ()
    note = f"It is only {audio.seconds:.2g} seconds long: a full second tells more."
    return np.pad(audio.samples, (0, missing)), (note,)


def _embed(
    samples: FloatArray, embedder: Embedder, card: ModelCard
) -> tuple[PatchEmbeddings, NDArray[np.bool_]]:
    """Embed the patches and tell which can be heard, one at least."""
    patches = embedder.embed(samples)
    audible = sounding(
        samples,
        sample_rate=embedder.sample_rate,
        patch_seconds=card.patch_seconds,
        count=len(patches.timestamps),
    )
    if not audible.any():
        raise ClipError("There is only silence in it.", "Choose something that can be heard.")
    return patches, audible


def _pool(
    patches: PatchEmbeddings, audible: NDArray[np.bool_], card: ModelCard, hop: int = WINDOW_HOP
) -> Windows:
    """Pool patches into windows as the card says, and put its metric over them."""
    windows = pool(patches, audible, card.mean, scale=card.scale, pooling=card.pooling, hop=hop)
    return project(windows, card.metric) if card.metric else windows


def _picture(samples: FloatArray, sample_rate: int) -> FloatArray:
    """Return the log-mel spectrogram [columns, bands], neighbours averaged until it is narrow."""
    if sample_rate != frontend.SAMPLE_RATE:
        samples = soxr.resample(samples, sample_rate, frontend.SAMPLE_RATE)
    log_mel = frontend.log_mel(samples)
    group = math.ceil(len(log_mel) / PICTURE_COLUMNS)
    firsts = np.arange(0, len(log_mel), group)
    sums = np.add.reduceat(log_mel, firsts, axis=0)
    counts = np.diff(firsts, append=len(log_mel))
    return (sums / counts[:, np.newaxis]).astype(np.float32)
