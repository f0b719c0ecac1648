"""The command as a whole: help, exit statuses, errors as sentences."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from models.types import CatalogueError
from tests.tools.conftest import PROJECT, Cli, only_json, start
from tools.cli import COMMANDS, run, soundalike


def commands() -> Iterator[tuple[str, click.Command]]:
    for name in COMMANDS:
        command = importlib.import_module(f"tools.{name}").command
        if isinstance(command, click.Group):
            yield from ((f"{name} {part}", sub) for part, sub in command.commands.items())
        else:
            yield name, command


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=str)
def test_every_command_has_an_example_and_json(name: str, command: click.Command, cli: Cli) -> None:
    status, out, _ = cli(*name.split(), "--help")
    assert status == 0
    assert "--json" in out
    example = out.partition("Example:")[2]
    assert f"soundalike {name}" in example
    assert command.help


@pytest.mark.parametrize("name", list(COMMANDS))
def test_the_list_of_commands_says_what_the_commands_say(name: str) -> None:
    command = importlib.import_module(f"tools.{name}").command
    first = " ".join(command.help.partition("\n\n")[0].split())
    assert first.replace("CLIP", "a clip") == COMMANDS[name]


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from tools.cli import run; run(['--help']);"
        "heavy = {'aiohttp', 'discord', 'librosa', 'onnxruntime', 'scipy', 'usearch'};"
        "sys.exit(len(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    for name, sentence in COMMANDS.items():
        assert name in done.stdout
        assert sentence.split()[0] in done.stdout


def test_version(cli: Cli) -> None:
    status, out, _ = cli("--version")
    assert status == 0
    assert re.fullmatch(r"soundalike (\d+\.\d+\.\d+|\(run from its source, not installed\))\n", out)


def test_what_is_no_command_is_a_sentence(cli: Cli) -> None:
    assert cli("sing") == (2, "", "No such command 'sing'.\nSee `soundalike --help`.\n")
    status, out, err = cli("ask", "--json")
    assert (status, err) == (2, "")
    assert only_json(out) == {
        "error": "Missing argument 'CLIP'.",
        "fix": "See `soundalike ask --help`.",
    }


def failing(error: BaseException) -> click.Command:
    @click.command("fail")
    @click.option("--json", is_flag=True, expose_value=False)
    def fail() -> None:
        raise error

    return fail


def test_errors_are_their_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    command = failing(CatalogueError("It is damaged.", "Build it again."))
    assert run([], command) == 2
    assert capsys.readouterr() == ("", "It is damaged.\nBuild it again.\n")
    assert run(["--json"], command) == 2
    assert only_json(capsys.readouterr().out) == {
        "error": "It is damaged.",
        "fix": "Build it again.",
    }


def test_what_the_machine_refuses_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([], failing(OSError(28, "No space left on device", "/full"))) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("This machine refuses: No space left on device (/full).\n")


def test_an_interrupt_is_a_sentence_and_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([], failing(KeyboardInterrupt())) == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert "Stopped." in err
    assert "Traceback" not in err


def test_a_bug_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        run([], failing(ZeroDivisionError()))


def test_a_reader_that_leaves_early_is_no_traceback() -> None:
    with start(["model", "list", "--json"]) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(60) >= 0
        assert process.stderr.read() == ""


def test_a_command_is_a_module_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.model", "list", "--wrong"],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "See `python -m tools.model list --help`." in done.stderr


def test_the_group_alone_shows_its_help(cli: Cli) -> None:
    status, out, err = cli()
    assert status == 2
    assert "Commands:" in out + err
    assert isinstance(soundalike, click.Group)
