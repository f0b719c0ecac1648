"""`soundalike bench`: every part runs on real parts and says what it measured."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.tools.conftest import Cli, only_json
from tools.bench import cli as bench_cli
from tools.bench import decode, end_to_end, long_clip, model, search, vggish
from tools.bench.effort import Effort
from tools.bench.measure import Report, Row, timed
from tools.bench.rounds import best_of_rounds
from tools.convert.network import Topology

OF = ("worker", "of two")
LITTLE = Effort(Topology.narrow(16), (1,), (3,), rounds=2, calls=2, seconds=10.0, asks=1)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure little: what is tested is that everything is measured."""
    monkeypatch.setattr(decode, "SECONDS", 2.0)
    monkeypatch.setattr(decode, "_REPEATS", 1)
    monkeypatch.setattr(model, "SECONDS", 5.0)
    monkeypatch.setattr(model, "_REPEATS", 1)
    monkeypatch.setattr(search, "SIZES", (400,))
    monkeypatch.setattr(search, "QUERIES", 20)
    monkeypatch.setattr(search, "MILLION", 900)
    monkeypatch.setattr(end_to_end, "WINDOWS", 400)
    monkeypatch.setattr(end_to_end, "_REPEATS", 4)
    monkeypatch.setattr(long_clip, "WINDOWS", 400)
    monkeypatch.setattr(bench_cli, "USUAL", LITTLE)


def rows(cli: Cli, part: str, *arguments: object) -> list[dict[str, dict]]:
    status, out, _ = cli("bench", part, *arguments, "--json")
    assert status == 0
    answer = only_json(out)
    assert list(answer["reports"]) == [part]
    return [{row["what"]: row for row in report["rows"]} for report in answer["reports"][part]]


def test_decode_beside_its_peers(tiny_model: Path, cli: Cli) -> None:
    reports = rows(cli, "decode")
    assert len(reports) == 4
    assert reports[0]["pydub and soxr"]["repeats"] == 1  # wav, which it reads without help
    for report in reports:
        assert set(report) == {"soundalike", "librosa.load", "pydub and soxr"}
        assert report["soundalike"]["ratio"] == 1
        for row in report.values():
            assert row["repeats"] or "cannot read it here" in row["note"]


def test_model_beside_one_call_for_each_patch_and_vggish_beside_its_peers(
    tiny_model: Path, cli: Cli
) -> None:
    own, vggish, memory = rows(cli, "model")
    assert set(own) == {
        *("1 thread", "2 threads", "the front end alone", "one call for each patch")
    }
    assert all(row["median_ms"] > 0 for row in own.values())
    assert list(vggish)[:2] == ["VGGish int8", "VGGish fp32"]
    assert [vggish[what]["repeats"] for what in ("VGGish int8", "VGGish fp32", "tiny fp32")] == [
        2
    ] * 3
    for peer in ("PyTorch fp32", "TensorFlow fp32", "OpenVINO fp32", "OpenVINO, the int8 file"):
        assert vggish[peer]["repeats"] == 2 or vggish[peer]["note"] == "not installed"
    # They are one network: rounding to int8 tells them apart, nothing else does.
    notes = [row["note"] for row in vggish.values() if row["note"].startswith("cosine")]
    assert notes
    assert all(float(note.split()[-1]) > 0.99 for note in notes)
    assert re.fullmatch(r"\d+\.\d× as fast as VGGish fp32", vggish["tiny fp32"]["note"])
    assert list(memory) == [
        *(f"VGGish {precision}, one {of}" for precision in ("fp32", "int8") for of in OF),
        "tiny fp32, one worker",
    ]
    assert all(0 < row["before"] < row["rss"] for row in memory.values())


def test_search_beside_its_peers(tiny_model: Path, tmp_path: Path, cli: Cli) -> None:
    keep = tmp_path / "keep"
    nearest, index = rows(cli, "search", "--keep", keep)
    assert nearest["NumPy, every vector"]["note"] == "recall 1.0000"
    ours = nearest["usearch f16, weighed in float32"]
    assert ours["ratio"] == 1
    assert re.match(r"recall 1.0000 with ef 40, \d+ bytes each, the index's own,", ours["note"])
    assert "built in" in nearest["usearch bf16, weighed in float32"]["note"]
    for peer in ("hnswlib", "faiss HNSW", "voyager", "annoy, 50 trees"):
        assert nearest[peer]["repeats"] == 20 or nearest[peer]["note"] == "not installed"
    assert index["a whole ranking"]["repeats"] == 20
    assert index["a whole ranking"]["note"].startswith("recall 1.0000;")
    assert index["each of 2 processes that search"]["note"].count("MB more than before") == 2
    assert index["build it"]["repeats"] == 1
    again, index = rows(cli, "search", "--keep", keep)
    assert "built before" in again["usearch bf16, weighed in float32"]["note"]
    assert "build it" not in index


