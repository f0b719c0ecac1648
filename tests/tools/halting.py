"""The command line, but a build halts before it writes down its fourth track, until it is stopped.

A signal that is sent at some moment finds a quick machine done and a busy one not begun; test_index
sends it to this once it has said where it is.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import click

from index.builder import IndexBuilder
from tools.cli import main

HEARD = 3
HALTED = "halted"


def halting(add: Callable[..., None]) -> Callable[..., None]:
    """Return what adds a track, but halts once it has done so often enough."""
    calls = itertools.count()

    def added(*arguments: object) -> None:
        if next(calls) == HEARD:
            click.echo(HALTED)
            time.sleep(600)
        add(*arguments)

    return added


if __name__ == "__main__":
    IndexBuilder.add = halting(IndexBuilder.add)  # type: ignore[method-assign]
    main()
