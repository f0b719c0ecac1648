"""The last stage: coded sound comes nearer to the clean, and nothing else is lost."""

from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the `train` extra")
lite = pytest.importorskip("ai_edge_litert.interpreter", reason="training needs the `train` extra")

from tools.train import steady as stage  # noqa: E402
from tools.train.components import Components  # noqa: E402
from tools.train.fit import Recipe  # noqa: E402
from tools.train.steady import Lesson, steady  # noqa: E402
from tools.train.student import DIM, Widths, build_student  # noqa: E402

WIDTHS: Widths = (4, 4, 8, 8, 8, 8)
STEPS = 30


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stage, "TAUGHT", 8)
    monkeypatch.setattr(stage, "CODED", 16)
    rng = np.random.default_rng(2)
    clean = rng.uniform(-4, 2, (4, 10, 96, 64))
    coded = clean.copy()
    coded[..., 40:] = -4.6  # as AAC empties the high bands
    pairs = np.stack([clean, coded], axis=1).astype(np.float16)
    axes = np.linalg.qr(rng.standard_normal((200, DIM)))[0].astype(np.float32)
    targets = SimpleNamespace(
        patches=rng.uniform(-4, 2, (32, 96, 64)).astype(np.float16), teacher=rng.random((32, 200))
    )
    components = Components(np.full(200, 0.5, np.float32), axes, 1.0)
    return pairs, Lesson(targets, components, np.arange(32) // 4)


def test_a_steadied_student_minds_codecs_less(small) -> None:
    pairs, lesson = small
    student = build_student(1, WIDTHS).eval()
    before = {name: values.clone() for name, values in student.state_dict().items()}
    moved: list[float] = []
    steadied = steady(
        student, pairs, lesson, Recipe(WIDTHS), STEPS, lambda _, distance: moved.append(distance)
    )
    assert len(moved) == STEPS
    assert np.mean(moved[-5:]) < 0.8 * np.mean(moved[:5])
    assert not steadied.training
    assert all(torch.equal(before[name], values) for name, values in student.state_dict().items())


def test_the_same_seed_steadies_alike(small) -> None:
    pairs, lesson = small
    student = build_student(1, WIDTHS).eval()
    one, other = (
        steady(student, pairs, lesson, Recipe(WIDTHS), 3, lambda *_: None) for _ in range(2)
    )
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-4)
