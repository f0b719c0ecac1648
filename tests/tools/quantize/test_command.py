"""`soundalike model quantize`: what is added to a model, and that nothing is added in part."""

from __future__ import annotations

import errno
import os
import tomllib
from pathlib import Path

import onnx
import pytest

from models.card import check_file
from models.cards import load_card
from models.choice import candidates
from tests.tools.conftest import Cli, only_json, write_piece
from tests.tools.quantize.making import piece, pieces, write_model
from tools.quantize import asking, errand, quantise
from tools.quantize.sounds import Sound


@pytest.fixture
def models_dir(home: Path) -> Path:
    write_model(home / "models")
    return home / "models"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Synthesise less, and calibrate on less."""
    monkeypatch.setattr(quantise, "CALIBRATION_PATCHES", 16)
    monkeypatch.setattr(asking, "synthesised", lambda *_: list(pieces()))


@pytest.fixture
def any_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take any overlap: made-up weights put everything close together."""
    monkeypatch.setattr("tools.quantize.report.LEAST_OVERLAP", 0.3)


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    folder = tmp_path / "audio"
    for number in range(22):
        write_piece(folder / f"{number}.flac", 60 * 1.25**number, seed=number, seconds=2.5)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.name: path.read_bytes() for path in found}


def test_the_file_is_added_to_the_card(models_dir: Path, any_will_do: None, cli: Cli) -> None:
    status, out, _ = cli("model", "quantize", "narrow", "--json")
    answer = only_json(out)
    assert (status, answer["fits"], answer["left_out"]) == (0, True, [])
    card = load_card("narrow", models_dir)
    assert [file.precision for file in card.files] == ["fp16", "int8"]
    first, small = card.files
    assert first.path.name == "narrow.onnx"  # what was there bears the name it had
    assert answer["path"] == str(check_file(small))
    assert small.overlap == pytest.approx(answer["overlap"], abs=1e-4)
    assert tomllib.loads((models_dir / "narrow.toml").read_text())["note"] == "kept"
    assert set(files(models_dir)) == {
        *("narrow.toml", "narrow.npz", "narrow.onnx", small.path.name)
    }


def test_another_one_takes_its_place(
    models_dir: Path, any_will_do: None, audio: Path, cli: Cli
) -> None:
    cli("model", "quantize", "narrow")
    before = load_card("narrow", models_dir)
    assert cli("model", "quantize", "narrow", "--calibrate", audio)[0] == 0
    after = load_card("narrow", models_dir)
    assert [file.precision for file in after.files] == ["fp16", "int8"]
    assert before.files[1].sha512 != after.files[1].sha512
    check_file(after.files[1])


def test_audio_that_cannot_be_heard_is_listed(
    models_dir: Path, any_will_do: None, audio: Path, cli: Cli
) -> None:
    (audio / "broken.mp3").write_bytes(b"no sound" * 100)
    status, out, _ = cli("model", "quantize", "narrow", "--calibrate", audio, "--json")
    answer = only_json(out)
    assert status == 1
    assert [Path(file["path"]).name for file in answer["left_out"]] == ["broken.mp3"]
    assert (answer["asked"], answer["catalogue"]) == (22, "22 named sounds")


def test_few_sounds_are_joined_by_others(
    models_dir: Path, any_will_do: None, audio: Path, cli: Cli
) -> None:
    status, out, _ = cli("model", "quantize", "narrow", "--calibrate", audio / "3.flac", "--json")
    answer = only_json(out)
    assert (status, answer["asked"]) == (0, 25)
    assert answer["catalogue"] == "1 named sound and 24 synthesised pieces"


def test_the_hosts_own_index_is_asked(
    models_dir: Path, any_will_do: None, audio: Path, tmp_path: Path, cli: Cli
) -> None:
    index = tmp_path / "index"
    assert cli("index", "build", audio, "--model", "narrow", "--out", index)[0] == 0
    (audio / "7.flac").unlink()
    status, out, _ = cli("model", "quantize", "narrow", "--index", index, "--json")
    answer = only_json(out)
    assert (status, answer["asked"]) == (0, 21)
    assert answer["catalogue"] == f"the 22 tracks of {index}"
    # Asked for by name, one of another model is refused; without a name, it is passed over.
    status, _, err = cli("model", "quantize", "vggish-small", "--index", index, "--out", "x.onnx")
    assert status == 2
    assert "cannot be compared" in err


def test_what_finds_too_little_is_not_added(
    models_dir: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli
) -> None:
    monkeypatch.setattr("tools.quantize.report.LEAST_OVERLAP", 1.01)
    before = files(models_dir)
    status, out, _ = cli("model", "quantize", "narrow")
    assert status == 2
    assert "it is not used" in out
    assert "Nothing was added to the model." in out
    assert files(models_dir) == before


def test_a_bundled_model_is_not_added_to_but_can_be_written_elsewhere(
    tmp_path: Path, home: Path, cli: Cli
) -> None:
    status, _, err = cli("model", "quantize", "vggish-small")
    assert status == 2
    assert "comes with Soundalike, and its files are not added to" in err
    assert "--out" in err
    out = tmp_path / "small.onnx"
    status, text, _ = cli("model", "quantize", "vggish-small", "--out", out)
    assert status == 0
    assert f"It is in {out}." in text
    onnx.checker.check_model(onnx.load(out))
    assert not (home / "models").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_an_int8_model_is_not_quantised_again(models_dir: Path, cli: Cli) -> None:
    card = models_dir / "narrow.toml"
    card.write_text(card.read_text().replace('"fp16"', '"int8"'))
    status, _, err = cli("model", "quantize", "narrow")
    assert status == 2
    assert "is int8 already" in err


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_a_disk_that_refuses_is_a_sentence(
    models_dir: Path, monkeypatch: pytest.MonkeyPatch, number: int, cli: Cli
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(quantise.onnx, "save", refuse)
    before = files(models_dir)
    status, _, err = cli("model", "quantize", "narrow")
    assert status == 2
    assert "is full" in err if number == errno.ENOSPC else "cannot be written to" in err
    assert files(models_dir) == before


def test_a_place_that_is_not_there_is_a_sentence(cli: Cli, tmp_path: Path) -> None:
    status, _, err = cli("model", "quantize", "vggish-small", "--out", tmp_path / "no" / "x.onnx")
    assert status == 2
    assert "x.onnx cannot be written: No such file or directory." in err


def test_an_interrupt_leaves_the_model_as_it_was(
    models_dir: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(errand, "compare", interrupt)
    before = files(models_dir)
    status, _, err = cli("model", "quantize", "narrow")
    assert (status, "Stopped." in err) == (130, True)
    assert files(models_dir) == before


def test_a_kept_file_may_run_where_it_fits(
    models_dir: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli
) -> None:
    """The run-time choice takes the overlap that was written."""
    monkeypatch.setattr(asking, "synthesised", lambda *_: [Sound("one", piece(1)), *pieces()])
    assert cli("model", "quantize", "narrow")[0] == 0
    card = load_card("narrow", models_dir)
    assert [file.precision for file in candidates(card)] == [card.files[0].precision, "int8"]
