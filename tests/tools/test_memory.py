"""A process that runs a model is measured from inside, and holds no more after many calls."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.card import ModelFile
from models.cards import load_card
from models.ready import make_ready
from models.runtime import Runtime
from models.session import kept_graph
from models.types import ModelError
from tests.models.tiny import write_network
from tools.bench.memory import measure_memory

MB = 1_000_000


@pytest.fixture
def bundled(tmp_path: Path) -> Runtime:
    card = load_card("vggish-small", tmp_path)
    return Runtime(card, card.file)


@pytest.fixture
def wide(tmp_path: Path) -> Runtime:
    """Return a model whose weights are large enough to be kept laid out, and seen in a process."""
    mix = np.random.default_rng(9).standard_normal((64, 262_144)).astype(np.float32)
    path = tmp_path / "wide.onnx"
    write_network(path, dim=mix.shape[1], mix=mix)
    data = path.read_bytes()
    file = ModelFile(path, len(data), hashlib.sha512(data).hexdigest(), "fp32")
    card = load_card("vggish-small", tmp_path)
    return Runtime(replace(card, dim=mix.shape[1], files=(file,)), file)


def test_memory_stays_flat_over_calls_of_changing_length(bundled: Runtime) -> None:
    (taken,) = measure_memory(bundled, calls=60)
    assert taken.growth <= 20 * MB
    assert 0 < taken.before < taken.rss <= taken.peak + MB
    assert taken.load_seconds > 0


def test_and_over_a_thousand_of_them(tiny_model: Path) -> None:
    card = load_card("tiny", tiny_model)
    (taken,) = measure_memory(Runtime(card, card.file), calls=1_000)
    assert taken.growth <= 20 * MB


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is shared")
def test_workers_share_the_weights_that_are_kept(wide: Runtime, tmp_path: Path) -> None:
    kept = make_ready(wide.card, tmp_path / "cache")
    assert kept_graph(kept.file, tmp_path / "cache").find()
    shared, apart = (
        [each.pss for each in measure_memory(runtime, workers=2, calls=0, warm_up=1)]
        for runtime in (kept, wide)
    )
    for with_it, without in zip(shared, apart, strict=True):
        assert with_it is not None
        assert without is not None
        assert with_it < without - wide.file.size // 4


def test_a_model_that_cannot_be_used_is_a_sentence(bundled: Runtime, tmp_path: Path) -> None:
    gone = replace(bundled.file, path=tmp_path / "gone.onnx")
    with pytest.raises(ModelError, match="not there"):
        measure_memory(replace(bundled, file=gone), calls=1)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not tell them apart")
def test_the_most_a_worker_held_is_its_own(bundled: Runtime) -> None:
    large = np.ones(800 * MB, np.uint8)
    (taken,) = measure_memory(bundled, calls=1)
    assert taken.peak < large.nbytes
