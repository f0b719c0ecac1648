"""What a person sees in a terminal: tables, progress, errors; or JSON for a program."""

from __future__ import annotations

import codecs
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
)
from rich.text import Text

from bot.times import clock
from models.types import SoundalikeError

_PLAIN_WIDTH = 120
_PLAIN_EVERY_SECONDS = 10.0


class Steps(Protocol):
    """Where a long job says how far it is."""

    def __call__(self, done: int, note: str = "", total: int | None = None, unit: str = "") -> None:
        """Say how many steps are done in all, what is worth knowing, how many there are of what."""


class Screen:
    """The two ends of a command: answers go to the output, everything else beside it.

    Parameters
    ----------
    as_json : bool
        Print nothing but one JSON value on the output.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._out = _console(stderr=False)
        self._err = _console(stderr=True)

    def show(self, *parts: RenderableType) -> None:
        """Print something for a person; nothing in JSON mode."""
        if not self.as_json:
            for part in parts:
                # Long lines are the terminal's to break: a path that is copied stays whole.
                self._out.print(part, soft_wrap=isinstance(part, str | Text))

    def note(self, sentence: str) -> None:
        """Print a sentence beside the answer."""
        if sentence:
            self._err.print(Text(printable(sentence), style="dim"), soft_wrap=True)

    def answer(self, value: Any) -> None:
        """Print the JSON value of an answer; nothing for a person, who was shown it."""
        if self.as_json:
            _write_json(value, indent=2)

    @contextmanager
    def waiting(self, sentence: str, after: float = 1.0) -> Iterator[None]:
        """Say on a terminal what is waited for, where that takes longer than a moment.

        Parameters
        ----------
        sentence : str
        after : float
            Seconds until it is said.
        """
        if not self._err.is_terminal:
            yield
            return
        timer = threading.Timer(after, self.note, [sentence])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    @contextmanager
    def progress(self, what: str, total: int | None = None) -> Iterator[Steps]:
        """Show how a job moves on: a bar on a terminal, a line now and then elsewhere.

        A job of 0 steps is not shown; None is a number that the first step brings.
        """
        if total == 0 or not self._err.is_terminal:
            yield _plain_steps(self._err, what, total)
            return
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}", style="dim"),
            _TimeColumn(),
            console=self._err,
            transient=self.as_json,
        )
        with bar:
            task = bar.add_task(what, total=total, note="")

            def step(done: int, note: str = "", total: int | None = None, unit: str = "") -> None:
                told = ", ".join(filter(None, (unit, note)))
                bar.update(task, completed=done, note=told, total=total)

            yield step


def report(*errors: SoundalikeError, as_json: bool, more: Mapping[str, Any] | None = None) -> None:
    """Print what went wrong and what to do about it; several errors are one JSON value.

    Parameters
    ----------
    *errors : SoundalikeError
    as_json : bool
    more : mapping or None
        What else belongs into the JSON value.
    """
    if as_json:
        value = {
            "error": " ".join(error.sentence for error in errors),
            "fix": as_called(" ".join(error.fix for error in errors if error.fix)),
            **(more or {}),
        }
        _write_json(value)
        return
    console = _console(stderr=True)
    for error in errors:
        console.print(Text(printable(error.sentence), "bold"), soft_wrap=True)
        if error.fix:
            console.print(Text(printable(as_called(error.fix))), soft_wrap=True)


def counted(number: int, noun: str) -> str:
    """Count things in words: "1 file", "1,234 files"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def command_name() -> str:
    """Return how this command was called: it need not be on the path, and hints are copied."""
    called = Path(sys.argv[0])
    if called.name == "cli.py" and called.parent.name == "tools":
        return f"{_shortest(Path(sys.executable))} -m tools.cli"
    if called.name != "soundalike" or shutil.which("soundalike") == str(called.absolute()):
        return "soundalike"
    return _shortest(called)


def as_called(hint: str) -> str:
    """Return a hint with the commands in it as they can be run from here."""
    return hint.replace("`soundalike ", f"`{command_name()} ")


def printable(text: str) -> str:
    """Return a text without what steers a terminal or breaks a line: names are strangers'."""
    return "".join(mark if mark.isprintable() else "�" for mark in text)


def _write_json(value: Any, indent: int | None = None) -> None:
    in_ascii = codecs.lookup(sys.stdout.encoding).name != "utf-8"
    text = json.dumps(value, ensure_ascii=in_ascii, indent=indent)
    # The name of a file may hold bytes that are no text: JSON writes such as Python does, \\udcff.
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n")
    sys.stdout.flush()


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _PLAIN_WIDTH
    return console


def _shortest(path: Path) -> str:
    """Return a path from here where that is shorter."""
    return min(str(path.absolute()), os.path.relpath(path), key=len)


class _TimeColumn(ProgressColumn):
    """The time that is left; at the end, the time it took."""

    def render(self, task: Task) -> Text:
        if task.finished:
            return Text(clock(task.finished_time or 0.0), "cyan")
        left = task.time_remaining
        return Text("" if left is None else f"{clock(left)} left", "cyan")


def _plain_steps(console: Console, what: str, total: int | None) -> Steps:
    last = time.monotonic()

    def step(done: int, note: str = "", total: int | None = total, unit: str = "") -> None:
        nonlocal last
        if done < (total or 0) and time.monotonic() - last < _PLAIN_EVERY_SECONDS:
            return
        last = time.monotonic()
        many = f"{done} of {total} {unit}".rstrip()
        console.print(f"{what}: {many}{f', {note}' if note else ''}", soft_wrap=True)

    return step
