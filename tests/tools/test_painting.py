"""Cards as pictures: every kind can be drawn, and what is on the card is in the picture."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from bot.card import saying_card
from bot.words import Saying
from tests.test_house import PROJECT
from tests.tools.conftest import only_json
from tools.painting.__main__ import command
from tools.painting.card import paint
from tools.painting.emoji import is_emoji
from tools.painting.ink import LINK
from tools.painting.text import lines_of


def pixels(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def said(text: str) -> np.ndarray:
    return pixels(paint(saying_card(Saying(text, ""))))


def test_one_card_of_every_kind_is_drawn(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, [str(tmp_path), "--json"])
    assert done.exit_code == 0, done.output
    names = [Path(each).name for each in only_json(done.stdout)["drawn"]]
    assert "card.png" in names
    for name in names:
        picture = pixels((tmp_path / name).read_bytes())
        assert picture.shape[1] == 1400
        assert (picture == (198, 54, 125)).all(axis=2).any() or name == "card-saying.png"
    card = pixels((tmp_path / "card.png").read_bytes())
    assert card.std() > 20
    assert (np.abs(card.astype(int) - LINK).sum(axis=2) < 12).any()


def test_a_longer_text_makes_a_higher_card() -> None:
    short, long = said("Hello."), said("Hello, " * 60)
    assert long.shape[0] > short.shape[0]
    assert long.shape[1] == short.shape[1]


@pytest.mark.parametrize("text", ["שלום", "你好", "a" * 500, "\\*\\*", "🎧", "é–…", "[a](b", ""])
def test_any_text_can_be_drawn(text: str) -> None:
    assert said(text or "x").size


def test_every_emoji_of_the_cards_is_drawn() -> None:
    files = [each for kind in ("*.py", "*.toml") for each in (PROJECT / "bot").rglob(kind)]
    texts = "".join(each.read_text("utf-8") for each in files)
    used = sorted(set(re.findall("[\U0001f300-\U0001faff]", texts)))
    assert len(used) > 5
    assert [each for each in used if not is_emoji(each)] == []
    # One that is a word of its own, and a picture that looks like no other.
    assert [lines_of(f"{each} it", 900)[0].words[0].text for each in used] == used
    assert len({said(each).tobytes() for each in used}) == len(used)


def test_markdown_is_read_as_discord_reads_it() -> None:
    (line,) = lines_of("**1.** **Bells** · a\\*b [at 1:23](https://e.org/x)", 900)
    words = [(word.text, word.bold, word.colour == LINK) for word in line.words if word.text]
    assert words == [
        ("1.", True, False),
        ("Bells", True, False),
        ("·", False, False),
        ("a*b", False, False),
        ("at", False, True),
        ("1:23", False, True),
    ]
    heading, small = lines_of("### Big\n-# small", 900)
    assert heading.size > lines_of("x", 900)[0].size > small.size


def test_no_line_is_wider_than_its_place() -> None:
    lines = lines_of("some words that go on and on " * 20, 300)
    assert len(lines) > 5
    assert all(line.width - 10 <= 300 for line in lines)
