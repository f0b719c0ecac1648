"""The command as a whole: help, exit statuses, errors as sentences."""

from __future__ import annotations

import importlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from models.types import CatalogueError
from tests.tools.conftest import PROJECT, Cli, only_json, start
from tools.cli import COMMANDS, run, soundalike
from tools.stop import heed_termination


def commands() -> Iterator[tuple[str, click.Command]]:
    for name in COMMANDS:
        command = importlib.import_module(f"tools.{name}").command
        if isinstance(command, click.Group):
            context = click.Context(command)
            for part in command.list_commands(context):
                found = command.get_command(context, part)
                assert found is not None
                yield f"{name} {part}", found
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


@pytest.mark.parametrize("words", [[], ["index"], ["model"]])
def test_who_names_no_command_is_shown_them_line_by_line(words: list[str], cli: Cli) -> None:
    status, out, said = cli(*words)
    _, help_text, _ = cli(*words, "--help")
    assert status == 2
    assert out == ""
    assert said.strip() == help_text.strip()


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
    assert (out, err.strip()) == ("", "Stopped.")


@pytest.mark.parametrize("name", ["index_build", "demo"])
def test_what_carries_on_says_so_when_stopped(
    name: str, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    module = importlib.import_module(f"tools.{name}")
    monkeypatch.setattr(module, "build_index", stopped)
    monkeypatch.setattr(module, "_make_music", lambda *_: {}, raising=False)
    line = ["demo", "--dir", tmp_path] if name == "demo" else ["index", "build", tmp_path]
    status, out, err = cli(*line)
    assert (status, out) == (130, "")
    assert err == "Stopped.\nRun the same command again: what was done is kept.\n"


def test_a_bug_is_shown_whole_and_is_not_done(capsys: pytest.CaptureFixture[str]) -> None:
    # 1 would say: done, but some audio was left out.
    assert run([], failing(ZeroDivisionError("no"))) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback (most recent call last)" in err
    assert "ZeroDivisionError: no" in err
    assert run(["--json"], failing(ZeroDivisionError("no"))) == 2
    assert "ZeroDivisionError" in only_json(capsys.readouterr().out)["error"]


@pytest.mark.parametrize("arguments", [["model", "list", "--json"], ["model", "list"], ["--help"]])
def test_a_reader_that_leaves_early_is_no_traceback(arguments: list[str]) -> None:
    with start(arguments) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(60) == 141
        assert process.stderr.read() == ""


@pytest.mark.parametrize("encoding", ["ascii", "iso-8859-1"])
def test_any_encoding_of_the_output_will_do(
    encoding: str, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = (tiny_model / "tiny.toml").read_text()
    licence = "mine, “frei”, für ☺"
    (tiny_model / "tiny.toml").write_text(re.sub(r"licence = .*", f'licence = "{licence}"', card))
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    for arguments in (["model", "list", "--json"], ["model", "list"]):
        with start(arguments, encoding) as process:
            out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        if "--json" in arguments:
            (listed,) = (card for card in only_json(out) if card["model"] == "tiny")
            assert listed["licence"] == licence
        else:
            assert "mine," in out


def test_termination_is_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        heed_termination()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


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


@pytest.mark.parametrize("line", [["model", "list"], ["model", "--help"], ["--help"]])
def test_what_is_light_loads_nothing_heavy(line: list[str], tiny_model: Path) -> None:
    program = (
        "import sys\n"
        "from tools.cli import run\n"
        f"assert run({line}) == 0\n"
        "heavy = {'aiohttp', 'discord', 'onnx', 'onnxruntime', 'pebble', 'scipy', 'soundfile'}\n"
        "heavy.add('usearch')\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "[]\n")


def test_the_group_alone_shows_its_help(cli: Cli) -> None:
    status, out, err = cli()
    assert status == 2
    assert "Commands:" in out + err
    assert isinstance(soundalike, click.Group)
