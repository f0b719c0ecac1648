"""A metric puts windows of one model into a space of its own: real networks, real cards."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.card import ModelCard, check_file
from models.cards import known_card, list_cards, load_card, read_card
from models.decode import CLIP_LIMITS
from models.embedders import open_embedder
from models.listen import listen
from models.metric import project
from models.runtime import Runtime
from models.types import ClipSource, ModelError, Span, Windows
from tests.models.sounds import encoded
from tests.models.tiny import DIM, card_text

TURN = np.linalg.qr(np.random.default_rng(3).standard_normal((DIM, DIM)))[0].astype(np.float32)

GOLDEN = [
    [0.05420, 0.09595, -0.04191, 0.06293],
    [-0.09094, 0.03524, 0.13519, -0.10566],
    [0.03704, 0.09698, 0.05368, -0.15826],
]
"""What the shipped metric begins with for three windows."""


def write_metric(path: Path, matrix: np.ndarray) -> None:
    """Write a metric that multiplies windows by a matrix."""
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["windows", "matrix"], ["vectors"])],
        "metric",
        [helper.make_tensor_value_info("windows", TensorProto.FLOAT, ["n", len(matrix)])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", matrix.shape[1]])],
        [numpy_helper.from_array(matrix, "matrix")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def metric_card(models_dir: Path, matrix: np.ndarray = TURN, **changes: str) -> Path:
    """Write the card of a metric over the tiny model."""
    network = models_dir / "turn.onnx"
    write_metric(network, matrix)
    data = network.read_bytes()
    text = card_text(network, name='"turned"', embedding_space='"turned-1"', **changes)
    section = (
        f'\n[metric]\nmodel = "tiny"\nspace = "tiny-1"\npath = "turn.onnx"\nsize = {len(data)}\n'
        f'sha512 = "{hashlib.sha512(data).hexdigest()}"\nprecision = "fp32"\n'
    )
    path = models_dir / "turned.toml"
    path.write_text(text.split("[[files]]")[0] + section)
    return path


def windows(count: int, dim: int = DIM) -> Windows:
    vectors = np.random.default_rng(5).standard_normal((count, dim))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Windows(vectors.astype(np.float32), np.arange(count, dtype=np.float32))


@pytest.fixture
def turned(models_dir: Path) -> ModelCard:
    metric_card(models_dir)
    return load_card("turned", models_dir)


def test_a_card_with_a_metric_listens_as_its_model_does(
    turned: ModelCard, card: ModelCard, models_dir: Path
) -> None:
    assert turned.files == card.files
    assert (turned.space, turned.patch_space, card.patch_space) == ("turned-1", "tiny-1", "tiny-1")
    stamp = turned.stamp(turned.file)
    assert (stamp.model, stamp.space, stamp.sha512) == ("turned", "turned-1", card.file.sha512)
    assert turned in list_cards(models_dir)


def test_windows_are_put_into_its_space(turned: ModelCard) -> None:
    given = windows(5)
    found = project(given, turned.metric)
    np.testing.assert_allclose(found.vectors, given.vectors @ TURN, atol=1e-6)
    assert found.vectors.dtype == np.float32
    assert found.starts is given.starts
    assert len(project(windows(0), turned.metric)) == 0


def test_vectors_come_out_of_unit_length(models_dir: Path) -> None:
    found = project(windows(3), read_card(metric_card(models_dir, 7 * TURN), models_dir).metric)
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-6)


def test_a_clip_is_heard_in_its_space(turned: ModelCard, card: ModelCard) -> None:
    clip = encoded(0.1 * np.random.default_rng(1).standard_normal(16_000 * 15), 16_000)
    plain, put = (
        listen(
            ClipSource(clip, "clip.wav"),
            Span(),
            open_embedder(Runtime(one, one.file), 1),
            one,
            CLIP_LIMITS,
        )
        for one in (card, turned)
    )
    assert (plain.stamp.space, put.stamp.space) == ("tiny-1", "turned-1")
    assert len(plain.query.windows) > 1
    for asked in ("windows", "dense"):
        before, after = getattr(plain.query, asked), getattr(put.query, asked)
        np.testing.assert_allclose(after.vectors, before.vectors @ TURN, atol=1e-5)
        np.testing.assert_array_equal(after.starts, before.starts)


def test_without_its_model_it_is_known_and_cannot_listen(models_dir: Path) -> None:
    metric_card(models_dir)
    (models_dir / "tiny.toml").unlink()
    known = known_card("turned", models_dir)
    assert (known.files, known.metric.model) == ((), "tiny")
    assert known in list_cards(models_dir)
    with pytest.raises(ModelError, match="turned listens with tiny: There is no model named"):
        load_card("turned", models_dir)


@pytest.mark.parametrize("changes", [{"embedding_space": '"tiny-2"'}, {"mean": str([0.51] * DIM)}])
def test_another_model_is_not_taken_for_its_own(models_dir: Path, changes: dict[str, str]) -> None:
    metric_card(models_dir)
    (models_dir / "tiny.toml").write_text(card_text(models_dir / "tiny.onnx", **changes))
    with pytest.raises(ModelError, match=r"not made for the tiny that is here.*fetch tiny --again"):
        load_card("turned", models_dir)


def test_a_metric_over_a_metric_is_refused(models_dir: Path) -> None:
    path = metric_card(models_dir)
    again = path.read_text().replace('"turned"', '"twice"').replace('"tiny"', '"turned"')
    (models_dir / "twice.toml").write_text(again)
    with pytest.raises(ModelError, match="not made for the turned"):
        load_card("twice", models_dir)


def test_a_card_has_either_files_or_a_metric(models_dir: Path) -> None:
    path = metric_card(models_dir)
    files = card_text(models_dir / "tiny.onnx").split("[[files]]")[1]
    path.write_text(f"{path.read_text()}\n[[files]]{files}")
    with pytest.raises(ModelError, match="a 'metric' takes those of its model"):
        read_card(path, models_dir)


def test_a_metric_that_was_changed_is_found_out(turned: ModelCard, models_dir: Path) -> None:
    path = models_dir / "turn.onnx"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(ModelError, match="not the one its card describes"):
        project(windows(1), turned.metric)


@pytest.mark.parametrize("matrix", [TURN[:, :4], TURN * np.nan])
def test_a_metric_that_gives_something_else_is_refused(
    models_dir: Path, matrix: np.ndarray
) -> None:
    metric = read_card(metric_card(models_dir, matrix), models_dir).metric
    with pytest.raises(ModelError, match="does not turn windows of 8 numbers into as many"):
        project(windows(2), metric)
    with pytest.raises(ModelError, match="does not turn windows of 9 numbers"):
        project(windows(2, 9), metric)


def test_the_shipped_metric_is_the_file_its_card_means_and_answers_as_it_did(
    models_dir: Path,
) -> None:
    card = known_card("vggish-genre", models_dir)
    assert (card.space, card.patch_space, card.dim) == ("vggish-pca-genre-1", "vggish-pca", 128)
    check_file(card.metric.file)
    assert card.calibration.reference.startswith("genres of AudioSet's evaluation part")
    assert card.match(0.9) == pytest.approx(0.69, abs=0.01)
    found = project(windows(3, 128), card.metric).vectors
    np.testing.assert_allclose(found[:, :4], GOLDEN, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
