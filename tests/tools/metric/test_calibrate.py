"""What similarities in a metric's space mean is measured on what it was not fitted on."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from models.cards import known_card
from tests.tools.metric.making import options, write_release
from tools.metric.calibrate import command, nearest_stranger
from tools.metric.judge import put_over
from tools.metric.material import joined, read_material

CARDS = Path(__file__).resolve().parents[3] / "models" / "cards"


def test_strangers_are_of_other_videos_and_not_the_same_to_vggish(tmp_path: Path) -> None:
    learnt, held_out = read_material(*write_release(tmp_path, learnt=18, held_out=9))
    both = joined(learnt, held_out)
    assert (len(both), both.videos[-1]) == (18, held_out.videos[-1])
    card = known_card("vggish-genre", tmp_path)
    vectors = put_over(both, card.metric)
    alike = vectors @ vectors.T - 2 * np.eye(len(both))
    nearest = nearest_stranger(both, card)
    assert nearest == pytest.approx(alike.max())
    # Those two become one video, then one recording.
    one, other = np.unravel_index(alike.argmax(), alike.shape)
    videos = list(both.videos)
    videos[one] = videos[other]
    alike[one, other] = alike[other, one] = -1
    assert nearest_stranger(replace(both, videos=tuple(videos)), card) == pytest.approx(alike.max())
    same = both.vectors.copy()
    same[one] = same[other]
    assert nearest_stranger(replace(both, vectors=same), card) < 0.9999


def test_the_command_puts_two_sections_into_a_card(tmp_path: Path) -> None:
    card = tmp_path / "vggish-genre.toml"
    text = (CARDS / card.name).read_text()
    card.write_text(text)
    (tmp_path / "vggish_genre.onnx").write_bytes((CARDS.parent / "vggish_genre.onnx").read_bytes())
    done = CliRunner().invoke(command, [*options(write_release(tmp_path)), "--card", str(card)])
    assert done.exit_code == 0, done.output
    before, after = tomllib.loads(text), tomllib.loads(card.read_text())
    assert "(40 tracks, 2 labels)" in after["calibration"]["reference"]
    assert after["calibration"]["knots"] != before["calibration"]["knots"]
    assert after["same"]["long"] == after["same"]["short"] < after["same"]["twin"] <= 1
    for section in ("calibration", "same"):
        del before[section], after[section]
    assert after == before


def test_a_card_without_a_metric_is_refused(tmp_path: Path) -> None:
    asked = [*options(write_release(tmp_path)), "--card", str(CARDS / "vggish-small.toml")]
    done = CliRunner().invoke(command, asked)
    assert done.exit_code == 2
    assert "has no metric" in done.output
