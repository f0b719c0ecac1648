"""What is known of a file of weights is read off the card that names it, and no other."""

from pathlib import Path

import numpy as np
import pytest

import models
from models.cards import load_card
from models.types import ModelError
from tests.models.tiny import card_text
from tools.train.known import card_naming, mean_of, read_table, shipped_mean, without_outdated

SHIPPED = Path(models.__file__).with_name("vggish_small.onnx")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Return a file of weights among cards that are of no use."""
    path = tmp_path / "half.onnx"
    path.write_bytes(b"weights")
    (tmp_path / "broken.toml").write_text("this is = = no TOML")
    (tmp_path / "other.toml").write_text('name = "something else"\n')
    (tmp_path / "bytes.toml").write_bytes(b"\xff\x00")
    (tmp_path / "folder.toml").mkdir()
    return path


def test_a_file_without_a_card_has_no_mean(model: Path) -> None:
    assert card_naming(model) is None
    assert shipped_mean(model) is None


def test_the_card_that_names_a_file_is_found_among_others(model: Path) -> None:
    card = model.with_name("tiny.toml")
    card.write_text(card_text(model, name='"tiny"', dim="2", mean="[0.5, -1.0]"))
    model.with_name("._tiny.toml").write_text(card.read_text())
    assert card_naming(model) == card
    mean = shipped_mean(model)
    assert mean is not None
    assert mean.tolist() == [0.5, -1.0]
    card.write_text(card.read_text().replace("dim = 2", "dim = 3"))
    with pytest.raises(ModelError, match="mean"):
        shipped_mean(model)


def test_a_bundled_file_is_known_wherever_it_lies(tmp_path: Path) -> None:
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(SHIPPED.read_bytes())
    expected = np.array(load_card("vggish-small", tmp_path).mean, np.float32)
    for path in (SHIPPED, copy):
        mean = shipped_mean(path)
        assert mean is not None
        np.testing.assert_array_equal(mean, expected)


def test_what_was_measured_stays_with_its_weights(model: Path) -> None:
    card = model.with_name("tiny.toml")
    card.write_text(
        card_text(model, name='"tiny"', dim="2", mean="[0.5, -1.0]")
        + "\n[calibration]\nreference = 'x'\nknots = [[0, 0], [1, 1]]\n[same]\nlong = 0.9\n"
    )
    table = read_table(card)
    assert without_outdated(table, model) == (table, ())
    mean = mean_of(table, model)
    assert mean is not None
    assert mean.tolist() == [0.5, -1.0]

    model.write_bytes(b"other weights")
    kept, gone = without_outdated(table, model)
    assert gone == ("calibration", "same")
    assert kept == {name: value for name, value in table.items() if name not in gone}
    assert mean_of(table, model) is None
    assert mean_of({"name": "fresh"}, model) is None


def test_a_card_that_cannot_be_read_is_named(model: Path) -> None:
    with pytest.raises(ModelError, match=r"broken\.toml"):
        read_table(model.with_name("broken.toml"))
    with pytest.raises(ModelError, match=r"none\.toml"):
        read_table(model.with_name("none.toml"))
