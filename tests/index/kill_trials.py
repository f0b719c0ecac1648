"""Changes an index until it is killed, again and again; test_faults runs it in its own process.

A trial is a fork that kills itself with SIGKILL at its n-th call of a C function: at any moment of
a build, a removal or a compaction, and at the same one whenever the seed is the same, however busy
the machine is.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from index.builder import IndexBuilder
from index.opened import open_index
from index.upkeep import compact, remove_tracks
from index.verify import verify_index
from tests.index.making import STAMP, random_track

TRIALS = 20
CALLS = 12_000  # of these, a few changes are made

Names = frozenset[str]
NOTHING: Names = frozenset()


@dataclass
class Known:
    """What must be in the index, and what an unfinished build must and may have on disk."""

    held: Names = NOTHING
    pending: Names = NOTHING
    perhaps: Names = NOTHING


@dataclass
class Change:
    """What a trial noted down of one change."""

    kind: str
    names: Names
    sure: set[str] = field(default_factory=set)
    done: bool = False


def main(directory: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    known, cut_short = Known(), []
    for trial in range(TRIALS):
        log = directory.parent / f"log-{trial}"
        log.touch()
        moment = int(rng.integers(1, CALLS))
        if (child := os.fork()) == 0:
            try:
                die_at(moment)
                work(directory, log, trial, sorted(known.held))
            finally:
                os._exit(1)  # it was meant to be killed
        status = os.waitpid(child, 0)[1]
        assert os.WIFSIGNALED(status), f"trial {trial} ended by itself"
        assert os.WTERMSIG(status) == signal.SIGKILL
        found = ids(directory)
        for change in changes(log):
            take(known, change, found)
            cut_short += [] if change.done else [change.kind]
        assert known.held <= found <= known.held | known.perhaps
        known.held = found
        assert not found or verify_index(directory) == []
    with IndexBuilder(directory, STAMP) as builder:
        assert all(builder.done(f"/music/{name}", 1, 1) for name in known.pending)
        builder.add(random_track("last", rng), "/music/last", 1, 1)
        builder.publish()
    least = known.held | known.pending | {"last"}
    assert least <= ids(directory) <= least | known.perhaps
    assert verify_index(directory) == []
    sys.stdout.write(" ".join(cut_short))


def die_at(moment: int) -> None:
    """Kill this process at its n-th call of a C function."""
    calls = itertools.count(1)

    def count(_frame: object, event: str, _call: object) -> None:
        if event == "c_call" and next(calls) == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)


def work(directory: Path, log: Path, trial: int, known: list[str]) -> None:
    """Change the index in one way after the other, for ever, and note down what is done."""
    rng = np.random.default_rng(trial)

    def note(*words: str) -> None:
        with log.open("a") as file:
            file.write(" ".join(words) + "\n")

    for step in itertools.count():
        kind = rng.choice(["add", "add", "remove", "compact"]) if len(known) > 3 else "add"
        if kind == "add":
            names = [f"t{trial}-{step}-{number}" for number in range(3)]
            note("add", *names)
            with IndexBuilder(directory, STAMP) as builder:
                for name in names:
                    builder.add(random_track(name, rng), f"/music/{name}", 1, 1)
                    note("added", name)
                builder.publish()
            known += names
        elif kind == "remove":
            name = known.pop(int(rng.integers(len(known))))
            note("remove", name)
            remove_tracks(directory, [name], [])
        else:
            note("compact")
            compact(directory)
        note("done")


def changes(log: Path) -> Iterator[Change]:
    change = None
    for kind, *names in map(str.split, log.read_text().splitlines()):
        if kind == "added":
            change.sure.update(names)
        elif kind == "done":
            change.done = True
        else:
            if change:
                yield change
            change = Change(kind, frozenset(names))
    if change:
        yield change


def take(known: Known, change: Change, found: Names) -> None:
    """Reckon with a change; one that was cut short took place as a whole or not at all."""
    if change.kind == "add":
        if change.done or change.names <= found:
            known.held |= known.pending | change.names
            known.pending = NOTHING
        else:
            known.pending |= change.sure
            known.perhaps |= change.names
    elif change.done or not change.names & found:
        known.held -= change.names
        known.perhaps -= change.names


def ids(directory: Path) -> Names:
    if not (directory / "current").exists():
        return NOTHING
    with open_index(directory) as index:
        return frozenset(track.id for track, _ in index.contents())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
