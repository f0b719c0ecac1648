"""A verification passes what is sound and names what is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.card import ModelCard
from models.cards import load_card, read_card
from models.published import sha512_of
from tests.models.tiny import card_text, write_network
from tests.tools.install.making import (
    copy_as_int8,
    installed,
    plan_of,
    release_of,
    write_sources,
)
from tools.install import check_front_end
from tools.install.check_numbers import check_smoke
from tools.install.findings import Outcome
from tools.install.release import Release, SmokeFigures, Spread
from tools.install.tone import tone, tone_patches
from tools.install.verify import verify_model


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[ModelCard, Release]:
    """Return an installed narrow VGGish and its release."""
    folder = tmp_path_factory.mktemp("made")
    sources = write_sources(folder)
    release = release_of(sources)
    plan = plan_of(release, quantise=copy_as_int8)
    return installed(folder / "models", sources, plan).card, release


def outcomes(card: ModelCard, release: Release | None = None) -> dict[str, Outcome]:
    options = (release,) if release else ()
    found = verify_model(card, *options)
    return {f"{each.part}: {each.what}": each.outcome for each in found}


def failures(card: ModelCard, release: Release | None = None) -> set[str]:
    return {what for what, outcome in outcomes(card, release).items() if outcome is Outcome.FAILED}


def changed(card: ModelCard, folder: Path, change: Callable[[onnx.ModelProto], None]) -> ModelCard:
    """Return the card with its first file changed, and nothing wrong with the checksum."""
    model = onnx.load(card.files[0].path)
    change(model)
    path = folder / "changed.onnx"
    path.write_bytes(model.SerializeToString())
    file = replace(card.files[0], path=path, size=path.stat().st_size, sha512=sha512_of(path))
    return replace(card, files=(file,))


def test_a_sound_model_passes(made: tuple[ModelCard, Release]) -> None:
    card, release = made
    found = outcomes(card, release)
    assert set(found.values()) == {Outcome.PASSED}
    assert found["fp16: tone: embedding"] is Outcome.PASSED
    assert found["fp16: against float64"] is Outcome.PASSED
    assert found["int8: against the first file"] is Outcome.PASSED
    assert {what.partition(":")[0] for what in found} == {"front end", "fp16", "int8"}


def test_the_smoke_test_is_for_the_published_weights(made: tuple[ModelCard, Release]) -> None:
    card, release = made
    assert "fp16: tone: embedding" in failures(card)
    for other in (replace(card, verified=False), replace(card, space="other")):
        assert outcomes(other)["fp16: tone: embedding"] is Outcome.NOT_APPLICABLE
    assert outcomes(card, release)["fp16: tone: eight bits"] is Outcome.PASSED


def test_the_bundled_model_passes(tmp_path: Path) -> None:
    found = outcomes(load_card("vggish-small", tmp_path))
    assert Outcome.FAILED not in found.values()
    assert found["fp16: against float64"] is Outcome.PASSED


def test_a_model_of_a_persons_own_is_asked_for_less(tmp_path: Path) -> None:
    write_network(tmp_path / "tiny.onnx")
    (tmp_path / "tiny.toml").write_text(card_text(tmp_path / "tiny.onnx"))
    card = read_card(tmp_path / "tiny.toml", tmp_path)
    found = outcomes(card)
    assert Outcome.FAILED not in found.values()
    assert found["fp32: output"] is Outcome.PASSED
    assert found["fp32: format"] is Outcome.NOT_APPLICABLE


def own_card(folder: Path, network: onnx.ModelProto | None = None, **fields: str) -> ModelCard:
    """Return the card of a tiny network, or of what was made of it."""
    path = folder / "tiny.onnx"
    write_network(path)
    if network is not None:
        path.write_bytes(network.SerializeToString())
    (folder / "tiny.toml").write_text(card_text(path, **fields))
    return read_card(folder / "tiny.toml", folder)


def tiny_network(folder: Path) -> onnx.ModelProto:
    write_network(folder / "tiny.onnx")
    return onnx.load(folder / "tiny.onnx")


def test_a_card_that_the_embedder_refuses_does_not_pass(tmp_path: Path) -> None:
    for fields in (
        {"front_end": '"another"'},
        {"sample_rate": "22050"},
        {"patch_seconds": "0.5"},
    ):
        assert failures(own_card(tmp_path, **fields)) == {"fp32: listening"}


def test_a_network_that_hears_nothing_does_not_pass(tmp_path: Path) -> None:
    network = tiny_network(tmp_path)
    mix = network.graph.initializer[0]
    mix.CopyFrom(numpy_helper.from_array(np.zeros((64, 8), np.float32), "mix"))
    last = network.graph.node[-1]
    last.output[0] = "zeros"
    network.graph.initializer.append(numpy_helper.from_array(np.ones(8, np.float32), "ones"))
    network.graph.node.append(helper.make_node("Add", ["zeros", "ones"], ["embedding"]))
    assert failures(own_card(tmp_path, network)) == {"fp32: listening"}


def test_only_the_output_of_the_card_is_looked_at(tmp_path: Path) -> None:
    network = tiny_network(tmp_path)
    extra_outputs(network, "embedding")
    assert failures(own_card(tmp_path, network, output='"embedding"')) == set()
    assert "fp32: answers" in failures(own_card(tmp_path, network))
    for name in ("number", "nothing", "text", "absent"):
        found = failures(own_card(tmp_path, network, output=f'"{name}"'))
        assert found == {"fp32: output", "fp32: answers"}


def end_in_relu(model: onnx.ModelProto) -> None:
    maker = next(node for node in model.graph.node if "embedding" in node.output)
    maker.output[0] = "before"
    relu = helper.make_node("Relu", ["before"], ["embedding"])
    at = list(model.graph.node).index(maker)
    model.graph.node.insert(at + 1, relu)


def transpose_twice(model: onnx.ModelProto) -> None:
    maker = next(node for node in model.graph.node if "pca" in node.output)
    maker.output[0] = "before"
    model.graph.node.extend(
        [
            helper.make_node("Transpose", ["before"], ["turned"], perm=[1, 0]),
            helper.make_node("Transpose", ["turned"], ["pca"], perm=[1, 0]),
        ]
    )


def fix_batch(model: onnx.ModelProto) -> None:
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 16


def swap_outputs(model: onnx.ModelProto) -> None:
    outputs = list(model.graph.output)
    del model.graph.output[:]
    model.graph.output.extend(reversed(outputs))


def drop_output(model: onnx.ModelProto) -> None:
    del model.graph.output[1:]


def other_opset(model: onnx.ModelProto) -> None:
    model.opset_import[0].version = 18


def drop_metadata(model: onnx.ModelProto) -> None:
    del model.metadata_props[:]


def not_a_number(model: onnx.ModelProto) -> None:
    bias = next(one for one in model.graph.initializer if one.name == "pca_bias")
    bias.CopyFrom(numpy_helper.from_array(np.full(128, np.nan, np.float32), "pca_bias"))


def more_outputs(model: onnx.ModelProto) -> None:
    extra_outputs(model, "pca")


def extra_outputs(model: onnx.ModelProto, source: str) -> None:
    """Add a number, nothing at all, and a text to what a network answers."""
    nothing = numpy_helper.from_array(np.empty((0,), np.float32), "nothing_value")
    text = numpy_helper.from_array(np.array(["a", "b"], object), "text_value")
    model.graph.initializer.extend([nothing, text])
    model.graph.node.extend(
        [
            helper.make_node("ReduceMean", [source], ["number"], keepdims=0),
            helper.make_node("Identity", ["nothing_value"], ["nothing"]),
            helper.make_node("Identity", ["text_value"], ["text"]),
        ]
    )
    model.graph.output.extend(
        [
            helper.make_tensor_value_info("number", TensorProto.FLOAT, []),
            helper.make_tensor_value_info("nothing", TensorProto.FLOAT, [0]),
            helper.make_tensor_value_info("text", TensorProto.STRING, [2]),
        ]
    )


def half_precision(model: onnx.ModelProto) -> None:
    """Compute the last layer in float16, which float64 does not."""
    maker = next(node for node in model.graph.node if "pca" in node.output)
    given, matrix, bias = maker.input
    at = list(model.graph.node).index(maker)
    del model.graph.node[at]
    halves = []
    for name in (given, matrix, bias):
        halves.append(f"{name}_half")
        model.graph.node.append(
            helper.make_node("Cast", [name], [halves[-1]], to=TensorProto.FLOAT16)
        )
    model.graph.node.append(helper.make_node("Gemm", halves, ["pca_half"], transB=1))
    model.graph.node.append(helper.make_node("Cast", ["pca_half"], ["pca"], to=TensorProto.FLOAT))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (end_in_relu, {"after the last layer", "lowest number", *("tone: embedding",)}),
        (transpose_twice, {"transposes", "against float64"}),
        (fix_batch, {"input", "outputs", "answers"}),
        (swap_outputs, {"outputs"}),
        (drop_output, {"outputs", "answers"}),
        (more_outputs, {"outputs", "against float64"}),
        (other_opset, {"format"}),
        (drop_metadata, {"metadata"}),
        (not_a_number, {"answers"}),
        (half_precision, {"against float64"}),
    ],
)
def test_what_is_wrong_with_a_network_is_named(
    made: tuple[ModelCard, Release],
    tmp_path: Path,
    change: Callable[[onnx.ModelProto], None],
    expected: set[str],
) -> None:
    card, release = made
    found = failures(changed(card, tmp_path, change), release)
    assert found >= {f"fp16: {what}" for what in expected if not what.startswith("tone")}
    assert found <= {f"fp16: {what}" for what in {*expected, "tone: eight bits", "lowest number"}}


def test_files_that_are_not_what_the_card_says(
    made: tuple[ModelCard, Release], tmp_path: Path
) -> None:
    card, release = made
    absent = replace(card.files[0], path=tmp_path / "absent.onnx")
    assert failures(replace(card, files=(absent,)), release) == {"fp16: file"}
    other = replace(card.files[0], sha512="0" * 128)
    assert failures(replace(card, files=(other,)), release) == {"fp16: file"}
    junk = tmp_path / "junk.onnx"
    junk.write_bytes(b"this is no network")
    file = replace(absent, path=junk, size=junk.stat().st_size, sha512=sha512_of(junk))
    assert failures(replace(card, files=(file,)), release) == {"fp16: graph"}


def test_an_int8_file_of_another_network_is_found_out(
    made: tuple[ModelCard, Release], tmp_path: Path
) -> None:
    card, release = made
    sources = write_sources(tmp_path / "other", seed=2)
    other = installed(tmp_path / "models", sources, plan_of(release, "other")).card
    wrong = replace(other.files[0], precision="int8")
    both = replace(card, files=(card.files[0], wrong))
    assert failures(both, release) == {"int8: against the first file"}


def test_another_front_end_is_found_out(
    made: tuple[ModelCard, Release], monkeypatch: pytest.MonkeyPatch
) -> None:
    card, release = made
    louder = check_front_end.log_mel
    monkeypatch.setattr(check_front_end, "log_mel", lambda samples: louder(samples * 1.001))
    assert failures(card, release) == {"front end: log-mel of a tone"}
    matrix = check_front_end.mel_matrix()
    monkeypatch.setattr(check_front_end, "mel_matrix", lambda: matrix[:, ::-1] * 1.001)
    assert "front end: mel matrix" in failures(card, release)


def test_the_tone_has_the_golden_values() -> None:
    patches = tone_patches().astype(np.float64)
    assert patches.shape == (3, 96, 64)
    assert patches.mean() == pytest.approx(-3.42961870, abs=1e-6)
    assert patches.std() == pytest.approx(2.12657734, abs=1e-6)
    np.testing.assert_allclose(
        patches[0, 0, :4], [-4.48313252, -4.27083405, -4.17064267, -4.23770552], atol=1e-6
    )
    assert len(tone()) == 48_000


def test_a_tenth_is_a_tenth_and_float16_has_its_room() -> None:
    published = Spread(0.000657, 0.343)
    assert published.near(Spread(0.00072, 0.377))
    assert not published.near(Spread(0.00073, 0.343))
    assert not published.near(Spread(0.000657, 0.3))
    assert published.near(Spread(0.00073, 0.343), slack=1e-4)
    figures = SmokeFigures(published, Spread(126.0, 89.3))
    # What the figures were while the graph had a ReLU, and with sound of 44.1 kHz.
    for wrong in (
        SmokeFigures(Spread(0.131, 0.238), Spread(123, 75)),
        SmokeFigures(Spread(-0.0333, 0.380), Spread(122, 93.5)),
    ):
        exactly = check_both(wrong, figures, stored_exactly=True)
        assert exactly == check_both(wrong, figures, stored_exactly=False)
        assert exactly[0] is Outcome.FAILED


def check_both(found: SmokeFigures, published: SmokeFigures, **how: bool) -> list[Outcome]:
    return [each.outcome for each in check_smoke(found, published, **how)]
