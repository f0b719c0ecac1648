"""The models folder: one installer at a time, and every change whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from index.generations import sync_file, sync_folder
from models.card import ModelCard, ModelFile
from models.cards import read_card
from models.disk import writing
from models.published import sha512_of
from models.types import ModelError
from tools.cards import file_table, write_card

STAGING: Final = ".staging"
"""The folder, in the models folder, that an installation works in."""

FETCHED: Final = ".fetched"
"""The folder, in the models folder, for what is downloaded."""

_PREVIOUS: Final = "previous_files"
_LOCK: Final = ".lock"
_PLACED: Final = re.compile(r".+-(?:fp32|fp16|int8)-([0-9a-f]{8})\.onnx")


@contextmanager
def holding(models_dir: Path) -> Iterator[Path]:
    """Hold the models folder for writing, and clear away what an interrupted run has left.

    Yields
    ------
    Path
        An empty folder in it to work in; gone afterwards.

    Raises
    ------
    ModelError
        Somebody else holds it, or it cannot be written.
    """
    with writing(models_dir):
        models_dir.mkdir(parents=True, exist_ok=True)
        with (models_dir / _LOCK).open("a") as lock:
            _take(lock.fileno(), models_dir)
            clear(models_dir)
            staging = models_dir / STAGING
            staging.mkdir()
            try:
                yield staging
            finally:
                clear(models_dir)


def check_room(models_dir: Path, needed: int) -> None:
    """Refuse to begin what the disk has no room for.

    Raises
    ------
    ModelError
        Less than `needed` bytes are free where the models folder lies.
    """
    place = next(folder for folder in (models_dir, *models_dir.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if free < needed:
        raise ModelError(
            f"The disk that holds {models_dir} has {free / 1e6:,.0f} MB free, and "
            f"{needed / 1e6:,.0f} MB are needed.",
            "Make room, or set SOUNDALIKE_HOME to a folder on another disk.",
        )


def place(models_dir: Path, table: Mapping[str, Any], staged: Sequence[ModelFile]) -> ModelCard:
    """Put finished files into the models folder, their card last: a model is there whole or not.

    The names of the files tell their contents, so that none is ever half replaced. Those of the
    model that was there before stay until the installation after this one, named in the card as
    ``previous_files``: a bot that has read the old card may start another worker with them.

    Parameters
    ----------
    models_dir : Path
        Held for writing.
    table : mapping
        The fields of the card but for the files.
    staged : sequence of ModelFile
        The files, on the same disk, the preferred one first.

    Returns
    -------
    ModelCard
        As it is read back.
    """
    files = [_put(models_dir, table["name"], file) for file in staged]
    sync_folder(models_dir)
    path = models_dir / f"{table['name']}.toml"
    _write(path, table, [file_table(file) for file in files])
    return read_card(path, models_dir)


def add_file(models_dir: Path, name: str, staged: ModelFile) -> ModelFile:
    """Add a finished file to an installed model, in place of an earlier one of its precision.

    The rest of the card stays as it is, comments aside. The earlier file stays as with `place`.

    Parameters
    ----------
    models_dir : Path
        Held for writing.
    name : str
        The model's.
    staged : ModelFile
        The file, on the same disk.

    Returns
    -------
    ModelFile
        Where it is now.
    """
    path = models_dir / f"{name}.toml"
    table = _read(path)
    others = [entry for entry in table["files"] if entry["precision"] != staged.precision]
    file = _put(models_dir, name, staged)
    sync_folder(models_dir)
    _write(path, table, [*others, file_table(file)])
    return file


def clear(models_dir: Path) -> None:
    """Remove what no card names: interrupted work, and files of models replaced twice since.

    Only what was made here is touched. What cannot be removed is left for the next time.
    """
    shutil.rmtree(models_dir / STAGING, ignore_errors=True)
    with contextlib.suppress(OSError):
        (models_dir / FETCHED).rmdir()  # only if it is empty: what has arrived is kept
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        for path in models_dir.glob(".*.toml.new"):
            path.unlink()
        # A card that cannot be read may name any file: then none is removed.
        named = {name for card in models_dir.glob("*.toml") for name in _named_by(card)}
        for path in models_dir.glob("*.onnx"):
            match = _PLACED.fullmatch(path.name)
            if match and path.name not in named and sha512_of(path).startswith(match[1]):
                path.unlink()


def _put(models_dir: Path, model: str, staged: ModelFile) -> ModelFile:
    """Give a finished file its name, which tells its contents."""
    name = f"{model}-{staged.precision}-{staged.sha512[:8]}.onnx"
    with staged.path.open("rb") as opened:
        sync_file(opened.fileno())
    return replace(staged, path=staged.path.replace(models_dir / name))


def _write(path: Path, table: Mapping[str, Any], files: Sequence[Mapping[str, Any]]) -> None:
    """Write a card that remembers which files the one before it named."""
    names = {file["path"] for file in files}
    before: list[str] = []
    # Where there was no card, or none that makes sense, there is nothing that could go on.
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        before = [name for name in _files_of(_read(path)) if name not in names]
    write_card(path, {**table, _PREVIOUS: before, "files": files})


def _named_by(card: Path) -> list[str]:
    table = _read(card)
    return [*_files_of(table), *table.get(_PREVIOUS, ())]


def _files_of(table: Mapping[str, Any]) -> list[str]:
    return [file["path"] for file in table["files"]]


def _read(card: Path) -> dict[str, Any]:
    return tomllib.loads(card.read_text("utf-8"))


def _take(lock: int, models_dir: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ModelError(
            f"Another command is at work in {models_dir}.",
            "Wait until it has finished, or stop it.",
        ) from None
