"""The front end and the network, by the patch of 0.96 s."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import soxr

from models import frontend
from models.embedder import OnnxEmbedder
from models.runtime import Runtime
from models.types import FloatArray
from tools.bench import vggish
from tools.bench.effort import Effort
from tools.bench.made_up import music
from tools.bench.measure import Report, Shown, timed
from tools.bench.naive import NaivePipeline
from tools.synth import RATE

SECONDS = 60.0
_REPEATS = 7


def reports(runtime: Runtime, effort: Effort) -> Iterator[Shown]:
    """Time the model that is set with synthesised music, then VGGish beside its peers."""
    card = runtime.card
    samples = np.asarray(soxr.resample(music(SECONDS), RATE, card.sample_rate), np.float32)
    patches = frontend.patches(frontend.log_mel(samples))
    yield _report(runtime, samples, patches)
    yield from vggish.reports(runtime, patches, effort)


def _report(runtime: Runtime, samples: FloatArray, patches: FloatArray) -> Report:
    """Time a minute of music in batches, and one call for each patch."""
    card = runtime.card
    one, two = (OnnxEmbedder(runtime, threads) for threads in (1, 2))
    naive = NaivePipeline(runtime)
    both = "front end and network, batches of 16"
    ways = (
        ("1 thread", lambda: one.embed(samples), both),
        ("2 threads", lambda: two.embed(samples), both),
        ("the front end alone", lambda: frontend.patches(frontend.log_mel(samples)), ""),
        ("one call for each patch", lambda: naive.embed_patches(patches), "network, all threads"),
    )
    return Report(
        f"{card.name} ({runtime.network.precision}), a patch of {card.patch_seconds:g} s",
        [timed(what, way, _REPEATS, note=note, per=len(patches)) for what, way, note in ways],
    )
