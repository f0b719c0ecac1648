"""The house keeps its shape: what is packaged, and who may import whom."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import textwrap
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.settings import SETTINGS
from models.card import Calibration, Metric, check_file
from models.cards import load_card
from models.embedder import OnnxEmbedder
from models.runtime import Runtime
from models.types import Sameness
from tools.cards import card_table

PROJECT = Path(__file__).resolve().parent.parent
ROOMS = ("bot", "index", "models", "tools")


@pytest.fixture(scope="module")
def pyproject() -> dict[str, Any]:
    return tomllib.loads((PROJECT / "pyproject.toml").read_text())


def test_every_package_is_listed(pyproject: dict[str, Any]) -> None:
    found = {
        ".".join(init.parent.relative_to(PROJECT).parts)
        for room in ROOMS
        for init in (PROJECT / room).rglob("__init__.py")
    }
    assert set(pyproject["tool"]["setuptools"]["packages"]) == found


def test_the_lock_names_no_index_and_pins_everything(pyproject: dict[str, Any]) -> None:
    lock = (PROJECT / "requirements.lock").read_text()
    assert "://" not in lock
    assert lock.count("--hash=sha256:") > lock.count("==")
    wanted = pyproject["project"]["dependencies"] + pyproject["dependency-groups"]["dev"]
    for requirement in map(Requirement, wanted):
        pins = re.findall(rf"^{canonicalize_name(requirement.name)}==([^ ;]+)", lock, re.MULTILINE)
        assert pins, requirement
        assert all(requirement.specifier.contains(pin) for pin in pins), requirement


def test_an_index_and_a_model_live_in_one_process() -> None:
    # usearch brings a C++ library of its own; onnxruntime, loaded after it, ends the process.
    for order in ("index.opened, models.embedder", "models.embedder, index.opened"):
        done = subprocess.run([sys.executable, "-c", f"import {order}"], cwd=PROJECT, check=False)
        assert done.returncode == 0, order


def test_the_readme_lists_every_setting() -> None:
    readme = (PROJECT / "README.md").read_text()
    for setting in SETTINGS:
        assert f"| `{setting.name}` | {setting.default} | {setting.meaning} |" in readme


@pytest.fixture(scope="module")
def adding_a_model() -> str:
    """Return what CONTRIBUTING.md says about adding a model."""
    text = (PROJECT / "CONTRIBUTING.md").read_text()
    return text.partition("## Add a model in ten minutes")[2].partition("\n## ")[0]


def test_the_card_that_contributing_writes_is_one(
    adding_a_model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = adding_a_model.partition("```python\n")[2].partition("```")[0]
    shutil.copy(PROJECT / "models" / "vggish_small.onnx", tmp_path / "my_model.onnx")
    monkeypatch.chdir(tmp_path)
    exec(textwrap.dedent(program))
    card = load_card("my-model", tmp_path)
    assert check_file(card.file) == tmp_path / "my_model.onnx"
    embedder = OnnxEmbedder(Runtime(card, card.file), 1)
    assert embedder.embed(np.zeros(31_000, np.float32)).embeddings.shape == (2, card.dim)


def test_contributing_explains_every_field_of_a_card(adding_a_model: str, tmp_path: Path) -> None:
    bundled = load_card("vggish-small", tmp_path)
    file = replace(bundled.file, url="https://example.org/a.onnx", overlap=0.97)
    fields = card_table(
        replace(
            bundled,
            files=(file,),
            calibration=Calibration("a set", ((0.0, 0.0), (1.0, 1.0))),
            output="pca",
            clip=2.0,
            scale=(1.0,) * bundled.dim,
            verified=False,
            sameness=Sameness(0.9, 0.95, 0.99),
        )
    )
    over = Metric("vggish", "vggish-pca", file)
    fields["metric"] = card_table(replace(bundled, metric=over))["metric"]
    assert fields["metric"].items() > fields["files"][0].items()
    for key in fields["files"][0]:
        del fields["metric"][key]
    sections = ("calibration", "same", "metric")
    known = {*fields, *fields["files"][0]}
    known |= {f"{section}.{key}" for section in sections for key in fields[section]}
    rows = re.findall(r"^\| (`.*?`) \|", adding_a_model, re.MULTILINE)
    explained = {name.strip("`") for row in rows for name in row.split(", ")}
    assert explained == known - {*sections}