def test_search_among_more_windows_of_an_index(
    tiny_model: Path, music: Path, tmp_path: Path, cli: Cli
) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- million -->\n<!-- end of million -->\nafter\n")
    assert cli("index", "build", music, "--out", tmp_path / "index")[0] == 0
    line = ("--index", tmp_path / "index", "--million", "--markdown", page, "--json")
    status, out, _ = cli("bench", "search", *line)
    assert status == 0
    nearest, index = only_json(out)["reports"]["search"]
    assert "among 900 around those of index (8 numbers)" in nearest["title"]
    assert "900 tracks and 900 windows around those of index" in index["title"]
    assert [row["what"] for row in nearest["rows"][:3]] == [
        *(f"usearch {dtype}, weighed in float32" for dtype in ("f16", "bf16")),
        "hnswlib",
    ]
    assert page.read_text().startswith("before\n<!-- million -->\n\nOn ")
    assert "| a whole ranking |" in page.read_text()


def test_each_task_counts_as_its_best_time() -> None:
    done: list[tuple[str, int]] = []
    names = ("one", "other")
    ways = [lambda task, name=name: done.append((name, task)) for name in names]
    times = best_of_rounds(ways, range(40), rounds=2)
    assert [len(way) for way in times] == [40, 40]
    assert all(0 < seconds < np.inf for way in times for seconds in way)
    assert sorted(done) == sorted(
        2 * [(way, task) for way in ("one", "other") for task in range(40)]
    )
    assert ("one", 39) in done[: len(done) - done[::-1].index(("one", 0))]


# librosa imports modules of the standard library that are on their way out.
@pytest.mark.filterwarnings("ignore:.* slated for removal:DeprecationWarning")
def test_end_to_end_with_its_stages(tiny_model: Path, cli: Cli) -> None:
    report, long = rows(cli, "end-to-end")
    assert report["second and later asks"]["repeats"] == 4
    assert {"  decode", "  embed", "  score"} <= set(report)
    assert {report[what]["ratio"] for what in report if what.startswith("  ")} == {None}
    assert report["the straightforward way"]["median_ms"] > 0
    assert "the first ask" in report
    assert next(iter(long)) == "VGGish int8"
    assert {"  decode", "  embed", "  score"} <= set(long)
    assert long["the straightforward way"]["ratio"] > 0


def test_tables_for_a_person(tiny_model: Path, cli: Cli) -> None:
    status, out, _ = cli("bench", "search")
    assert status == 0
    assert "median ms" in out
    assert "1.00×" in out


def test_a_page_takes_the_tables(tiny_model: Path, cli: Cli, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("above\n<!-- speed -->\nold\n<!-- end of speed -->\nbelow\n")
    assert cli("bench", "decode", "--markdown", page)[0] == 0
    text = page.read_text()
    assert text.startswith("above\n<!-- speed -->\n\nOn ")
    assert "|  | median ms | p95 ms | ratio |  |" in text
    assert text.endswith("\n\n<!-- end of speed -->\nbelow\n")
    assert cli("bench", "search", "--markdown", tmp_path / "none.md")[0] == 2


def test_files_are_compared_with_vggish_in_the_same_arithmetic() -> None:
    times = {"VGGish int8": 4.0, "VGGish fp32": 16.0, "small fp16": 2.0, "small int8": 0.5}
    rows = [Row(what, (seconds,)) for what, seconds in times.items()]
    own = {
        name: SimpleNamespace(network=SimpleNamespace(precision=name[-4:]))
        for name in ("small fp16", "small int8")
    }
    notes = [row.note for row in vggish._beside_vggish(rows, own)]
    assert notes == ["", "", "8.0× as fast as VGGish fp32", "8.0× as fast as VGGish int8"]
    failed = [Row("VGGish int8"), *rows[1:]]
    assert [row.note for row in vggish._beside_vggish(failed, own)][3] == ""


def test_ratios_and_missing_rows() -> None:
    report = Report("x", [Row("ours", (0.1, 0.2, 0.3), per=2), Row("theirs", (0.4,)), Row("none")])
    first, second, missing = report.as_json()["rows"]
    assert first["median_ms"] == pytest.approx(100)
    assert second["ratio"] == pytest.approx(4)
    assert (missing["median_ms"], missing["ratio"], missing["repeats"]) == (None, None, 0)


def test_a_part_of_another_row_is_not_compared() -> None:
    report = Report("x", [Row("whole", (0.4,)), Row("  part", (0.1,), part=True)])
    _, table = report.grid().lines()
    assert list(table.columns[3].cells) == ["1.00×", ""]
    assert report.as_json()["rows"][1]["ratio"] is None


def test_timed_warms_up_once() -> None:
    calls: list[int] = []
    row = timed("x", lambda: calls.append(1), 3)
    assert (len(calls), len(row.seconds)) == (4, 3)
