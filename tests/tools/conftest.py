"""What the tests of the command line share: a tiny model at home, a little music, real runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.models.tiny import card_text, write_network
from tools.cli import run

PROJECT = Path(__file__).resolve().parents[2]
RATE = 16_000

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run in an empty folder, where no .env of the machine's lies."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def tiny_model(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a tiny model the one that listens, and return the folder it lies in."""
    monkeypatch.setenv("SOUNDALIKE_MODEL", "tiny")
    return make_tiny_model(home)


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Return a folder of six short pieces: low, middle and high, two of each."""
    return make_music(tmp_path / "music")


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Return a function that runs a command line here: exit status, output, what stood beside."""

    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return call


def make_tiny_model(home: Path) -> Path:
    """Write a tiny model and its card into a home, and return the folder they lie in."""
    folder = home / "models"
    folder.mkdir(parents=True)
    # Eight neighbouring bands in one number: it hears where in the spectrum a sound lies.
    mix = np.kron(np.eye(8), np.full((8, 1), 0.125)).astype(np.float32)
    write_network(folder / "tiny.onnx", mix=mix)
    (folder / "tiny.toml").write_text(card_text(folder / "tiny.onnx", mean=str([-2.0] * 8)))
    return folder


def make_music(folder: Path) -> Path:
    """Write six short pieces, two each by a low, a middle and a high band."""
    for number, (name, hertz) in enumerate((("Low", 100), ("Middle", 560), ("High", 2400))):
        for take in (1, 2):
            path = folder / name / f"{name} Band - Take {take}.flac"
            write_piece(path, hertz * 1.5**take, seed=10 * number + take)
    return folder


def write_piece(path: Path, hertz: float, seed: int, seconds: float = 12.0) -> None:
    """Write a band of noise around a pitch."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    colour = np.fft.rfft(rng.standard_normal(len(t)))
    pitch = np.fft.rfftfreq(len(t), 1 / RATE)
    octaves = np.log2((pitch + 20) / hertz)
    sound = np.fft.irfft(colour * np.exp(-2 * octaves**2), len(t))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.5 * sound / np.abs(sound).max(), RATE)


def start(
    arguments: Sequence[object], encoding: str = "utf-8", module: str = "tools.cli"
) -> subprocess.Popen[str]:
    """Start a command line in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding=encoding,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )


def only_json(output: str) -> Any:
    """Return the one JSON value that is all of an output."""
    return json.loads(output)
