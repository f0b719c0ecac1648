"""Finishing a model: its int8 file is made, measured, kept or left out, and its card says so."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from models.card import check_file
from models.cards import read_card
from models.published import sha512_of
from tests.tools.quantize.making import RATE, piece, write_narrow
from tools.cards import write_card
from tools.cli import NOT_DONE, run
from tools.train import evaluate, finish
from tools.train.card import card_of_training
from tools.train.manifest import manifest_digest

PLACES = "".join(
    f"<!-- {part} -->\n<!-- end of {part} -->\n" for part in ("quality", "quality with silence")
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with twenty test tracks, which is enough to compare ten nearest ones."""
    folder = tmp_path_factory.mktemp("data")
    for number in range(20):
        write(folder / f"music/FMA/{number:02}.wav", piece(number))
    for number in range(20, 24):
        write(folder / f"music/OpenHV/{number:02}.wav", piece(number))
    for number in range(12):
        write(folder / f"esc10/00{number % 3} - Sound/4-{number}.wav", piece(number % 3, 2.0))
    return folder


def write(path: Path, samples: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, RATE)


OF_OTHER_WEIGHTS = {
    "files": [{"sha512": "0"}],
    "mean": [0.25] * 128,
    "calibration": {"reference": "x", "knots": [[0.0, 0.0], [1.0, 1.0]]},
    "same": {"long": 0.9, "short": 0.9, "twin": 0.9},
}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_narrow(tmp_path / "vggish_small.onnx")


def trained() -> dict:
    known = card_of_training(training_data="sounds", command="python", manifest=None)
    return {**known, "output": "embedding"}


def test_one_command_makes_measures_and_tells(
    data: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "company", lambda teacher, seed: [])
    place, page, picture = (tmp_path / name for name in ("vggish-small.toml", "p.md", "p.png"))
    manifest = tmp_path / "data.txt"
    manifest.write_text("hash  name\n")
    # The card of other weights, whose mean is not theirs.
    write_card(place, trained() | OF_OTHER_WEIGHTS)
    page.write_text(PLACES)
    arguments = {
        "--model": model,
        "--card": place,
        "--beside": write_narrow(tmp_path / "half.onnx", seed=2),
        "--manifest": manifest,
        "--work": tmp_path / "work",
        "--markdown": page,
        "--picture": picture,
    }
    flat = [str(part) for option in arguments.items() for part in option]
    ran = CliRunner().invoke(finish.main, [str(data), *flat], catch_exceptions=False)
    assert ran.exit_code == 0
    assert "vggish-small-int8 less vggish-small, on the same queries" in ran.output
    assert "The int8 file is kept." in ran.output.replace("\n", " ")

    said = " ".join(ran.output.split())
    assert "[calibration] and [same] of the card were measured of other weights" in said
    assert "20 sounds asked" in said  # the songs of the test side, and no others

    card = read_card(place, tmp_path)
    assert card.calibration is None
    assert [(file.path.name, file.precision) for file in card.files] == [
        ("vggish_small.onnx", "fp16"),
        ("vggish_small_int8.onnx", "int8"),
    ]
    assert [sha512_of(file.path) for file in card.files] == [file.sha512 for file in card.files]
    assert card.files[1].overlap is not None
    assert card.files[1].overlap >= 0.95
    assert card.files[1].size < 0.8 * card.files[0].size
    assert np.ptp(card.mean) > 0
    table = tomllib.loads(place.read_text())
    names = {"vggish-small", "vggish-small-int8", "half", "chance"}
    assert set(table["evaluation"]["esc10"]) == names
    assert table["data_manifest_sha256"] == manifest_digest("hash  name\n")
    assert "| half |" in page.read_text()
    assert picture.stat().st_size > 10_000


def test_an_int8_file_that_loses_is_left_out(
    data: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "vggish_small_int8.onnx"
    old.write_bytes(b"of other weights")
    monkeypatch.setattr(finish, "MOST_LOST", -1.0)
    found = finish.finish(model, trained(), data, [], tmp_path / "work")
    assert not found.kept
    assert old.exists()  # nothing is put in place yet
    card = tmp_path / "vggish-small.toml"
    finish.put_in_place(found, model, card)
    assert not old.exists()
    assert [file.path.name for file in read_card(card, tmp_path).files] == ["vggish_small.onnx"]
    assert [file["precision"] for file in found.card["files"]] == ["fp16"]
    assert "vggish-small-int8" in found.card["evaluation"]["esc10"]
    assert "The int8 file is left out" in str(list(finish.finished_lines(found))[-1])


def test_what_is_known_of_the_same_weights_is_kept(data: Path, model: Path, tmp_path: Path) -> None:
    table = trained() | OF_OTHER_WEIGHTS | {"files": [{"sha512": sha512_of(model)}]}
    found = finish.finish(model, table, data, [], tmp_path / "work")
    assert found.outdated == ()
    for name in ("mean", "calibration", "same"):
        assert found.card[name] == OF_OTHER_WEIGHTS[name]
    assert not any("other weights" in str(line) for line in finish.finished_lines(found))

    # Where the new int8 file cannot be put in place, the card names none.
    card, place = tmp_path / "vggish-small.toml", tmp_path / "vggish_small_int8.onnx"
    found.rounded.rename(tmp_path / "gone")
    place.write_bytes(b"of other weights")
    with pytest.raises(FileNotFoundError):
        finish.put_in_place(found, model, card)
    assert [file.path for file in read_card(card, tmp_path).files] == [model]
    (tmp_path / "gone").rename(found.rounded)
    finish.put_in_place(found, model, card)
    files = read_card(card, tmp_path).files
    assert [check_file(file) for file in files] == [model, place]


def test_a_page_without_a_place_is_found_out_at_once(
    data: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card, page = tmp_path / "vggish-small.toml", tmp_path / "page.md"
    write_card(card, trained())
    page.write_text("no place")
    options = ["--model", model, "--card", card, "--markdown", page, "--work", tmp_path / "work"]
    assert run([str(each) for each in (data, *options)], finish.main) == NOT_DONE
    assert "has no place for quality" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "work").exists()
