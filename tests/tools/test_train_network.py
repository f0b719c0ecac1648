"""The networks: the student, its ONNX form, its training, and the rebuilt teacher."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch", reason="training needs the `train` extra")
lite = pytest.importorskip("ai_edge_litert.interpreter", reason="training needs the `train` extra")

from models.frontend import log_mel, patches  # noqa: E402 (after the check for the extra)
from tools.train import fit, teacher  # noqa: E402
from tools.train.components import Components  # noqa: E402
from tools.train.export import export_onnx, fold_batch_norm  # noqa: E402
from tools.train.student import (  # noqa: E402
    DIM,
    HALF_WIDTHS,
    WIDTHS,
    Widths,
    build_student,
)

METADATA = {"name": "vggish-small", "version": "1", "licence": "MIT"}


def some_patches(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(-2, 1.5, (count, 96, 64)).astype(np.float32)


@pytest.fixture(scope="module")
def student():
    """A student whose batch norms have seen data, so that folding them matters."""
    network = build_student(3)
    with torch.no_grad():
        for seed in range(3):
            network(torch.from_numpy(some_patches(32, seed)).unsqueeze(1))
    return network.eval()


def test_the_onnx_file_gives_what_the_network_gives(student, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    export_onnx(student, path, dim=DIM, metadata=METADATA)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    assert [(i.name, i.shape, i.type) for i in session.get_inputs()] == [
        ("patches", ["n", 96, 64], "tensor(float)")
    ]
    assert [(o.name, o.shape) for o in session.get_outputs()] == [("embedding", ["n", DIM])]
    assert session.get_modelmeta().custom_metadata_map == METADATA
    for count in (1, 16):
        heard = some_patches(count, seed=9)
        with torch.no_grad():
            wanted = student(torch.from_numpy(heard).unsqueeze(1)).numpy()
        given = session.run(None, {"patches": heard})[0]
        assert np.abs(given - wanted).max() < 2e-3 * np.abs(wanted).max()
    assert path.stat().st_size < 4_000_000


def test_the_embedding_has_no_relu(student) -> None:
    with torch.no_grad():
        embedding = student(torch.from_numpy(some_patches(8)).unsqueeze(1))
    assert embedding.shape == (8, DIM)
    assert (embedding < 0).any()


def test_folding_keeps_a_convolution_and_its_norm() -> None:
    layer, norm = torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3)
    heard = torch.randn(16, 2, 8, 8)
    with torch.no_grad():
        norm.weight.uniform_(0.5, 2)
        norm.bias.uniform_(-1, 1)
        norm(layer(heard))
        wanted = norm.eval()(layer(heard))
        weight, bias = fold_batch_norm(layer, norm)
        given = torch.nn.functional.conv2d(heard, torch.tensor(weight), torch.tensor(bias))
    np.testing.assert_allclose(given.numpy(), wanted.numpy(), atol=1e-5)


def test_half_the_width_is_a_quarter_of_the_convolutions() -> None:
    def weights(widths: Widths) -> int:
        layers = build_student(1, widths).modules()
        return sum(x.weight.numel() for x in layers if isinstance(x, torch.nn.Conv2d))

    assert weights(HALF_WIDTHS) / weights(WIDTHS) == pytest.approx(0.25, abs=0.01)


def test_an_unknown_layer_is_refused(tmp_path: Path) -> None:
    network = torch.nn.Sequential(torch.nn.Tanh())
    with pytest.raises(TypeError, match="Tanh"):
        export_onnx(network, tmp_path / "model.onnx", dim=1, metadata={})


def test_the_loss_is_least_where_the_student_agrees() -> None:
    wanted = torch.randn(32, DIM)
    groups = torch.arange(32)
    loss, angle = fit.distillation_loss(wanted.clone(), wanted, groups, fit.Recipe())
    assert float(angle) == pytest.approx(0, abs=1e-6)
    assert float(loss) == pytest.approx(0, abs=1e-5)
    assert fit.distillation_loss(torch.randn(32, DIM), wanted, groups, fit.Recipe())[0] > 1


def test_a_recipe_weighs_the_parts_of_the_loss() -> None:
    given, wanted = torch.randn(32, DIM), torch.randn(32, DIM)
    groups = torch.arange(32) // 2

    def loss(**weights: float) -> float:
        recipe = fit.Recipe(**{"pairs": 0.0, "scale": 0.0, "contrast": 0.0} | weights)
        return float(fit.distillation_loss(given, wanted, groups, recipe)[0])

    angle = float(fit.distillation_loss(given, wanted, groups, fit.Recipe())[1])
    assert loss() == pytest.approx(angle)
    cosines = torch.nn.functional.normalize(given)
    contrast = float(fit.group_contrast(cosines @ cosines.T, groups))
    assert loss(contrast=0.5) == pytest.approx(angle + 0.5 * contrast, rel=1e-5)
    assert loss(pairs=1.0) > angle
    assert loss(scale=1.0) > angle


def test_the_contrast_prefers_groups_that_lie_together() -> None:
    groups = torch.tensor([0, 0, 1, 1])
    together = torch.tensor([[1.0, 0], [1, 0], [0, 1], [0, 1]])
    apart = together[[0, 2, 1, 3]]
    near = fit.group_contrast(together @ together.T, groups)
    far = fit.group_contrast(apart @ apart.T, groups)
    assert float(near) < 0.01
    assert float(far) > 5


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [fit.one_cycle(share) for share in np.linspace(0, 1, 101)]
    assert 0 < rates[0] < 0.01
    assert max(rates) == pytest.approx(1.0)
    assert int(np.argmax(rates)) == 10
    assert rates[-1] == pytest.approx(0, abs=1e-9)


def test_the_length_of_a_run_is_passes_or_minutes() -> None:
    assert fit.Length(2.0).done(fit.Progress(step=10), 10) == 0.5
    assert fit.Length(2.0, minutes=1.0).done(fit.Progress(step=2, seconds=45.0), 10) == 0.75
    assert fit.Length(1.0).done(fit.Progress(step=99), 10) == 1.0


class StoppedError(Exception):
    pass


def test_a_run_that_was_stopped_ends_like_one_that_was_not(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(fit, "BATCH", 8)
    monkeypatch.setattr(fit, "_CHECKPOINT_SECONDS", 0.0)
    rng = np.random.default_rng(1)
    targets = SimpleNamespace(patches=some_patches(16), teacher=rng.random((16, 200)))
    axes = np.linalg.qr(rng.standard_normal((200, DIM)))[0].astype(np.float32)
    components = Components(np.full(200, 0.5, np.float32), axes, 1.0)

    def run(name: str, stop_at: int | None = None):
        def report(progress: fit.Progress, _: float) -> None:
            if progress.step == stop_at:
                raise StoppedError

        return fit.fit(
            targets,
            components,
            np.arange(16) // 4,
            recipe=fit.Recipe(),
            length=fit.Length(2.0),
            checkpoint=tmp_path / name,
            report=report,
        )

    whole, progress = run("whole.pt")
    with pytest.raises(StoppedError):
        run("halves.pt", stop_at=2)
    halves, resumed = run("halves.pt")
    assert progress.step == resumed.step == 4
    np.testing.assert_allclose(
        [loss for loss, _ in resumed.losses], [loss for loss, _ in progress.losses], rtol=1e-3
    )
    for one, other in zip(whole.parameters(), halves.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-3)


@pytest.fixture(scope="module")
def yamnet_file(test_data: Path) -> Path:
    path = test_data.parent / "models/yamnet/yamnet_waveform.tflite"
    if not path.exists():
        pytest.skip("the teacher's file is not here")
    return path


@pytest.mark.filterwarnings("ignore:Warning. Enabling `experimental_preserve_all_tensors`")
def test_the_rebuilt_teacher_agrees_with_its_file(yamnet_file: Path) -> None:
    rng = np.random.default_rng(2)
    time = np.arange(15_600) / 16_000
    sounds = [
        np.sin(2 * np.pi * hertz * time) * 0.3 + 0.05 * rng.standard_normal(15_600)
        for hertz in (110, 440, 1000, 3000)
    ]
    interpreter = lite.Interpreter(str(yamnet_file), experimental_preserve_all_tensors=True)
    interpreter.allocate_tensors()
    places = {detail["name"]: detail["index"] for detail in interpreter.get_tensor_details()}
    network = teacher.load_teacher(yamnet_file)
    for sound in sounds:
        samples = sound.astype(np.float32)
        interpreter.set_tensor(0, samples[np.newaxis])
        interpreter.invoke()
        heard = interpreter.get_tensor(places["Identity_1"]).copy()
        wanted = interpreter.get_tensor(places["yamnet_frames/global_average_pooling2d/Mean"])[0]
        with torch.inference_mode():
            given = network(torch.from_numpy(heard)[None, None]).numpy()[0]
        assert np.corrcoef(given, wanted)[0, 1] > 0.99
        ours = teacher.yamnet_log_mel(patches(log_mel(samples)))[0]
        assert np.abs(ours - heard).mean() < 0.05
