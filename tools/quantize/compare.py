"""Measures a file of a model beside the one it was made from."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Sequence

import numpy as np

from models.card import ModelCard, ModelFile
from models.embedder import OnnxEmbedder
from models.frontend import PATCH_SECONDS, SAMPLE_RATE
from models.pool import cores
from models.runtime import Runtime
from models.session import BATCH, open_session
from models.types import FloatArray, ModelError
from models.windows import pool, sounding
from tools.quantize.catalogues import Catalogue, Heard
from tools.quantize.report import TOP, Cosines, QuantisationReport, Speed
from tools.quantize.sounds import Sound
from tools.quantize.telling import Tell, silently

_TURNS = 7
_THREADS = (1, 2)
_TINY = np.finfo(np.float32).tiny


def compare(
    card: ModelCard,
    reference: ModelFile,
    candidate: ModelFile,
    sounds: Sequence[Sound],
    catalogue: Catalogue,
    tell: Tell = silently,
) -> QuantisationReport:
    """Measure what a file of a model loses and gains beside another.

    Parameters
    ----------
    card : ModelCard
    reference, candidate : ModelFile
        Two files of it; they need not be named by it yet.
    sounds : sequence of Sound
        What both embed and ask with, at least one that can be heard.
    catalogue : Catalogue
        What the sounds are looked up in.
    tell : Tell

    Raises
    ------
    ModelError
        One of the files cannot be used, or nothing can be heard.
    """
    first = _hear(card, reference, sounds, tell)
    second = _hear(card, candidate, sounds, tell)
    one, other = (np.concatenate([each.embeddings for each in heard]) for heard in (first, second))
    mean = np.array(card.mean, np.float32)
    found = zip(catalogue.nearest(first, TOP), catalogue.nearest(second, TOP), strict=True)
    tell("timing", 0, 1)
    patches = np.concatenate([sound.patches() for sound in sounds])
    speeds = tuple(
        _time(reference, candidate, np.resize(patches, (BATCH, *patches.shape[1:])), threads)
        for threads in _THREADS
        if threads <= max(cores(), 1)
    )
    tell("timing", 1, 1)
    return QuantisationReport(
        model=card.name,
        reference=reference.precision,
        candidate=candidate.precision,
        reference_bytes=reference.size,
        candidate_bytes=candidate.size,
        patches=len(one),
        cosine=_cosines(one, other),
        centred=_cosines(one - mean, other - mean),
        overlap=_overlap(found),
        asked=len(first),
        catalogue=catalogue.description,
        speeds=speeds,
    )


def _hear(card: ModelCard, file: ModelFile, sounds: Sequence[Sound], tell: Tell) -> list[Heard]:
    """Embed the sounds with a file; those that are silent are left out."""
    embedder = OnnxEmbedder(Runtime(card, file), cores())
    what = f"listening with {file.precision}"
    heard = []
    for done, sound in enumerate(sounds):
        tell(what, done, len(sounds))
        found = embedder.embed(sound.samples)
        audible = sounding(
            sound.samples,
            sample_rate=SAMPLE_RATE,
            patch_seconds=PATCH_SECONDS,
            count=len(found.timestamps),
        )
        if audible.any():
            windows = pool(found, audible, card.mean, scale=card.scale, pooling=card.pooling)
            seconds = len(sound.samples) / SAMPLE_RATE
            heard.append(Heard(sound.name, found.embeddings[audible], windows, seconds))
    tell(what, len(sounds), len(sounds))
    if not heard:
        raise ModelError("Nothing can be heard in any of the sounds.", "Name other audio.")
    return heard


def _cosines(one: FloatArray, other: FloatArray) -> Cosines:
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosines = np.einsum("nd,nd->n", one, other) / np.maximum(lengths, _TINY)
    return Cosines(float(np.median(cosines)), float(cosines.min()))


def _overlap(found: Iterable[tuple[tuple[str, ...], tuple[str, ...]]]) -> float:
    """Return the mean share of what the reference finds that the candidate finds too."""
    shares = [len(set(one) & set(other)) / len(one) for one, other in found if one]
    return statistics.fmean(shares) if shares else 0.0


def _time(reference: ModelFile, candidate: ModelFile, batch: FloatArray, threads: int) -> Speed:
    """Run two files in turn, so that what disturbs the machine disturbs both."""
    sessions = [open_session(file, threads) for file in (reference, candidate)]
    seconds: list[list[float]] = [[], []]
    for _ in range(1 + _TURNS):  # the first one warms up
        for session, times in zip(sessions, seconds, strict=True):
            began = time.perf_counter()
            session.run(None, {session.get_inputs()[0].name: batch})
            times.append(time.perf_counter() - began)
    one, other = (1000 * statistics.median(times[1:]) / len(batch) for times in seconds)
    return Speed(threads, one, other)
