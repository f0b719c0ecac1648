"""The command that trains: from made-up sounds and the real teacher to a model with its card."""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

torch = pytest.importorskip("torch", reason="training needs the `train` extra")
pytest.importorskip("ai_edge_litert", reason="training needs the `train` extra")

from models.card import check_file  # noqa: E402 (after the check for the extra)
from models.cards import read_card  # noqa: E402 (after the check for the extra)
from models.session import open_session  # noqa: E402
from tests.tools.quantize.making import RATE, piece  # noqa: E402
from tools.cards import write_card  # noqa: E402
from tools.cli import NOT_DONE, run  # noqa: E402
from tools.train import __main__ as command  # noqa: E402
from tools.train import coded, evaluate, fit, plan, stages, steady, targets  # noqa: E402
from tools.train.__main__ import main  # noqa: E402
from tools.train.plan import Plan  # noqa: E402
from tools.train.student import DIM, HALF_WIDTHS, WIDTHS  # noqa: E402

PATCHES = 160


@pytest.fixture
def teacher(test_data: Path) -> Path:
    path = test_data.parent / "models/yamnet/yamnet_waveform.tflite"
    if not path.exists():
        pytest.skip("YAMNet's file is not here")
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder with something of every kind on both sides."""
    # Twenty songs to ask among, or more would be synthesised.
    names = [*(f"music/FMA/{number}" for number in range(20)), "music/OpenHV/one"]
    names += [f"esc10/00{label} - Sound/{fold}-{label}" for fold in (1, 4, 5) for label in "01"]
    names += [f"philharmonia/{label}/{number}" for label in ("cello", "flute") for number in "01"]
    for number, name in enumerate(names):
        path = tmp_path / "data" / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, piece(number, 1.0), RATE)
    return tmp_path / "data"


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Draw, train and code little, in this process; and leave out the slow full-size network."""
    monkeypatch.setattr(targets, "SHARD", PATCHES // 2)
    monkeypatch.setattr(targets, "_in_parallel", lambda work, items, jobs: map(work, items))
    monkeypatch.setattr(fit, "BATCH", 32)
    monkeypatch.setattr(steady, "TAUGHT", 16)
    monkeypatch.setattr(steady, "CODED", 16)
    monkeypatch.setattr(coded, "SHARD", 2)
    monkeypatch.setattr(coded, "SHARES", {"music": 1.0})
    monkeypatch.setattr(plan, "STEADY_WINDOWS", 4)
    monkeypatch.setattr(stages, "STEADY_WINDOWS", 4)
    monkeypatch.setattr(plan, "POLISH_WINDOWS", 2)
    monkeypatch.setattr(
        command,
        "company",
        lambda teacher, seed, half: evaluate.company(teacher, seed, half=half)[1:],
    )
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def a_plan(tmp_path: Path, teacher: bytes = b"teacher", **changes: object) -> Plan:
    path = tmp_path / "teacher.tflite"
    path.write_bytes(teacher)
    asked = {
        "data": tmp_path,
        "teacher": path,
        "out": tmp_path / "small.onnx",
        "work": tmp_path,
        "patches": 10,
        "pieces": 1,
        "voices": 2,
        "flattening": 0.25,
        "recipe": fit.Recipe(WIDTHS),
        "length": fit.Length(3.0),
        "steady": 400,
        "polish": True,
        "seed": 1,
        "jobs": 1,
    }
    return Plan(**(asked | changes))


def test_help_says_how_it_is_used() -> None:
    shown = CliRunner().invoke(main, ["--help"])
    assert shown.exit_code == 0
    assert "Example:" in shown.output
    assert "--no-polish" in shown.output


@pytest.mark.usefixtures("little")
def test_one_command_goes_from_sounds_to_a_card(data: Path, teacher: Path, tmp_path: Path) -> None:
    def train(*more: str) -> str:
        options = {
            "--teacher": teacher,
            "--out": out,
            "--work": work,
            "--patches": PATCHES,
            "--pieces": 1,
            "--voices": 1,
            "--epochs": 1,
            "--steady": 1,
            "--jobs": 1,
        }
        flat = [str(part) for option in options.items() for part in option]
        ran = CliRunner().invoke(main, [str(data), *flat, "--half", *more], catch_exceptions=False)
        assert ran.exit_code == 0
        return " ".join(ran.output.split())

    out, work = tmp_path / "vggish_small_half.onnx", tmp_path / "work"
    assert "is written, and its card" in train()
    place = work / "vggish-small-half.toml"
    table = tomllib.loads(place.read_text())
    assert table["embedding_space"].startswith("vggish-small-half-")
    assert table["made_by"].endswith("--half --flattening 0.25 --contrast 0.1 --steady 1 --seed 1")
    assert set(table["evaluation"]["esc10"]) >= {"vggish-small-half", "untrained", "chance"}
    assert len(list(work.glob("coded-*/coded-*.npy"))) == 3
    assert (work / "vggish-small-half-data.txt").is_file()
    card = read_card(place, out.parent)
    assert [file.path.name for file in card.files][:1] == [out.name]
    heard = np.zeros((3, 96, 64), np.float32)
    file = replace(card.files[0], path=out)
    check_file(file)
    session = open_session(file, 1)
    assert session.run(None, {session.get_inputs()[0].name: heard})[0].shape == (3, DIM)


@pytest.mark.usefixtures("little")
def test_a_card_from_before_tells_what_it_knows(tmp_path: Path) -> None:
    asked = a_plan(tmp_path)
    asked.out.write_bytes(b"weights")
    assert command._known_before(asked) == {}
    known = {"files": [{"sha512": "of others"}], "same": {"long": 0.9}, "mean": [0.5]}
    write_card(asked.card, known | {"name": asked.name, "evaluation": {}})
    # Whether it is true of these weights is for `finish` to say.
    assert command._known_before(asked) == known


def test_what_is_missing_is_said_at_once(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(folder: Path, out: Path) -> str:
        options = ["--teacher", teacher, "--out", out, "--work", tmp_path / "work"]
        assert run([str(each) for each in (folder, *options)], main) == NOT_DONE
        assert not (tmp_path / "work").exists()
        return " ".join(capsys.readouterr().err.split())

    teacher, out = tmp_path / "teacher.tflite", tmp_path / "small.onnx"
    teacher.write_bytes(b"never opened")
    assert "There is nothing to train on" in refused(tmp_path, out)
    assert "There is no folder" in refused(data, tmp_path / "none" / "small.onnx")
    monkeypatch.setattr(command, "find_ffmpeg", lambda: None)
    assert "There is no ffmpeg" in refused(data, out)


def test_other_choices_have_other_files(tmp_path: Path) -> None:
    def files(**changes: object) -> tuple[Path, str]:
        asked = a_plan(tmp_path, **changes)
        return asked.drawn([]), asked.choices()

    usual = files()
    assert files() == usual
    assert files(teacher=b"another")[0] != usual[0]
    for changes in (
        {"length": fit.Length(3.0, 5.0)},
        {"length": fit.Length(2.0)},
        {"recipe": fit.Recipe(HALF_WIDTHS)},
        {"recipe": fit.Recipe(WIDTHS, contrast=0.3)},
        {"flattening": 0.0},
        {"patches": 20},
        {"seed": 2},
    ):
        assert files(**changes) != usual
    # Only how patches are drawn is another folder: a run that trains longer draws nothing anew.
    assert files(length=fit.Length(3.0, 5.0))[0] == usual[0]


def test_half_the_width_is_another_model(tmp_path: Path) -> None:
    whole, half = a_plan(tmp_path), a_plan(tmp_path, recipe=fit.Recipe(HALF_WIDTHS))
    assert (whole.name, half.name) == ("vggish-small", "vggish-small-half")
    assert whole.card != half.card
    assert "--half" in half.command()
    assert "--half" not in whole.command()


def test_steadying_and_polishing_are_asked_for_apart(tmp_path: Path) -> None:
    def coded_windows(batches: int, *, polish: bool) -> int:
        return a_plan(tmp_path, steady=batches, polish=polish).coded_windows

    assert coded_windows(400, polish=True) == plan.STEADY_WINDOWS + plan.POLISH_WINDOWS
    assert coded_windows(0, polish=True) == plan.STEADY_WINDOWS + plan.POLISH_WINDOWS
    assert coded_windows(400, polish=False) == plan.STEADY_WINDOWS
    assert coded_windows(0, polish=False) == 0
    assert "--steady 0 --no-polish" in a_plan(tmp_path, steady=0, polish=False).command()
    assert "polish" not in a_plan(tmp_path).command()
