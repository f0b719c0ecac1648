"""The commands that ask, push to, describe and verify a store; and nothing of it without one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.types import SettingsError
from tests.bot.sounds import build_index
from tests.index.making import build, random_track
from tests.postgres.server import PASSWORD
from tools.checks import State, all_checks
from tools.cli import DONE, NOT_DONE, run
from tools.settings import read_settings
from tools.stores import read_store

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def index(tmp_path: Path) -> Path:
    rng = np.random.default_rng(3)
    build(tmp_path / "index", [random_track(f"track{n:02}", rng) for n in range(12)])
    return tmp_path / "index"


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    capsys.readouterr()
    status = run([*arguments, "--json"])
    printed = capsys.readouterr()
    assert PASSWORD not in printed.out + printed.err
    return status, json.loads(printed.out)


def test_push_ask_info_and_verify(
    index: Path, address: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ("--store", address.conninfo)
    status, pushed = answer(capsys, "index", "push", str(index), *store)
    assert status == DONE
    assert (pushed["tracks"], pushed["copied"], pushed["store"]) == (12, 12, address.name)
    _, here = answer(capsys, "ask", "track:track03", "--index", str(index))
    _, there = answer(capsys, "ask", "track:track03", *store)
    for found in (here, there):
        found.pop("timing")
    assert there == here
    status, info = answer(capsys, "index", "info", *store)
    assert (status, info["tracks"], info["directory"]) == (DONE, 12, address.name)
    status, found = answer(capsys, "index", "verify", *store)
    assert (status, found["problems"]) == (DONE, [])

    # One setting changes, and the same commands ask the store.
    monkeypatch.setenv("SOUNDALIKE_STORE", address.conninfo)
    _, there = answer(capsys, "ask", "track:track03")
    there.pop("timing")
    assert there == here
    assert answer(capsys, "index", "push", str(index))[1]["copied"] == 0
    checks = {check.what: check for check in all_checks(read_settings())}
    assert address.name in checks["index"].found + checks["index"].fix
    assert PASSWORD not in str(list(checks.values()))
    assert PASSWORD not in repr(read_settings())
    assert run(["index", "info"]) == DONE
    assert run(["index", "verify"]) == DONE
    shown = capsys.readouterr().out
    assert address.name in " ".join(shown.split())
    assert PASSWORD not in shown


def test_a_store_of_another_model_is_refused(
    tmp_path: Path, address: Any, capsys: pytest.CaptureFixture[str], index: Path
) -> None:
    assert run(["index", "push", str(index), "--store", address.conninfo]) == DONE
    clip = tmp_path / "clip.wav"
    from tests.bot.sounds import sound, wav

    clip.write_bytes(wav(sound("low", 3)))
    status, said = answer(capsys, "ask", str(clip), "--store", address.conninfo)
    assert status == NOT_DONE
    assert "cannot be compared" in said["error"]


def test_damage_is_shown_with_what_mends_it(
    index: Path, address: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.postgres.conftest import execute

    store = ("--store", address.conninfo)
    assert run(["index", "push", str(index), *store]) == DONE
    execute(address, "DELETE FROM soundalike.windows_1 WHERE place = 1")
    assert run(["index", "verify", *store]) == NOT_DONE
    assert "--anew" in capsys.readouterr().out
    assert run(["index", "push", str(index), "--anew", *store]) == DONE
    assert run(["index", "verify", *store]) == DONE


def test_a_store_is_timed_beside_its_folder(
    tmp_path: Path, address: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from tools.bench.store import command

    rng = np.random.default_rng(3)
    labels = [("rare",) if n == 3 else ("common",) for n in range(30)]
    build(tmp_path, [random_track(f"track{n:02}", rng, labels=labels[n]) for n in range(30)])
    page = tmp_path / "page.md"
    page.write_text("Times\n\n<!-- postgresql -->\n<!-- end of postgresql -->\n")
    arguments = [str(tmp_path), "--store", address.conninfo, "--queries", "5"]
    assert run(["index", "push", *arguments[:3]]) == DONE
    capsys.readouterr()
    assert run([*arguments, "--json", "--markdown", str(page)], command) == DONE
    rows = json.loads(capsys.readouterr().out)
    assert [(row["label"], row["tracks"]) for row in rows] == [("", 30), ("rare", 1)]
    assert all((row["recall"], row["full"]) == (1, 1) for row in rows)
    assert "| rare | 1 |" in page.read_text()
    build(tmp_path, [random_track("another", rng)])
    assert run(arguments, command) == NOT_DONE
    assert "another index" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["mysql://u:hidden-9@h/d", "hidden-9", "/somewhere/hidden-9"])
def test_what_is_no_address_is_not_repeated(
    text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["ask", "track:abcd", "--store", text]) == NOT_DONE
    monkeypatch.setenv("SOUNDALIKE_STORE", text)
    assert run(["index", "info"]) == NOT_DONE
    (check,) = [check for check in all_checks(read_settings()) if check.what == "index"]
    assert check.state is State.BAD
    printed = capsys.readouterr()
    assert "hidden-9" not in printed.out + printed.err + str(check)
    assert "postgresql://" in printed.err


def test_a_folder_and_a_store_are_not_asked_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    named = ["--index", "here", "--store", "postgresql://there"]
    assert run(["ask", "track:abcd", *named]) == NOT_DONE
    assert "not both" in capsys.readouterr().err


def test_a_folder_that_is_named_counts_more_than_the_store_that_is_set(
    index: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOUNDALIKE_STORE", "postgresql://nobody@127.0.0.1:1/nothing")
    status, info = answer(capsys, "index", "info", str(index))
    assert (status, info["directory"]) == (DONE, str(index))
    assert answer(capsys, "ask", "track:track03", "--index", str(index))[0] == DONE


def test_pushing_nowhere(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["index", "push", str(index)]) == NOT_DONE
    assert "--store" in capsys.readouterr().err


def test_without_psycopg_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError, match="postgres"):
        read_store("postgresql://bot@db/music")


def test_nothing_of_it_is_loaded_without_a_store(tmp_path: Path) -> None:
    build_index(tmp_path / "index")
    program = (
        "import sys; from pathlib import Path; import tools.run, tools.doctor, tools.index;"
        "from tools.cli import run; assert run(sys.argv[1:]) == 0;"
        "found = [name for name in sys.modules if 'psycopg' in name or 'postgres' in name];"
        "assert not found, found"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "index", "verify", str(tmp_path / "index")],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
