"""The yardstick, from audio files to tables, page and picture, with models made for it."""

import io
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from rich.console import Console

from models.cards import load_card
from models.types import PatchEmbeddings, SettingsError
from models.windows import pool
from tools.cli import NOT_DONE, run
from tools.markdown import markdown_table, replace_part
from tools.train import evaluate, hearing, yardstick_report
from tools.train.hearing import Heard, hear
from tools.train.listeners import TEACHER, Listener, card_listener, combined, hear_patches
from tools.train.sources import list_recordings
from tools.train.trials import Trial
from tools.train.yardstick import ALL, compare, difference, rank_agreement
from tools.train.yardstick_report import (
    report_as_json,
    report_as_markdown,
    report_lines,
    summary_as_markdown,
)

RATE = 16_000
PLACES = """\
<!-- quality -->
old
<!-- end of quality -->
<!-- quality with silence -->
<!-- end of quality with silence -->
"""


def tone(hertz: float, seconds: float, seed: int = 0) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    hiss = 0.01 * np.random.default_rng(seed).standard_normal(len(time))
    return 0.3 * np.sin(2 * np.pi * hertz * time) + hiss


def write(path: Path, samples: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, RATE)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small data folder: high and low instruments, two tracks, something to train on."""
    folder = tmp_path_factory.mktemp("data")
    for number in range(4):
        write(folder / f"philharmonia/banjo/{number}.wav", tone(2000 + 100 * number, 1.1, number))
        write(folder / f"philharmonia/flute/{number}.wav", tone(300 + 20 * number, 1.1, number))
    write(folder / "music/FMA/one.wav", tone(900, 70))
    write(folder / "music/Jamendo/two.wav", tone(1500, 70))
    write(folder / "music/OpenHV/song.wav", tone(700, 5))
    write(folder / "esc10/001 - Dog/1-a.wav", np.concatenate([tone(700, 2), np.zeros(4 * RATE)]))
    return folder


def spectrum(batch: np.ndarray) -> np.ndarray:
    return batch.mean(axis=1)


def deaf(batch: np.ndarray) -> np.ndarray:
    seeds = [zlib.crc32(patch.tobytes()) for patch in batch]
    rows = [np.random.default_rng(seed).standard_normal(4) for seed in seeds]
    return np.array(rows, np.float32)


def listener(name: str, network=spectrum, **more) -> Listener:
    return Listener(name, name.partition(" ")[0], lambda: hear_patches(network), **more)


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


def test_vectors_are_centred_and_what_lies_on_the_mean_is_no_error() -> None:
    trial = Trial("x", ("a", "a", "b"), ("1", "2", "3"))
    vectors = np.array([[11, 0], [12, 0], [10, 0]], np.float32)
    heard = Heard(np.array([10, 0], np.float32), {"x": vectors})
    assert heard.unit_vectors(trial).tolist() == [[1, 0], [1, 0], [0, 0]]


def test_silence_takes_part_in_one_reading(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "esc10/001 - Dog/4-half.wav"
    write(path, np.concatenate([tone(700, 2.5), np.zeros(2 * RATE)]))
    recordings = [*list_recordings(data), *list_recordings(tmp_path)]
    known = listener("b", mean=np.ones(64, np.float32))
    found = hear(recordings, [listener("a"), known], kept=tmp_path)
    sound, everything = found.heard["a"], found.with_silence["a"]
    assert everything.mean.mean() < sound.mean.mean() - 0.5  # four of eleven seconds teach silence
    assert everything.vectors["esc10"].mean() < sound.vectors["esc10"].mean() - 0.5
    np.testing.assert_array_equal(everything.vectors["music"], sound.vectors["music"])
    # A mean that ships is that of sound: with silence, every model has its own.
    assert found.heard["b"].mean.tolist() == [1] * 64
    np.testing.assert_array_equal(found.with_silence["b"].mean, everything.mean)


def test_a_silent_piece_is_heard_as_it_is(data: Path, tmp_path: Path) -> None:
    silent = tmp_path / "esc10/001 - Dog/4-silent.wav"
    write(silent, np.zeros(2 * RATE))
    recordings = [*list_recordings(data), *list_recordings(tmp_path)]
    heard = hear(recordings, [listener("a")], kept=tmp_path).heard
    assert heard["a"].vectors["esc10"] == pytest.approx(np.log(0.01))


def test_a_model_listens_once(data: Path, tmp_path: Path) -> None:
    def refuse():
        raise AssertionError("it listened again")

    recordings, done = list_recordings(data), []
    first = hear(recordings, [listener("a")], kept=tmp_path, advance=done.append)
    assert sum(done) == len(recordings)
    again = replace(listener("a"), load=refuse, mean=np.ones(64, np.float32))
    second = hear(recordings, [again], kept=tmp_path, advance=done.append)
    assert second.trials == first.trials
    assert sum(done) == 2 * len(recordings)
    one, two = first.heard["a"], second.heard["a"]
    np.testing.assert_array_equal(one.vectors["music"], two.vectors["music"])
    assert two.mean.tolist() == [1] * 64
    added, other = data / "philharmonia/flute/9.wav", data / "philharmonia/flute/1.wav"
    write(added, tone(300, 1.1))
    try:
        with pytest.raises(AssertionError, match="again"):
            hear(list_recordings(data), [again], kept=tmp_path)
    finally:
        added.unlink()
    # Another sound under the same name and of the same size is another sound.
    hear(list_recordings(data), [again], kept=tmp_path)
    size = other.stat().st_size
    write(other, tone(321, 1.1))
    assert other.stat().st_size == size
    with pytest.raises(AssertionError, match="again"):
        hear(list_recordings(data), [again], kept=tmp_path)


def test_a_slow_model_hears_a_part_of_what_taught(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = hear(list_recordings(data), [listener("a"), listener("b", every=8)], kept=tmp_path).heard
    np.testing.assert_array_equal(few["a"].mean, few["b"].mean)  # of few recordings it hears all
    monkeypatch.setattr(hearing, "LEAST_TAUGHT", 1)
    models = [listener("a"), listener("b", every=2)]
    heard = hear(list_recordings(data), models, kept=tmp_path).heard
    assert not np.allclose(heard["a"].mean, heard["b"].mean)
    np.testing.assert_array_equal(heard["a"].vectors["music"], heard["b"].vectors["music"])


def test_a_model_with_a_mean_of_its_own_need_not_hear_what_taught(
    data: Path, tmp_path: Path
) -> None:
    mean = np.ones(64, np.float32)
    found = hear(list_recordings(data), [listener("a", mean=mean, every=0)], kept=tmp_path)
    (path,) = tmp_path.rglob("*.npz")
    with np.load(path) as stored:
        assert not any(name.startswith("mean/") for name in stored)
    assert found.heard["a"].mean is found.with_silence["a"].mean is mean


def test_the_statistics_take_part_as_the_product_runs_them(data: Path, tmp_path: Path) -> None:
    card = load_card("librosa-stats", tmp_path)
    floor = card_listener(card)
    note = tone(440, 5.0).astype(np.float32)
    embeddings = floor.load()(note)
    assert embeddings.shape == (5, card.dim)
    pooled = floor.pool(embeddings)
    third = card.dim // 3
    np.testing.assert_allclose(pooled[:third], embeddings[:, :third].mean(axis=0), rtol=1e-4)
    np.testing.assert_array_equal(pooled[-third:], embeddings[:, -third:].min(axis=0))
    windows = pool(
        PatchEmbeddings(embeddings, np.zeros(5, np.float32)),
        np.ones(5, bool),
        card.mean,
        scale=card.scale,
        pooling=card.pooling,
    )
    heard = Heard(floor.mean, {"x": pooled[np.newaxis]}, floor.scale)
    unit = heard.unit_vectors(Trial("x", ("a",), ("1",)))
    np.testing.assert_allclose(unit, windows.vectors, atol=1e-5)


def test_a_piece_longer_than_a_window_is_combined_as_a_whole() -> None:
    rows = np.random.default_rng(2).standard_normal((130, 6)).astype(np.float32)
    whole = combined(rows, pooling="mean-max-min")
    np.testing.assert_array_equal(whole[2:4], rows[:, 2:4].max(axis=0))
    np.testing.assert_array_equal(whole[4:], rows[:, 4:].min(axis=0))
    np.testing.assert_allclose(whole[:2], rows[:, :2].mean(axis=0), atol=0.2)


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


def test_what_finds_nothing_is_said_in_a_sentence(tmp_path: Path) -> None:
    write(tmp_path / "music/OpenHV/song.wav", tone(700, 2))
    write(tmp_path / "esc10/001 - Dog/4-a.wav", tone(900, 2))
    with pytest.raises(SettingsError, match="has anything to find"):
        hear(list_recordings(tmp_path), [listener("a")], kept=tmp_path / "kept")


def test_where_all_that_taught_is_silent_its_mean_is_that_of_silence(tmp_path: Path) -> None:
    write(tmp_path / "music/OpenHV/song.wav", np.zeros(2 * RATE))
    for number in range(2):
        write(tmp_path / f"esc10/001 - Dog/4-{number}.wav", tone(900, 2))
    heard = hear(list_recordings(tmp_path), [listener("a")], kept=tmp_path / "kept").heard["a"]
    assert heard.mean == pytest.approx(np.log(0.01))


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
