"""A card is read whole or refused in words."""

from __future__ import annotations

import dataclasses
import errno
import os
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.card import Calibration, ModelCard, check_file
from models.cards import list_cards, load_card, read_card
from models.types import ModelError, Sameness
from tests.models.tiny import card_text

KNOTS = "[calibration]\nreference = 'eval'\nknots = [[0.0, 0.1], [0.5, 0.3], [1.0, 0.9]]"


def test_a_card_is_read_with_its_fields(card: ModelCard, models_dir: Path) -> None:
    assert (card.name, card.version, card.space) == ("tiny", "1", "tiny-1")
    assert (card.sample_rate, card.dim, card.patch_seconds) == (16_000, 8, 0.96)
    assert card.mean == (0.5,) * 8
    assert card.file.path == models_dir / "tiny.onnx"
    assert check_file(card.file) == card.file.path
    stamp = card.stamp(card.file)
    assert (stamp.model, stamp.space, stamp.dim) == ("tiny", "tiny-1", 8)
    assert stamp.sha512 == card.file.sha512
    assert card.match(0.9) is None


def test_cards_travel_to_worker_processes(card: ModelCard) -> None:
    assert pickle.loads(pickle.dumps(card)) == card
    assert hash(card) == hash(pickle.loads(pickle.dumps(card)))


def test_cards_are_found_by_name(models_dir: Path, card: ModelCard) -> None:
    assert load_card("tiny", models_dir) == card
    assert card in list_cards(models_dir)
    with pytest.raises(ModelError, match=r"no model named 'nope'.*tiny"):
        load_card("nope", models_dir)


def test_a_file_with_a_url_lies_in_the_models_folder(models_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "elsewhere" / "tiny.toml"
    path.parent.mkdir()
    path.write_text(card_text(models_dir / "tiny.onnx", url='"https://example.org/tiny.onnx"'))
    assert read_card(path, models_dir).file.path == models_dir / "tiny.onnx"
    path.write_text(card_text(models_dir / "tiny.onnx"))
    assert read_card(path, models_dir).file.path == path.parent / "tiny.onnx"


def test_the_preferred_file_that_is_here_is_used(card: ModelCard, tmp_path: Path) -> None:
    absent = dataclasses.replace(card.file, path=tmp_path / "absent.onnx")
    both = dataclasses.replace(card, files=(absent, *card.files))
    assert both.file == card.file
    assert dataclasses.replace(card, files=(absent,)).file == absent


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": '"other"'}, "not that of its file"),
        ({"version": ""}, "'version' is missing"),
        ({"licence": '"  "'}, "'licence' is missing"),
        ({"dim": "true"}, "'dim' is not a whole number"),
        ({"dim": "8.0"}, "'dim' is not a whole number"),
        ({"dim": "9"}, "'mean' is not a list of 9 numbers"),
        ({"mean": "[1, 2, 3, 4, 5, 6, 7, nan]"}, "'mean' is not a list of 8 numbers"),
        ({"sample_rate": "0"}, "'sample_rate' is not a whole number from 1000"),
        ({"patch_seconds": "inf"}, "'patch_seconds' is not a number"),
        ({"pooling": '"max"'}, "not one of mean"),
        ({"path": '"../tiny.onnx"'}, "not a plain file name"),
        ({"sha512": '"ABC"'}, "'sha512' is not 128"),
        ({"more": "[calibration]\nreference = 'x'\nknots = [[0, 1]]"}, "two or more pairs"),
        ({"more": "[calibration]\nreference = 'x'\nknots = [[0, 1], [0, 1]]"}, "do not rise"),
        ({"more": "[calibration]\nreference = 'x'\nknots = [[0, 0], [1, 1.1]]"}, "do not rise"),
        ({"more": "[same]\nlong = 0.9\nshort = 0.9"}, "'twin' is not a number"),
        ({"more": "[same]\nlong = 0.9\nshort = 1.1\ntwin = 0.9"}, "'short' is not a number"),
        ({"more": "this is no TOML"}, "cannot be used"),
    ],
)
def test_a_card_that_makes_no_sense_is_refused(
    changes: dict[str, str], words: str, models_dir: Path
) -> None:
    path = models_dir / "tiny.toml"
    path.write_text(card_text(models_dir / "tiny.onnx", **changes))
    with pytest.raises(ModelError, match=words):
        read_card(path, models_dir)


def test_a_card_needs_files(models_dir: Path) -> None:
    path = models_dir / "tiny.toml"
    path.write_text(card_text(models_dir / "tiny.onnx").split("[[files]]")[0])
    with pytest.raises(ModelError, match="'files' is not a list of tables"):
        read_card(path, models_dir)


def test_a_changed_or_missing_file_is_found_out(card: ModelCard) -> None:
    path = card.file.path
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(ModelError, match="not the one its card describes"):
        check_file(card.file)
    path.unlink()
    with pytest.raises(ModelError, match=r"not there.*Install"):
        check_file(card.file)


def test_a_file_that_may_not_be_read_is_said_to_be_so(
    card: ModelCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    # Not closed for real: the tests may be run by root, for whom no file is.
    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(ModelError, match=r"cannot be read: Permission denied.*permissions"):
        check_file(card.file)


def test_what_macos_puts_beside_a_card_is_none(models_dir: Path) -> None:
    before = list_cards(models_dir)
    (models_dir / "._tiny.toml").write_bytes(b"\0\5\26\7")
    assert list_cards(models_dir) == before


def test_a_calibrated_card_gives_matches(models_dir: Path) -> None:
    path = models_dir / "tiny.toml"
    path.write_text(card_text(models_dir / "tiny.onnx", more=KNOTS))
    card = read_card(path, models_dir)
    given = [-1.0, 0.0, 0.25, 0.5, 0.75, 1.0, 1.1]
    assert [card.match(x) for x in given] == pytest.approx([0.1, 0.1, 0.2, 0.3, 0.6, 0.9, 0.9])


def test_a_card_can_say_what_counts_as_the_same(card: ModelCard, models_dir: Path) -> None:
    assert card.sameness == Sameness(0.97, 0.98, 0.995)
    path = models_dir / "tiny.toml"
    more = "[same]\nlong = 0.9\nshort = 0.95\ntwin = 0.99"
    path.write_text(card_text(models_dir / "tiny.onnx", more=more))
    assert read_card(path, models_dir).sameness == Sameness(0.9, 0.95, 0.99)


@given(
    xs=st.lists(st.floats(-1, 1), min_size=2, max_size=6, unique=True),
    ys=st.lists(st.floats(0, 1), min_size=6, max_size=6),
    similarity=st.floats(-2, 2),
)
def test_a_match_is_a_probability_between_its_knots(
    xs: list[float], ys: list[float], similarity: float
) -> None:
    knots = tuple(zip(sorted(xs), sorted(ys), strict=False))
    card = ModelCard("n", "1", "s", "f", 1, 1, 1.0, "mean", (), "", "", (0.0,))
    card = dataclasses.replace(card, calibration=Calibration("r", knots))
    match = card.match(similarity)
    assert match is not None
    assert knots[0][1] - 1e-9 <= match <= knots[-1][1] + 1e-9
