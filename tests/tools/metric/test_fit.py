"""Fitting a metric: its loss by hand, the same file again, and a network that does what it says."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from models.card import Metric, ModelFile
from models.cards import read_card
from models.metric import project
from models.types import Windows
from tests.tools.metric.making import options, write_release

torch = pytest.importorskip("torch", reason="needs the extra `train`: PyTorch")

from tools.metric import choose  # noqa: E402
from tools.metric.__main__ import command  # noqa: E402
from tools.metric.export import as_onnx  # noqa: E402
from tools.metric.fit import Recipe, apply, attraction, contrast, fit  # noqa: E402
from tools.metric.judging import measure  # noqa: E402
from tools.metric.material import read_material  # noqa: E402

QUICK = Recipe(hidden=32, epochs=60, batch=32)


def test_a_genre_in_common_attracts_by_its_weight() -> None:
    labels = torch.tensor([[1.0, 0.0, 0.5], [1.0, 0.25, 0.0], [0.0, 0.0, 0.5], [0.0, 0.0, 0.0]])
    found = attraction(labels)
    both = 1 / (1.5 + 1.25 - 1)
    wanted = [[0, both, 0.5 / 1.5, 0], [both, 0, 0, 0], [0.5 / 1.5, 0, 0, 0], [0, 0, 0, 0]]
    torch.testing.assert_close(found, torch.tensor(wanted))


def test_the_contrast_worked_out_by_hand() -> None:
    vectors = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    pulls = torch.tensor([[0.0, 0.5, 0.0], [0.5, 0.0, 0.0], [0.0, 0.0, 0.0]])
    # Of those that are attracted, both: ln(e^(1/2) + e^0) − 1/2.
    wanted = np.log(np.exp(0.5) + 1) - 0.5
    assert float(contrast(vectors, pulls, temperature=2)) == pytest.approx(wanted)


@pytest.mark.parametrize("hidden", [0, 32])
def test_the_file_gives_what_was_fitted(tmp_path: Path, hidden: int) -> None:
    learnt, held_out = read_material(*write_release(tmp_path))
    network = fit(learnt, replace(QUICK, hidden=hidden))
    model = as_onnx(network, {"name": "tried"})
    assert {prop.key: prop.value for prop in model.metadata_props} == {"name": "tried"}
    path = tmp_path / "metric.onnx"
    path.write_bytes(model.SerializeToString())
    sha512 = hashlib.sha512(path.read_bytes()).hexdigest()
    metric = Metric("vggish", "vggish-pca", ModelFile(path, path.stat().st_size, sha512, "fp16"))
    starts = np.zeros(len(held_out), np.float32)
    found = project(Windows(held_out.vectors, starts), metric).vectors
    np.testing.assert_allclose(found, apply(network, held_out.vectors), atol=2e-3)


def test_it_finds_more_than_there_was(tmp_path: Path) -> None:
    learnt, held_out = read_material(*write_release(tmp_path))
    seen: list[tuple[int, int]] = []
    network = fit(learnt, QUICK, progress=lambda done, of: seen.append((done, of)))
    assert seen == [(step + 1, 60) for step in range(60)]
    vectors = apply(network, held_out.vectors), apply(network, learnt.vectors)
    better, raw = measure(held_out, learnt, vectors), measure(held_out, learnt)
    assert better.values[:, 1].mean() > raw.values[:, 1].mean() + 0.05


def test_the_command_makes_the_same_file_again_and_its_section(tmp_path: Path) -> None:
    release = write_release(tmp_path)
    shipped = Path(__file__).resolve().parents[3] / "models" / "cards" / "vggish-genre.toml"
    card = tmp_path / "vggish-genre.toml"
    card.write_text(shipped.read_text())
    threads = torch.get_num_threads()
    made = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        out = tmp_path / name / "metric.onnx"
        out.parent.mkdir()
        asked = [*options(release), "--out", str(out), "--epochs", "3", "--seed", str(seed)]
        done = CliRunner().invoke(command, [*asked, "--card", str(card), "--json"])
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["segments"] == 60
        made.append(out.read_bytes())
    assert made[0] == made[1] != made[2]
    assert torch.get_num_threads() == threads
    written = tomllib.loads(card.read_text())
    assert written["metric"]["sha512"] == hashlib.sha512(made[2]).hexdigest()
    rest = tomllib.loads(shipped.read_text())
    assert {**rest, "metric": written["metric"]} == written
    assert read_card(card, tmp_path).metric.file.size == len(made[2])


def test_a_card_that_cannot_be_read_is_told_first(tmp_path: Path) -> None:
    asked = ["features.tar.gz", "--labels", "l", "--ontology", "o", "--out", str(tmp_path / "m")]
    done = CliRunner().invoke(command, [*asked, "--card", str(tmp_path / "none.toml")])
    assert "none.toml cannot be read" in str(done.exception)


def test_recipes_are_compared_on_what_is_learnt_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trials = {"none": None, "quick": QUICK}
    monkeypatch.setattr(choose, "TRIALS", trials)
    done = CliRunner().invoke(choose.command, [*options(write_release(tmp_path)), "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert set(found) == set(trials)
    assert found["quick"]["P@10"] > found["none"]["P@10"]
