"""The yardstick, from audio files to tables, page and picture, with models made for it."""

import io
import tomllib
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from models.types import SettingsError
from tests.tools.yardstick_making import deaf, listener, spectrum, write_data
from tools.cli import NOT_DONE, run
from tools.markdown import markdown_table, replace_part
from tools.train import evaluate, yardstick_report
from tools.train.hearing import Heard
from tools.train.listeners import TEACHER
from tools.train.sources import list_recordings
from tools.train.trials import Trial
from tools.train.yardstick import ALL, compare, difference, rank_agreement
from tools.train.yardstick_report import (
    report_as_json,
    report_as_markdown,
    report_lines,
    summary_as_markdown,
)

PLACES = """\
<!-- quality -->
old
<!-- end of quality -->
<!-- quality with silence -->
<!-- end of quality with silence -->
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def found(data: Path, tmp_path_factory: pytest.TempPathFactory) -> evaluate.Evaluated:
    models = [
        listener("deaf", deaf),
        listener("good", student=True),
        listener("good-int8", lambda batch: spectrum(batch) + 0.001, student=True),
        listener(TEACHER, lambda batch: 2 * spectrum(batch) + 5),
    ]
    kept = tmp_path_factory.mktemp("kept")
    return evaluate.evaluate(list_recordings(data), models, kept=kept)


def test_a_model_that_hears_beats_one_that_does_not(found: evaluate.Evaluated) -> None:
    scores = {
        model: {trial: each.measures["MAP"].value for trial, each in by_trial.items()}
        for model, by_trial in found.report.scores.items()
    }
    assert list(scores) == ["deaf", "good", "good-int8", TEACHER]
    assert scores["good"] == {"philharmonia": 1.0, "music": 1.0}
    assert scores["deaf"]["philharmonia"] < 0.9
    assert {trial.name: len(trial.labels) for trial in found.report.trials} == {
        "philharmonia": 8,
        "music": 12,
    }


def test_who_is_compared_with_whom(found: evaluate.Evaluated) -> None:
    differences = found.report.differences
    assert list(differences) == [
        ("good", TEACHER),
        ("good-int8", "good"),
    ]
    assert differences["good-int8", "good"]["music"]["P@1"].value == 0
    # Two files of a model have one card: the mean is that of the first.
    assert np.array_equal(found.heard["good-int8"].mean, found.heard["good"].mean)


def test_agreement_in_rank_sees_no_scale(found: evaluate.Evaluated) -> None:
    agreement = found.report.agreement
    assert set(agreement) == {"deaf", "good", "good-int8"}
    assert agreement["good"] == pytest.approx(dict.fromkeys(agreement["good"], 1.0), abs=1e-3)
    assert set(agreement["good"]) == {"philharmonia", "music", ALL}
    assert abs(agreement["deaf"][ALL]) < 0.6


def test_rank_agreement_worked_out_by_hand() -> None:
    def fan(*degrees: float) -> np.ndarray:
        angles = np.radians(degrees)
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)

    # Angles between pairs: 10, 30, 20 here; 20, 60, 40 and 30, 10, 20 there.
    assert rank_agreement(fan(0, 10, 30), fan(0, 20, 60)) == pytest.approx(1.0)
    assert rank_agreement(fan(0, 10, 30), fan(0, 30, 10)) == pytest.approx(-1.0)


def test_a_difference_is_paired() -> None:
    rng = np.random.default_rng(1)
    centres = np.repeat(rng.standard_normal((10, 8)), 6, axis=0)
    vectors = centres + 1.2 * rng.standard_normal((60, 8))
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    worse = unit.copy()
    worse[:3] *= -1  # three queries that fail now, whatever else happens
    labels = tuple(str(place // 6) for place in range(60))
    trial = Trial("x", labels, tuple(map(str, range(60))))
    same = difference(trial, unit, unit)["P@1"]
    assert (same.value, same.low, same.high) == (0, 0, 0)
    there, back = difference(trial, unit, worse)["P@1"], difference(trial, worse, unit)["P@1"]
    assert there.value == -back.value > 0
    report = compare(
        [trial], {"one": Heard(np.zeros(8), {"x": unit}), "two": Heard(np.zeros(8), {"x": worse})}
    )
    one, two = (report.scores[name]["x"].measures["P@1"] for name in ("one", "two"))
    assert there.value == pytest.approx(one.value - two.value)
    assert there.high - there.low < one.high - one.low


def test_pieces_that_belong_together_are_no_independent_proof() -> None:
    rng = np.random.default_rng(3)
    unit = rng.standard_normal((40, 8)).astype(np.float32)
    intervals = []
    recordings = tuple(map(str, range(40)))
    for groups in (tuple(str(place // 10) for place in range(40)), None):
        trial = Trial("x", ("a", "b") * 20, recordings, groups)
        report = compare([trial], {"one": Heard(np.zeros(8, np.float32), {"x": unit})})
        intervals.append(report.scores["one"]["x"].measures["P@1"])
    assert intervals[0].value == intervals[1].value
    assert intervals[0] != intervals[1]


def test_tables_name_every_model_and_fit_a_terminal(found: evaluate.Evaluated) -> None:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(*report_lines(found.report))
    lines = console.export_text().splitlines()
    text = " ".join(" ".join(lines).split())
    assert "Same track: is the nearest window from the same piece of music? (12 pieces of" in text
    for name in ("deaf", "good", "good-int8", TEACHER, "chance"):
        assert sum(line.startswith(f"{name}  ") for line in lines) == 2
    assert "good-int8 less good, on the same queries" in lines
    last = [line for line in lines if line.startswith("same track")][-1]
    assert last.split()[2:6] == ["+.000", "(+.00", "to", "+.00)"]


def test_a_summary_is_one_table(found: evaluate.Evaluated) -> None:
    rows = summary_as_markdown(found.report).splitlines()
    assert rows[0] == "| P@1 / MAP / agreement | instruments | same track |"
    assert rows[3].startswith("| good | 1.000 / 1.000 / 1.000 |")
    assert rows[5] == f"| {TEACHER} | 1.000 / 1.000 | 1.000 / 1.000 |"


@pytest.mark.parametrize(
    ("value", "sign", "text"),
    [(0.9564, "", ".956"), (1.0, "", "1.000"), (-0.013, "+", "−.013"), (0.9999, "", "1.000")],
)
def test_shares_are_written_without_their_zero(value: float, sign: str, text: str) -> None:
    assert yardstick_report._number(value, sign=sign) == text


def test_a_page_takes_the_report(found: evaluate.Evaluated, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Title\n{PLACES}below\n")
    picture = tmp_path / "picture.png"
    evaluate.publish(found, page, picture)
    text = page.read_text()
    assert text.startswith("# Title\n<!-- quality -->\n\n**Five instruments")
    assert text.endswith("<!-- end of quality with silence -->\nbelow\n")
    assert "| P@1 / MAP / agreement |" in text
    assert "old" not in text
    assert "| good | 1.000 (1.00–1.00) |" in text
    assert "| good-int8 − good | same track | +.000 (+.00 to +.00) |" in text
    evaluate.publish(found, page, None)
    assert page.read_text() == text
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < 300_000


def test_a_card_takes_the_scores_and_keeps_all_else(
    found: evaluate.Evaluated, tmp_path: Path
) -> None:
    card = tmp_path / "card.toml"
    others = 'name = "x"  # a comment\n\n[same]\nlong = 0.9\n'
    card.write_text(
        f"{others}\n[evaluation]\nmethod = 'old'\n\n[evaluation.old]\na = {{ p1 = 1 }}\n"
    )
    evaluate.publish(found, None, None, card)
    assert card.read_text().startswith(others)
    evaluation = tomllib.loads(card.read_text())["evaluation"]
    assert set(evaluation) == {"method", "philharmonia", "music"}
    assert evaluation["music"]["good"] == {"p1": 1, "p5": 1, "map": 1, "rank_agreement": 1}


def test_json_has_it_all(found: evaluate.Evaluated) -> None:
    answer = report_as_json(found.report)
    assert answer["sets"]["music"] == {"pieces": 12, "labels": 2, "recordings": 2}
    assert answer["scores"]["good"]["music"]["MAP"]["value"] == 1
    assert answer["chance"]["music"]["P@1"] == pytest.approx(5 / 11)
    assert answer["differences"][0]["less"] == TEACHER
    assert answer["rank_agreement"]["good"][ALL] == pytest.approx(1, abs=1e-3)


def test_without_a_teacher_there_is_no_agreement(data: Path, tmp_path: Path) -> None:
    found = evaluate.evaluate(list_recordings(data), [listener("a", student=True)], kept=tmp_path)
    assert (found.report.agreement, found.report.differences) == ({}, {})
    text = report_as_markdown(found.report)
    assert "agreement" not in text
    assert "Differences" not in text


def test_two_models_of_one_name_are_refused(data: Path, tmp_path: Path) -> None:
    models = [listener("a"), listener("b"), listener("a", deaf)]
    with pytest.raises(SettingsError, match="called a in the tables"):
        evaluate.evaluate(list_recordings(data), models, kept=tmp_path)


def test_page_and_picture_are_looked_at_before_anything_is_heard(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def ran(*options: object) -> str:
        arguments = [data, "--model", model, "--work", tmp_path / "kept", *options]
        assert run(list(map(str, arguments)), evaluate.main) == NOT_DONE
        return " ".join(capsys.readouterr().err.split())

    model, page = tmp_path / "some.onnx", tmp_path / "page.md"
    model.write_bytes(b"no model: it is not opened")
    page.write_text(PLACES.replace("quality with silence", "else"))
    assert "has no place for quality with silence" in ran("--markdown", page)
    assert "ends in .png" in ran("--picture", tmp_path / "picture.jpg")
    assert "There is no folder" in ran("--picture", tmp_path / "none" / "picture.png")
    assert not (tmp_path / "kept").exists()


def test_the_teacher_comes_last() -> None:
    others = [listener(TEACHER), listener("random")]
    names = [each.name for each in evaluate.line_up([listener("student")], others)]
    assert names == ["random", "student", TEACHER]


@pytest.mark.parametrize("text", ["nothing", "<!-- quality --> unclosed"])
def test_a_page_without_a_place_is_left_as_it_is(text: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(SettingsError, match="has no place for quality"):
        replace_part(page, "quality", "new")
    assert page.read_text() == text
    with pytest.raises(SettingsError, match="cannot be read"):
        replace_part(tmp_path / "none.md", "quality", "new")


def test_a_cell_cannot_break_its_table() -> None:
    assert markdown_table(("a", "b"), [("x|y", "1\n2")]) == (
        "| a | b |\n| --- | ---: |\n| x\\|y | 1 2 |"
    )
