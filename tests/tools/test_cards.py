"""What is written as a card is read back as it was, and replaced in one step."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.card import Calibration
from models.cards import list_cards, read_card
from models.types import Sameness
from tests.tools.conftest import Cli, make_tiny_model
from tools.cards import card_table, toml_text, write_card

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    TEXTS,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=20), st.dictionaries(TEXTS, inner, max_size=4)
    ),
    max_leaves=30,
)


@given(table=st.dictionaries(TEXTS, VALUES, max_size=8))
def test_every_table_comes_back(table: dict[str, object]) -> None:
    assert tomllib.loads(toml_text(table)) == table


def test_a_card_is_laid_out_for_people() -> None:
    table = {
        "name": "mine",
        "files": [{"path": "mine.onnx", "size": 3}],
        "mean": [0.5] * 9,
        "evaluation": {"music": {"chance": {"p1": 0.25}}},
    }
    assert toml_text(table) == (
        'name = "mine"\n'
        "mean = [\n"
        "    0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5,\n"
        "    0.5,\n"
        "]\n"
        "\n"
        "[[files]]\n"
        'path = "mine.onnx"\n'
        "size = 3\n"
        "\n"
        "[evaluation.music]\n"
        "chance = { p1 = 0.25 }\n"
    )


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError, match="no form for a NoneType"):
        toml_text({"nothing": None})


def test_every_field_of_a_card_is_written(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path)
    card = read_card(folder / "tiny.toml", folder)
    full = replace(
        card,
        output="embedding",
        clip=2.0,
        verified=False,
        calibration=Calibration('the "reference"', ((-1.0, 0.0), (1.0, 0.5))),
        sameness=Sameness(long=0.9, short=0.95, twin=0.99),
        files=(card.file, replace(card.file, precision="int8", overlap=0.97)),
    )
    for each in (card, full):
        write_card(folder / "tiny.toml", card_table(each))
        assert read_card(folder / "tiny.toml", folder) == each


def test_every_bundled_card_comes_back(tmp_path: Path) -> None:
    for card in list_cards(tmp_path):
        text = toml_text(card_table(card))
        assert tomllib.loads(text)["mean"] == list(card.mean)


def test_a_card_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "card.toml"
    path.parent.mkdir()
    write_card(path, {"name": "old"})
    with pytest.raises(TypeError):
        write_card(path, {"name": "new", "wrong": None})
    assert tomllib.loads(path.read_text()) == {"name": "old"}
    assert list(path.parent.iterdir()) == [path]


def test_what_a_card_says_cannot_steer_a_terminal(home: Path, cli: Cli) -> None:
    path = make_tiny_model(home) / "tiny.toml"
    text = path.read_text().replace('licence = "MIT"', 'licence = "M\\u001b[31mT"')
    path.write_text(text.replace('version = "1"', 'version = "1\\nforged row"'))
    _, out, _ = cli("model", "list")
    assert "\x1b" not in out
    assert "1�forged row" in out
