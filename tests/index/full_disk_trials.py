"""Changes an index while files may not grow beyond a limit; test_faults runs it by itself.

To a program a disk that is full and a file that may not grow look alike: the write fails half way.
"""

from __future__ import annotations

import resource
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from index.builder import IndexBuilder
from index.opened import open_index
from index.upkeep import compact, remove_tracks
from index.verify import verify_index
from models.types import CatalogueError
from tests.index.making import STAMP, build, random_track

TRIALS = 60


def main(directory: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    build(directory, [random_track(f"track{n}", rng, 12) for n in range(60)])
    most = max(path.stat().st_size for path in directory.rglob("*") if path.is_file())
    outcomes: Counter[str] = Counter()
    for trial in range(TRIALS):
        before = ids(directory)
        what, change = ways(directory, rng, trial, sorted(before))
        error = None
        try:
            with limited(int(most ** rng.uniform(0.3, 1.1))):
                change()
        except CatalogueError as refused:
            error = refused
        outcomes[f"{what} refused" if error else f"{what} done"] += 1
        if error:
            assert "cannot be written" in error.sentence, error
            assert "Make room" in error.fix
            assert ids(directory) == before
        assert verify_index(directory) == []
    build(directory, [random_track("last", rng)])
    compact(directory)
    assert "last" in ids(directory)
    assert verify_index(directory) == []
    sys.stdout.write(str(outcomes))


def ways(
    directory: Path, rng: np.random.Generator, trial: int, held: list[str]
) -> tuple[str, Callable[[], object]]:
    """Choose a change; return what it is, and what makes it."""

    def add() -> None:
        with IndexBuilder(directory, STAMP) as builder:
            for number in range(3):
                name = f"t{trial}-{number}"
                builder.add(random_track(name, rng, 12), f"/music/{name}", 1, 1)
            builder.publish()

    match rng.choice(["add", "remove", "compact"]):
        case "add":
            return "add", add
        case "remove":
            return "remove", lambda: remove_tracks(directory, held[:1], [])
    return "compact", lambda: compact(directory)


@contextmanager
def limited(size: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def ids(directory: Path) -> set[str]:
    with open_index(directory) as index:
        return {track.id for track, _ in index.contents()}


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
