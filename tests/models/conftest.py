"""A models folder with a model small enough to make in a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.card import ModelCard
from models.cards import read_card
from tests.models.tiny import card_text, write_network


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    """Return a models folder with one tiny model in it."""
    folder = tmp_path / "models"
    folder.mkdir()
    write_network(folder / "tiny.onnx")
    (folder / "tiny.toml").write_text(card_text(folder / "tiny.onnx"))
    return folder


@pytest.fixture
def card(models_dir: Path) -> ModelCard:
    return read_card(models_dir / "tiny.toml", models_dir)
