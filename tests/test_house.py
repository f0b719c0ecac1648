"""The house keeps its shape: what is packaged, and who may import whom."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.settings import SETTINGS

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
