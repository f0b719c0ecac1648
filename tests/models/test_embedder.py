"""The embedder runs a real network on the front end's patches, batch by batch."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from models import frontend
from models.card import ModelCard
from models.cards import read_card
from models.embedder import OnnxEmbedder
from models.runtime import Runtime
from models.types import ModelError
from tests.models.tiny import card_text, write_network


def noise(samples: int) -> np.ndarray:
    return np.random.default_rng(1).uniform(-0.5, 0.5, samples).astype(np.float32)


@pytest.fixture
def embedder(card: ModelCard) -> OnnxEmbedder:
    return OnnxEmbedder(Runtime(card, card.file), threads=1)


def test_it_embeds_what_the_front_end_sees(embedder: OnnxEmbedder, card: ModelCard) -> None:
    samples = noise(40 * 15_360 + 3_000)
    result = embedder.embed(samples)
    mix = numpy_helper.to_array(onnx.load(card.file.path).graph.initializer[0])
    expected = frontend.patches(frontend.log_mel(samples)).mean(axis=1) @ mix
    np.testing.assert_allclose(result.embeddings, expected, atol=1e-4)
    assert result.embeddings.dtype == np.float32
    assert result.timestamps == pytest.approx(np.arange(40) * 0.96)


@pytest.mark.parametrize(
    ("samples", "patches"),
    [(0, 0), (239, 0), (15_599, 0), (15_600, 1), (30_959, 1), (30_960, 2), (480_000, 31)],
)
def test_only_whole_patches_are_embedded(
    samples: int, patches: int, embedder: OnnxEmbedder
) -> None:
    result = embedder.embed(noise(samples))
    assert result.embeddings.shape == (patches, 8)
    assert result.timestamps.shape == (patches,)


def test_a_patch_embeds_the_same_wherever_it_lies(embedder: OnnxEmbedder) -> None:
    samples = noise(20 * 15_360 + 240)
    whole = embedder.embed(samples).embeddings
    alone = embedder.embed(samples[17 * 15_360 : 18 * 15_360 + 240]).embeddings
    np.testing.assert_array_equal(whole[17:18], alone)


def test_it_says_which_model_it_is(embedder: OnnxEmbedder, card: ModelCard) -> None:
    assert embedder.stamp == card.stamp(card.file)
    assert embedder.sample_rate == 16_000


def test_a_changed_file_is_never_run(card: ModelCard) -> None:
    card.file.path.write_bytes(card.file.path.read_bytes() + b"\0")
    with pytest.raises(ModelError, match="not the one its card describes"):
        OnnxEmbedder(Runtime(card, card.file), threads=1)


def test_a_file_that_is_no_network_is_refused(models_dir: Path) -> None:
    (models_dir / "tiny.onnx").write_bytes(b"not a network")
    (models_dir / "tiny.toml").write_text(card_text(models_dir / "tiny.onnx"))
    card = read_card(models_dir / "tiny.toml", models_dir)
    with pytest.raises(ModelError, match="not a network that can be run"):
        OnnxEmbedder(Runtime(card, card.file), threads=1)


@pytest.mark.parametrize(("dim", "bands"), [(7, 64), (8, 80)])
def test_a_network_of_another_shape_is_refused(dim: int, bands: int, models_dir: Path) -> None:
    write_network(models_dir / "tiny.onnx", dim=dim, bands=bands)
    (models_dir / "tiny.toml").write_text(card_text(models_dir / "tiny.onnx"))
    card = read_card(models_dir / "tiny.toml", models_dir)
    with pytest.raises(ModelError, match="does not turn patches of 96 by 64"):
        OnnxEmbedder(Runtime(card, card.file), threads=1)


def test_an_unknown_front_end_is_refused(card: ModelCard) -> None:
    other = dataclasses.replace(card, front_end="something-new")
    with pytest.raises(ModelError, match="something-new"):
        OnnxEmbedder(Runtime(other, card.file), threads=1)


@pytest.fixture
def two_outputs(models_dir: Path) -> Path:
    """Give the tiny network a second output: ten times the embedding; return the models folder."""
    path = models_dir / "tiny.onnx"
    model = onnx.load(path)
    model.graph.initializer.append(numpy_helper.from_array(np.float32(10), "ten"))
    model.graph.node.append(helper.make_node("Mul", ["embedding", "ten"], ["loud"]))
    model.graph.output.append(
        helper.make_tensor_value_info("loud", onnx.TensorProto.FLOAT, ["n", 8])
    )
    path.write_bytes(model.SerializeToString())
    return models_dir


def opened(models_dir: Path, **changes: str) -> OnnxEmbedder:
    (models_dir / "tiny.toml").write_text(card_text(models_dir / "tiny.onnx", **changes))
    card = read_card(models_dir / "tiny.toml", models_dir)
    return OnnxEmbedder(Runtime(card, card.file), threads=1)


def test_the_output_that_the_card_names_is_the_embedding(two_outputs: Path) -> None:
    quiet, loud = (
        opened(two_outputs, output=output).embed(noise(40_000)).embeddings
        for output in ('"embedding"', '"loud"')
    )
    np.testing.assert_allclose(loud, 10 * quiet, rtol=1e-6)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ('"pca"', r"has no output 'pca': it has embedding, loud\. Name .* `output`"),
        ("", r"has several outputs: it has embedding, loud\. Name .* `output`"),
    ],
)
def test_an_output_that_is_not_there_is_a_sentence(
    output: str, words: str, two_outputs: Path
) -> None:
    with pytest.raises(ModelError, match=words):
        opened(two_outputs, output=output)


def test_embeddings_are_limited_as_the_card_says(models_dir: Path) -> None:
    samples = noise(40_000)
    free = opened(models_dir).embed(samples).embeddings
    limited = opened(models_dir, clip="1.5").embed(samples).embeddings
    assert np.abs(free).max() > 1.5
    np.testing.assert_array_equal(limited, free.clip(-1.5, 1.5))


def test_numbers_that_are_none_are_an_error(models_dir: Path) -> None:
    path = models_dir / "tiny.onnx"
    model = onnx.load(path)
    # The logarithm of a negative mean: silence passes the check at load as NaN too.
    model.graph.node.append(helper.make_node("Log", ["mixed"], ["embedding"]))
    model.graph.node[1].output[0] = "mixed"
    path.write_bytes(model.SerializeToString())
    (models_dir / "tiny.toml").write_text(card_text(path))
    card = read_card(models_dir / "tiny.toml", models_dir)
    with pytest.raises(ModelError, match="not a number"):
        OnnxEmbedder(Runtime(card, card.file), threads=1).embed(noise(15_600))
