"""Judging: on vectors whose answers can be told by hand, and the shipped metric on real ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from models.cards import known_card
from tests.tools.metric.making import options, write_release
from tools.evaluate.metrics import occurrences
from tools.metric.judge import PART, RAW, SHIPPED, command, put_over
from tools.metric.judging import chance, gain, measure, score
from tools.metric.material import Material, read_material

ROCK, JAZZ = [True, False], [False, True]


def fan(degrees: list[float], labels: list[list[bool]], videos: str) -> Material:
    angles = np.radians(degrees)
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    return Material(vectors, np.array(labels), ("rock", "jazz"), tuple(videos))


ASKING = fan([0, 90, 45], [ROCK, JAZZ, JAZZ], "aab")
ANSWERING = fan([10, 30, 85], [ROCK, JAZZ, JAZZ], "cde")


def test_scores_of_a_fan_worked_out_by_hand() -> None:
    measured = measure(ASKING, ANSWERING)
    # 0° finds rock, jazz, jazz; 90° jazz, jazz, rock; 45° jazz, then rock (35°), then jazz (40°).
    np.testing.assert_allclose(
        measured.values,
        [[1, 1 / 10, 1], [1, 2 / 10, 1], [1, 2 / 10, (1 + 2 / 3) / 2]],
    )
    scores = score(measured, ASKING, ANSWERING)
    values = {name: estimate.value for name, estimate in scores.measures.items()}
    assert scores.asked == 3
    assert values["P@10"] == pytest.approx(5 / 30)
    # All three are among everybody's ten.
    assert (values["10-occurrence skewness"], values["largest hub"]) == (0, 3)
    assert chance(ASKING, ANSWERING)["P@1"] == pytest.approx((1 + 2 + 2) / 9)


def test_who_has_nothing_to_find_does_not_count() -> None:
    only_jazz = ANSWERING.only(np.array([1, 2]))
    measured = measure(ASKING, only_jazz)
    assert measured.asks.tolist() == [False, True, True]
    assert score(measured, ASKING, only_jazz).measures["P@1"].value == 1


def test_a_gain_is_of_the_same_queries() -> None:
    raw = measure(ASKING, ANSWERING)
    flipped = measure(ASKING, ANSWERING, (ASKING.vectors[:, ::-1].copy(), ANSWERING.vectors))
    assert gain(raw, raw, ASKING)["P@1"].value == 0
    worse = gain(flipped, raw, ASKING)["P@1"]
    assert worse.value == pytest.approx((0 + 0 + 1) / 3 - 1)
    assert worse.low < worse.value < worse.high


def test_the_command_shows_the_shipped_metric_beside_vggish(tmp_path: Path) -> None:
    release = write_release(tmp_path)
    page = tmp_path / "page.md"
    page.write_text(f"Before.\n<!-- {PART} -->\n<!-- end of {PART} -->\n")
    asked = [*options(release), "--json", "--markdown", str(page)]
    done = CliRunner().invoke(command, asked)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["asking"], found["answering"]) == (40, 60)
    assert list(found["scores"]) == [RAW, SHIPPED]
    text = page.read_text()
    assert f"| {SHIPPED} − {RAW} |" in text
    assert "largest hub" in text
    assert CliRunner().invoke(command, [*asked, "--metric", "linear.onnx"]).exit_code == 2


@pytest.mark.timeout(600)
def test_the_shipped_metric_finds_genres_that_vggish_does_not(
    test_data: Path, tmp_path: Path
) -> None:
    place = test_data / "audioset"
    files = (place / f for f in ("features.tar.gz", "class_labels_indices.csv", "ontology.json"))
    learnt, held_out = read_material(*files)
    assert (len(held_out), len(learnt)) == (2_048, 2_490)
    metric = known_card(SHIPPED, tmp_path).metric
    raw = measure(held_out, learnt)
    put = measure(held_out, learnt, (put_over(held_out, metric), put_over(learnt, metric)))
    for measured, wanted in ((raw, (0.4014, 0.3645, 0.2183)), (put, (0.4761, 0.4715, 0.4304))):
        assert measured.asks.all()
        np.testing.assert_allclose(measured.values.mean(axis=0), wanted, atol=1e-3)
    hubs = [occurrences(each.neighbours, len(learnt)).max() for each in (raw, put)]
    assert hubs == pytest.approx([38, 32], abs=1)
