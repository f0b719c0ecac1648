"""The two ends of a command: answers on the output, progress and errors beside it."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from pathlib import Path

import pytest

from models.types import ClipError
from tools.screen import Screen, as_called, printable, report


def test_json_mode_prints_one_value_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(as_json=True)
    screen.show("a table")
    with screen.progress("Listening", 2) as step:
        step(2)
    screen.answer({"naïve": [1, None]})
    out, err = capsys.readouterr()
    assert json.loads(out) == {"naïve": [1, None]}
    assert err == "Listening: 2 of 2\n"


def test_a_person_sees_what_is_shown_and_no_json(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(as_json=False)
    screen.show("a table", "and [more]")
    screen.answer({"a": 1})
    screen.note("Beside.")
    assert capsys.readouterr() == ("a table\nand [more]\n", "Beside.\n")


def test_progress_without_a_terminal_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Screen(as_json=False).progress("Listening", 1000) as step:
        for done in range(1, 1001):
            step(done, "quick")
    assert capsys.readouterr().err == "Listening: 1000 of 1000, quick\n"
    with Screen(as_json=False).progress("Publishing") as step:
        step(374, total=374, unit="windows")
    assert capsys.readouterr().err == "Publishing: 374 of 374 windows\n"


def test_what_is_waited_for_is_said_on_a_terminal_and_only_if_it_takes_a_moment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = threading.Event()
    with Screen(as_json=False).waiting("Starting …", after=0):
        pass
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    screen = Screen(as_json=False)
    with screen.waiting("Starting …", after=1000):
        pass
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(screen, "note", lambda sentence: said.set())
    with screen.waiting("Starting …", after=0):
        assert said.wait(30)


def test_progress_on_a_terminal_is_a_bar(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    with Screen(as_json=False).progress("Listening", 3) as step:
        for done in (1, 2, 3):
            step(done, "2 tracks/s")
    out, err = capsys.readouterr()
    assert out == ""
    assert re.search(r"3/3 .*2 tracks/s.* 0:00\n", err)


def test_a_job_without_steps_is_not_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    with Screen(as_json=False).progress("Listening", 0):
        pass
    assert capsys.readouterr() == ("", "")


def test_errors_are_a_sentence_and_a_fix(capsys: pytest.CaptureFixture[str]) -> None:
    broken, worn = ClipError("It is [broken].", "Mend it."), ClipError("It is worn.")
    report(broken, worn, as_json=False)
    assert capsys.readouterr() == ("", "It is [broken].\nMend it.\nIt is worn.\n")
    report(worn, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"error": "It is worn.", "fix": ""}
    report(worn, broken, as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "error": "It is worn. It is [broken].",
        "fix": "Mend it.",
    }


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("/nowhere/on/the/path/soundalike", "/nowhere/on/the/path/soundalike"),
        ("bin/soundalike", "bin/soundalike"),
        ("/some/where/tools/cli.py", f"{sys.executable} -m tools.cli"),
        ("/usr/bin/pytest", "soundalike"),
    ],
)
def test_hints_can_be_copied(called: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [called])
    assert as_called("Run `soundalike index build` now.") == f"Run `{name} index build` now."


def test_on_the_path_the_bare_name_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "soundalike"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [str(program)])
    assert as_called("`soundalike demo`") == "`soundalike demo`"


def test_printable_keeps_letters_only() -> None:
    assert printable("Žižek — 音楽 b") == "Žižek — 音楽 b"
    assert printable("\x1b[2J\udcff\u202e\t") == "�[2J���"
    assert printable("new\nline\r\u2028") == "new�line��"


def test_json_holds_names_that_are_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    name = os.fsdecode(b"caf\xe9.wav")
    Screen(as_json=True).answer({"path": name})
    assert json.loads(capsys.readouterr().out) == {"path": name}
