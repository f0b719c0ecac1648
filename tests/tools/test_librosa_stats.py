"""The classical baseline stands wherever a model does, and its card is made from recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from models.card import ModelCard
from models.cards import load_card, read_card
from tests.tools.conftest import Cli, only_json, write_piece
from tools.train.librosa_stats import main, spread


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModelCard:
    monkeypatch.setenv("SOUNDALIKE_MODEL", "librosa-stats")
    return load_card("librosa-stats", tmp_path)


def test_it_makes_an_index_and_answers(chosen: ModelCard, music: Path, cli: Cli) -> None:
    status, out, _ = cli("index", "build", music, "--jobs", 1, "--json")
    built = only_json(out)
    assert (status, built["tracks"], built["model"]) == (0, 6, "librosa-stats")
    clip = next((music / "Low").iterdir())
    status, out, _ = cli("ask", clip, "--start", 1, "--json")
    answer = only_json(out)
    assert status == 0
    assert answer["clip"]["model"] == "librosa-stats"
    assert answer["is"]["title"] == "Take 1"
    assert answer["results"][0]["artist"] == "Low Band"
    checks = {check["what"]: check for check in only_json(cli("doctor", "--json")[1])["checks"]}
    assert (checks["model"]["state"], checks["index"]["state"]) == ("good", "good")
    assert "librosa-stats 1 (librosa-stats-1), which needs no file" in checks["model"]["found"]
    assert only_json(cli("index", "info", "--json")[1])["stamp"]["sha512"] == (
        chosen.stamp(None).sha512
    )


def test_it_is_evaluated_beside_another(music: Path, tiny_model: Path, cli: Cli) -> None:
    models = ("--model", "tiny", "--model", "librosa-stats")
    status, out, _ = cli("evaluate", music, *models, "--jobs", 1, "--json")
    assert status == 0
    assert [result["model"] for result in only_json(out)["models"]] == ["tiny", "librosa-stats"]


def test_it_is_listed_and_verified(chosen: ModelCard, cli: Cli) -> None:
    status, out, _ = cli("model", "list", "--json")
    listed = {model["model"]: model for model in only_json(out)}
    assert (status, listed["librosa-stats"]["files"]) == (0, [])
    assert listed["librosa-stats"]["chosen"]
    (line,) = (line for line in cli("model", "list")[1].splitlines() if "librosa" in line)
    assert "no file" in line
    status, out, _ = cli("model", "verify")
    assert status == 0
    assert out.endswith("librosa-stats passes.\n")


def test_its_embeddings_are_to_be_had(chosen: ModelCard, tmp_path: Path, cli: Cli) -> None:
    write_piece(tmp_path / "clip.wav", 700, seed=5, seconds=3)
    status, out, _ = cli("embed", tmp_path / "clip.wav", "--json")
    assert (status, np.shape(only_json(out)["embeddings"])) == (0, (3, 498))


def test_what_wants_a_network_is_refused_in_words(chosen: ModelCard, cli: Cli) -> None:
    status, _, err = cli("model", "quantize", "librosa-stats", "--out", "x.onnx")
    assert status == 2
    assert "has no network that could be quantised" in err


def test_every_recording_counts_as_much() -> None:
    long, short = np.full((30, 2), 1.0), np.array([[3.0, 1.0]])
    mean, scale = spread([long, np.empty((0, 2)), short])
    np.testing.assert_allclose(mean, [2.0, 1.0])
    # The second number is always the same, and may still be divided by.
    np.testing.assert_allclose(scale, [1.0, 1e-6])


def test_its_card_is_made_from_the_training_side(tmp_path: Path) -> None:
    for number, fold in enumerate((1, 2, 3, 4)):
        sound = tmp_path / "esc10" / "a kind" / f"{fold}-sound.wav"
        write_piece(sound, 300 * 2**number, seed=number, seconds=3)
    out = tmp_path / "librosa-stats.toml"
    done = CliRunner().invoke(main, [str(tmp_path), "--out", str(out)])
    assert done.exit_code == 0, done.output
    made = read_card(out, tmp_path)
    assert "ESC-10 folds 1-3 (3 clips)" in made.training_data
    (tmp_path / "esc10" / "a kind" / "4-sound.wav").unlink()
    CliRunner().invoke(main, [str(tmp_path), "--out", str(out)])
    assert read_card(out, tmp_path) == made
    bundled = load_card("librosa-stats", tmp_path)
    assert (made.front_end, made.dim, made.space) == (
        (bundled.front_end, bundled.dim, bundled.space)
    )
